// tRPC over WebSocket, with zod: the server parses what it is sent and checks what it answers. tRPC's
// client does not look at what it receives, so the compiled TypeBox check does.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

import { zodOf } from "../../codec/sides/zod.ts";
import { deferred } from "../../end-to-end/deferred.ts";
import { checkerOf } from "../../end-to-end/json.ts";
import { pacedItems, workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";
import { pushTo } from "../push.ts";

const schema = zodOf(workload);
const check = checkerOf(workload);
const sockets = new Set<WebSocket>();

/** A subscription does not know its socket; the benchmarks have one. */
function waitingBytes(): number {
  return [...sockets].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
}

const t = initTRPC.create();
const router = t.router({
  echo: t.procedure.input(schema).mutation(({ input }) => check(input)),
  down: t.procedure.input(z.object({ count: z.int() })).subscription(async function* ({
    input,
    signal,
  }) {
    for await (const item of pacedItems(input.count, waitingBytes)) {
      if (signal?.aborted === true) return;
      yield check(item);
    }
  }),
});

async function listen(): Promise<CallServer> {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  wss.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  applyWSSHandler({ wss, router });
  await once(wss, "listening");
  return { port: (wss.address() as AddressInfo).port };
}

async function connect(port: number): Promise<CallClient> {
  const { promise: opened, resolve: onOpen } = deferred();
  const socket = createWSClient({
    url: `ws://127.0.0.1:${port}`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    onOpen,
  });
  const client = createTRPCClient<typeof router>({ links: [wsLink({ client: socket })] });
  await opened;
  return {
    call: async (item) => check(await client.echo.mutate(check(item))),
    down(count, take) {
      const { promise, resolve, reject } = deferred();
      const push = pushTo(take, () => {
        subscription.unsubscribe();
        resolve();
      });
      const subscription = client.down.subscribe(
        { count },
        {
          onData: (item) => push(check(item)),
          onComplete: () => resolve(),
          onError: reject,
        },
      );
      return promise;
    },
    close: () => socket.close(),
  };
}

await runCallPeer({ listen, connect });
