// Socket.IO over its WebSocket transport, with acknowledgements as answers, and the compiled TypeBox check
// of what is received.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { Server, type Socket } from "socket.io";
import { io } from "socket.io-client";

import { deferred } from "../deferred.ts";
import { type Checker, checkerOf } from "../json.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Sender } from "../sender.ts";
import type { Workload } from "../workload.ts";

const EVENT = "message";
const REQUEST = "request";
const ENOUGH_PACKETS = 1024;
const transports = ["websocket" as const];

/** The connection tells when it has handed its buffer on, and nothing else about it. */
function senderOf(socket: Socket): Sender {
  let waiting = 0;
  socket.conn.on("drain", () => {
    waiting = 0;
  });
  return {
    send(message) {
      socket.emit(EVENT, message);
      waiting += 1;
      return waiting < ENOUGH_PACKETS;
    },
    async ready() {
      if (waiting >= ENOUGH_PACKETS) await once(socket.conn, "drain");
    },
  };
}

async function listen(check: Checker): Promise<PeerServer> {
  const senders = new Set<Sender>();
  const http = createServer();
  const server = new Server(http, { transports, serveClient: false });
  server.on("connection", (socket) => {
    const sender = senderOf(socket);
    senders.add(sender);
    socket.on(REQUEST, (message: unknown, answer: (message: unknown) => void) => {
      answer(check(message));
    });
    socket.on("disconnect", () => senders.delete(sender));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    port: (http.address() as AddressInfo).port,
    senders,
    broadcast: (message) => void server.emit(EVENT, message),
  };
}

async function connect(port: number, check: Checker, receiver: Receiver): Promise<PeerClient> {
  const socket = io(`http://127.0.0.1:${port}`, {
    transports,
    forceNew: true,
    reconnection: false,
  });
  socket.on(EVENT, (message: unknown) => receiver.message(check(message)));
  const { promise, resolve, reject } = deferred();
  socket.on("connect", resolve);
  socket.on("connect_error", reject);
  await promise;
  return {
    request: async (message) => check((await socket.emitWithAck(REQUEST, message)) as unknown),
  };
}

function socketIo(workload: Workload): Peer {
  const check = checkerOf(workload);
  return {
    listen: () => listen(check),
    connect: (port, receiver) => connect(port, check, receiver),
  };
}

await runPeer(socketIo);
