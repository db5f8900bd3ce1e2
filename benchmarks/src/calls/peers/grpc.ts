// gRPC with grpc-js: unary, server streams, streams both ways. Messages are Protocol Buffers written and
// read by protobufjs's generated code, then checked for what the wire types leave open; chunks travel as
// they are.

import {
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from "@grpc/grpc-js";

import { protobufjsChecked } from "../../codec/sides/protobufjs.ts";
import { deferred } from "../../end-to-end/deferred.ts";
import { bytesOf, chunk, items, takeAll, workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";

/** Channels to one address share a connection unless told otherwise. */
const options = { "grpc.use_local_subchannel_pool": 1 };

const codec = protobufjsChecked.prepare(workload);
const values = new Map(
  workload.messages.map((item, index): [object, unknown] => [item, codec.values[index]]),
);
const encode = (value: unknown): Buffer => Buffer.from(codec.encode(value) as Uint8Array);
const decode = (bytes: Buffer): unknown => codec.decode(bytes);
const encodeCount = (count: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(count);
  return bytes;
};
const decodeCount = (bytes: Buffer): number => bytes.readUInt32BE();
const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, 0, bytes.length);

const messageIn = { requestSerialize: encode, requestDeserialize: decode };
const messageOut = { responseSerialize: encode, responseDeserialize: decode };
const countIn = { requestSerialize: encodeCount, requestDeserialize: decodeCount };
const bytesOut = { responseSerialize: asIs, responseDeserialize: (bytes: Buffer) => bytes };

const definition: ServiceDefinition = {
  echo: {
    path: "/b.B/Echo",
    requestStream: false,
    responseStream: false,
    ...messageIn,
    ...messageOut,
  },
  down: {
    path: "/b.B/Down",
    requestStream: false,
    responseStream: true,
    ...countIn,
    ...messageOut,
  },
  both: {
    path: "/b.B/Both",
    requestStream: true,
    responseStream: true,
    ...messageIn,
    ...messageOut,
  },
  chunks: {
    path: "/b.B/Chunks",
    requestStream: false,
    responseStream: true,
    ...countIn,
    ...bytesOut,
  },
};

interface Writable {
  write(value: unknown): boolean;
  once(event: "drain", resolve: () => void): unknown;
  end(): unknown;
  readonly destroyed?: boolean;
}

async function writeAll(stream: Writable, from: Iterable<unknown>): Promise<void> {
  for (const value of from) {
    if (stream.destroyed === true) return;
    if (!stream.write(value)) await new Promise<void>((resolve) => stream.once("drain", resolve));
  }
  stream.end();
}

function* valuesOf(count: number): Generator<unknown> {
  for (const item of items(count)) yield values.get(item);
}

const echo: handleUnaryCall<unknown, unknown> = (call, answer) => answer(null, call.request);
const down: handleServerStreamingCall<number, unknown> = (call) =>
  void writeAll(call, valuesOf(call.request));
const both: handleBidiStreamingCall<unknown, unknown> = (call) => {
  call.on("data", (value: unknown) => {
    if (call.write(value)) return;
    call.pause();
    call.once("drain", () => call.resume());
  });
  call.on("end", () => call.end());
};
const sendChunks: handleServerStreamingCall<number, unknown> = (call) =>
  void writeAll(
    call,
    Array.from({ length: call.request }, () => chunk),
  );

async function listen(): Promise<CallServer> {
  const server = new Server();
  server.addService(definition, { echo, down, both, chunks: sendChunks });
  const { promise, resolve, reject } = deferred<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
    if (error === null) resolve(bound);
    else reject(error);
  });
  return { port: await promise };
}

interface BenchClient {
  echo(value: unknown, answered: (error: Error | null, answer: unknown) => void): void;
  down(count: number): ClientReadableStream<unknown>;
  both(): ClientDuplexStream<unknown, unknown>;
  chunks(count: number): ClientReadableStream<Uint8Array>;
  close(): void;
}

async function connect(port: number): Promise<CallClient> {
  const Client = makeGenericClientConstructor(definition, "Bench");
  const address = `127.0.0.1:${port}`;
  const made: unknown = new Client(address, credentials.createInsecure(), options);
  const client = made as BenchClient;
  return {
    call: (item) =>
      new Promise((resolve, reject) => {
        client.echo(values.get(item), (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        });
      }),
    async down(count, take) {
      const stream = client.down(count);
      // Leaving the loop destroys the stream, and that is told as an error.
      stream.on("error", () => {});
      await takeAll(stream, take);
      stream.cancel();
    },
    async both(count, take) {
      const stream = client.both();
      await Promise.all([writeAll(stream, valuesOf(count)), takeAll(stream, take)]);
    },
    chunks: (count) => bytesOf(client.chunks(count)),
    toMessage: (received) => codec.toMessage(received),
    close: () => client.close(),
  };
}

await runCallPeer({ listen, connect });
