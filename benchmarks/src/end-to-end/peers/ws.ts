// ws, JSON, and the compiled TypeBox check of what is received. Under Node: under Bun the package is
// replaced by Bun's own WebSocket.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { type RawData, WebSocket, WebSocketServer } from "ws";

import { Answers } from "../answers.ts";
import { type Parse, parserOf } from "../json.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import { type Sender, untilBelow } from "../sender.ts";
import type { Workload } from "../workload.ts";

/** ws hands over every message in a buffer unless told otherwise. */
function textOf(data: RawData): string {
  return (data as Buffer).toString();
}

const ENOUGH_BYTES = 1024 * 1024;

function senderOf(socket: WebSocket): Sender {
  return {
    send(message) {
      socket.send(JSON.stringify(message));
      return socket.bufferedAmount < ENOUGH_BYTES;
    },
    ready: () => untilBelow(ENOUGH_BYTES / 2, () => socket.bufferedAmount),
  };
}

async function listen(parse: Parse): Promise<PeerServer> {
  const senders = new Set<Sender>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    const sender = senderOf(socket);
    senders.add(sender);
    socket.on("message", (data) => socket.send(JSON.stringify(parse(textOf(data)))));
    socket.on("close", () => senders.delete(sender));
  });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    senders,
    broadcast(message) {
      const text = Buffer.from(JSON.stringify(message));
      for (const socket of server.clients) socket.send(text, { binary: false });
    },
  };
}

async function connect(port: number, parse: Parse, receiver: Receiver): Promise<PeerClient> {
  const answers = new Answers<unknown>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  socket.on("message", (data) => {
    const message = parse(textOf(data));
    if (!answers.take(message)) receiver.message(message);
  });
  await once(socket, "open");
  return {
    request(message) {
      socket.send(JSON.stringify(message));
      return answers.next();
    },
  };
}

function ws(workload: Workload): Peer {
  const parse = parserOf(workload);
  return {
    listen: () => listen(parse),
    connect: (port, receiver) => connect(port, parse, receiver),
  };
}

await runPeer(ws);
