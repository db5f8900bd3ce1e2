// oRPC over WebSocket, with zod: the server parses what it is sent and what it returns, an event iterator carries what
// comes unasked. Its client does not look at what it receives, so the compiled TypeBox check does.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import { os, type RouterClient } from "@orpc/server";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocket, WebSocketServer } from "ws";

import { zodOf } from "../../codec/sides/zod.ts";
import { type Checker, checkerOf } from "../json.ts";
import { MessageQueue } from "../message-queue.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Workload } from "../workload.ts";

function routerOf(schema: ReturnType<typeof zodOf>, queues: Set<MessageQueue>) {
  return {
    echo: os.input(schema).handler(({ input }) => input),
    subscribe: os.handler(async function* () {
      const queue = new MessageQueue();
      queues.add(queue);
      try {
        yield* queue;
      } finally {
        queues.delete(queue);
      }
    }),
  };
}

async function listen(workload: Workload): Promise<PeerServer> {
  const senders = new Set<MessageQueue>();
  const handler = new RPCHandler(routerOf(zodOf(workload), senders));
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  wss.on("connection", (socket) => void handler.upgrade(socket));
  await once(wss, "listening");
  return { port: (wss.address() as AddressInfo).port, senders };
}

async function connect(port: number, check: Checker, receiver: Receiver): Promise<PeerClient> {
  const websocket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(websocket, "open");
  const link = new RPCLink({ websocket: websocket as unknown as globalThis.WebSocket });
  const client: RouterClient<ReturnType<typeof routerOf>> = createORPCClient(link);
  void receive(await client.subscribe(), check, receiver);
  return { request: async (message) => check(await client.echo(message as never)) };
}

async function receive(
  messages: AsyncIterable<unknown>,
  check: Checker,
  receiver: Receiver,
): Promise<void> {
  for await (const message of messages) receiver.message(check(message));
}

function orpc(workload: Workload): Peer {
  const check = checkerOf(workload);
  return {
    listen: () => listen(workload),
    connect: (port, receiver) => connect(port, check, receiver),
  };
}

await runPeer(orpc);
