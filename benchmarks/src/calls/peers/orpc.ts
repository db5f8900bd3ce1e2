// oRPC over WebSocket, with zod at the server for what comes and what goes. Its client does not look at
// what it receives, so the compiled TypeBox check does.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import { eventIterator, os, type RouterClient } from "@orpc/server";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

import { zodOf } from "../../codec/sides/zod.ts";
import { checkerOf } from "../../end-to-end/json.ts";
import { pacedItems, workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";

const schema = zodOf(workload);
const check = checkerOf(workload);
const router = {
  echo: os
    .input(schema)
    .output(schema)
    .handler(({ input }) => input),
  down: os
    .$context<{ readonly socket: WebSocket }>()
    .input(z.object({ count: z.int() }))
    .output(eventIterator(schema))
    .handler(({ input, context }) => pacedItems(input.count, () => context.socket.bufferedAmount)),
};

async function listen(): Promise<CallServer> {
  const handler = new RPCHandler(router);
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  wss.on("connection", (socket) => void handler.upgrade(socket, { context: { socket } }));
  await once(wss, "listening");
  return { port: (wss.address() as AddressInfo).port };
}

async function connect(port: number): Promise<CallClient> {
  const websocket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(websocket, "open");
  const link = new RPCLink({ websocket: websocket as unknown as globalThis.WebSocket });
  const client: RouterClient<typeof router> = createORPCClient(link);
  return {
    call: async (item) => check(await client.echo(check(item))),
    async down(count, take) {
      for await (const item of await client.down({ count })) {
        const more = take(check(item));
        if (more !== true && !(await more)) return;
      }
    },
    close: () => websocket.close(),
  };
}

await runCallPeer({ listen, connect });
