// Connect over HTTP/2, with protobuf-es: a unary call for requests, a server stream for what comes unasked. What the
// wire types leave open is checked at both ends.

import { createServer } from "node:http2";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { type Client, createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport } from "@connectrpc/connect-node";
import type { DescService } from "@bufbuild/protobuf";

import type { Message } from "../../codec/corpus.ts";
import type { PreparedSide } from "../../codec/side.ts";
import { bufbuildChecked, checkOf, serviceOf } from "../../codec/sides/bufbuild.ts";
import { MessageQueue } from "../message-queue.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Workload } from "../workload.ts";

interface Service {
  readonly description: DescService;
  readonly codec: PreparedSide;
  readonly check: <Value>(value: Value) => Value;
  /** The messages of the workload as protobuf-es has them. */
  readonly values: ReadonlyMap<object, unknown>;
}

function prepare(workload: Workload): Service {
  const codec = bufbuildChecked.prepare(workload);
  return {
    description: serviceOf(workload),
    codec,
    check: checkOf(workload),
    values: new Map(workload.messages.map((message, index) => [message, codec.values[index]])),
  };
}

async function listen({ description, check, values }: Service): Promise<PeerServer> {
  const senders = new Set<MessageQueue>();
  const handler = connectNodeAdapter({
    routes(router) {
      router.service(description, {
        echo: (message: unknown) => check(message),
        async *subscribe() {
          const queue = new MessageQueue();
          senders.add(queue);
          try {
            for await (const message of queue) yield check(values.get(message));
          } finally {
            senders.delete(queue);
          }
        },
      } as never);
    },
  });
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, senders };
}

interface BenchClient {
  echo(message: unknown): Promise<unknown>;
  subscribe(message: unknown): AsyncIterable<unknown>;
}

async function connect(
  port: number,
  { description, codec, check, values }: Service,
  receiver: Receiver,
): Promise<PeerClient> {
  const transport = createConnectTransport({
    baseUrl: `http://127.0.0.1:${port}`,
    httpVersion: "2",
    useBinaryFormat: true,
  });
  const client = createClient(
    description,
    transport,
  ) as Client<DescService> as unknown as BenchClient;
  receiver.toMessage = (value): Message => codec.toMessage(value);
  void receive(client.subscribe(codec.values[0]), check, receiver);
  return { request: async (message) => check(await client.echo(values.get(message))) };
}

async function receive(
  messages: AsyncIterable<unknown>,
  check: Service["check"],
  receiver: Receiver,
): Promise<void> {
  for await (const message of messages) receiver.message(check(message));
}

function connectRpc(workload: Workload): Peer {
  const service = prepare(workload);
  return {
    listen: () => listen(service),
    connect: (port, receiver) => connect(port, service, receiver),
  };
}

await runPeer(connectRpc);
