// tRPC over WebSocket, with zod: the server parses what it is sent, a subscription carries what comes
// unasked. tRPC's client does not look at what it receives, so the compiled TypeBox check does.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocket, WebSocketServer } from "ws";

import { zodOf } from "../../codec/sides/zod.ts";
import { deferred } from "../deferred.ts";
import { type Checker, checkerOf } from "../json.ts";
import { MessageQueue } from "../message-queue.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Workload } from "../workload.ts";

function routerOf(schema: ReturnType<typeof zodOf>, queues: Set<MessageQueue>) {
  const t = initTRPC.create();
  return t.router({
    echo: t.procedure.input(schema).mutation(({ input }) => input),
    subscribe: t.procedure.subscription(async function* () {
      const queue = new MessageQueue();
      queues.add(queue);
      try {
        yield* queue;
      } finally {
        queues.delete(queue);
      }
    }),
  });
}

async function listen(workload: Workload): Promise<PeerServer> {
  const senders = new Set<MessageQueue>();
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  applyWSSHandler({ wss, router: routerOf(zodOf(workload), senders) });
  await once(wss, "listening");
  return { port: (wss.address() as AddressInfo).port, senders };
}

async function connect(port: number, check: Checker, receiver: Receiver): Promise<PeerClient> {
  const socket = createWSClient({
    url: `ws://127.0.0.1:${port}`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  });
  const client = createTRPCClient<ReturnType<typeof routerOf>>({
    links: [wsLink({ client: socket })],
  });
  const { promise, resolve, reject } = deferred();
  client.subscribe.subscribe(undefined, {
    onStarted: () => resolve(),
    onData: (message) => receiver.message(check(message)),
    onError: reject,
  });
  await promise;
  return {
    request: async (message) => check(await client.echo.mutate(message)),
  };
}

function trpc(workload: Workload): Peer {
  const check = checkerOf(workload);
  return {
    listen: () => listen(workload),
    connect: (port, receiver) => connect(port, check, receiver),
  };
}

await runPeer(trpc);
