// gRPC with grpc-js: a server stream for what comes unasked, a unary call for requests. Messages are
// Protocol Buffers written and read by protobufjs's generated code, then checked for what the wire types
// leave open. Every connection is a channel of its own.

import {
  type ChannelOptions,
  type ClientReadableStream,
  credentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  makeGenericClientConstructor,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
} from "@grpc/grpc-js";

import type { Message } from "../../codec/corpus.ts";
import type { PreparedSide } from "../../codec/side.ts";
import { protobufjsChecked } from "../../codec/sides/protobufjs.ts";
import { deferred } from "../deferred.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Sender } from "../sender.ts";
import type { Workload } from "../workload.ts";

/** Channels to one address share a connection unless told otherwise. */
const options: ChannelOptions = {
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};

interface Service {
  readonly definition: ServiceDefinition;
  readonly codec: PreparedSide;
  /** The messages of the workload as gRPC's users hold them. */
  readonly values: ReadonlyMap<object, unknown>;
}

function serviceOf(workload: Workload): Service {
  const codec = protobufjsChecked.prepare(workload);
  const serialize = (value: unknown): Buffer => Buffer.from(codec.encode(value) as Uint8Array);
  const deserialize = (bytes: Buffer): unknown => codec.decode(bytes);
  const method = {
    requestStream: false,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  };
  return {
    definition: {
      echo: { ...method, path: "/bench.Bench/Echo", responseStream: false },
      subscribe: { ...method, path: "/bench.Bench/Subscribe", responseStream: true },
    },
    codec,
    values: new Map(workload.messages.map((message, index) => [message, codec.values[index]])),
  };
}

function senderOf(call: ServerWritableStream<unknown, unknown>, { values }: Service): Sender {
  return {
    send: (message) => call.write(values.get(message)),
    ready: () => new Promise((resolve) => void call.once("drain", resolve)),
  };
}

async function listen(service: Service): Promise<PeerServer> {
  const senders = new Set<Sender>();
  const echo: handleUnaryCall<unknown, unknown> = (call, answer) => answer(null, call.request);
  const subscribe: handleServerStreamingCall<unknown, unknown> = (call) => {
    const sender = senderOf(call, service);
    senders.add(sender);
    call.on("cancelled", () => senders.delete(sender));
    call.sendMetadata(new Metadata());
  };
  const server = new Server(options);
  server.addService(service.definition, { echo, subscribe });
  const { promise, resolve, reject } = deferred<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
    if (error === null) resolve(bound);
    else reject(error);
  });
  return { port: await promise, senders };
}

interface BenchClient {
  echo(value: unknown, answered: (error: Error | null, answer: unknown) => void): void;
  subscribe(value: unknown): ClientReadableStream<unknown>;
}

async function connect(
  port: number,
  { definition, codec, values }: Service,
  receiver: Receiver,
): Promise<PeerClient> {
  const Client = makeGenericClientConstructor(definition, "Bench");
  const client = new Client(
    `127.0.0.1:${port}`,
    credentials.createInsecure(),
    options,
  ) as unknown as BenchClient;
  const stream = client.subscribe(codec.values[0]);
  const { promise, resolve, reject } = deferred();
  stream.on("metadata", () => resolve());
  stream.on("error", reject);
  stream.on("data", (value) => receiver.message(value));
  receiver.toMessage = (value): Message => codec.toMessage(value);
  await promise;
  return {
    request: (message) =>
      new Promise((answered, failed) => {
        client.echo(values.get(message), (error, answer) => {
          if (error === null) answered(answer);
          else failed(error);
        });
      }),
  };
}

function grpc(workload: Workload): Peer {
  const service = serviceOf(workload);
  return {
    listen: () => listen(service),
    connect: (port, receiver) => connect(port, service, receiver),
  };
}

await runPeer(grpc);
