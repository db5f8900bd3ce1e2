// Socket.IO over its WebSocket transport: acknowledgements are its calls. It has no streams. The compiled
// TypeBox check sees what is received.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { Server } from "socket.io";
import { io } from "socket.io-client";

import { checkerOf } from "../../end-to-end/json.ts";
import { deferred } from "../../end-to-end/deferred.ts";
import { workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";

const EVENT = "echo";
const transports = ["websocket" as const];
const check = checkerOf(workload);

async function listen(): Promise<CallServer> {
  const http = createServer();
  const server = new Server(http, { transports, serveClient: false });
  server.on("connection", (socket) => {
    socket.on(EVENT, (item: unknown, answer: (item: unknown) => void) => answer(check(item)));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { port: (http.address() as AddressInfo).port };
}

async function connect(port: number): Promise<CallClient> {
  const socket = io(`http://127.0.0.1:${port}`, {
    transports,
    forceNew: true,
    reconnection: false,
  });
  const { promise, resolve, reject } = deferred();
  socket.on("connect", resolve);
  socket.on("connect_error", reject);
  await promise;
  return {
    call: async (item) => check((await socket.emitWithAck(EVENT, item)) as unknown),
    close: () => void socket.disconnect(),
  };
}

await runCallPeer({ listen, connect });
