// Bun's WebSocket server and client, JSON, and the compiled TypeBox check of what is received.

import { Answers } from "../answers.ts";
import { deferred } from "../deferred.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Sender } from "../sender.ts";
import { type Parse, parserOf } from "../json.ts";
import type { Workload } from "../workload.ts";

const TOPIC = "all";
const MAX_BYTES = 16 * 1024 * 1024;

/** A connection: Bun says -1 when it has queued a message and the socket is full. */
class SocketSender implements Sender {
  readonly #socket: Bun.ServerWebSocket<SocketSender>;
  #room = deferred();

  constructor(socket: Bun.ServerWebSocket<SocketSender>) {
    this.#socket = socket;
  }

  send(message: object): boolean {
    if (this.#socket.send(JSON.stringify(message)) !== -1) return true;
    this.#room = deferred();
    return false;
  }

  ready(): Promise<void> {
    return this.#room.promise;
  }

  drained(): void {
    this.#room.resolve();
  }
}

async function listen(parse: Parse): Promise<PeerServer> {
  const senders = new Set<SocketSender>();
  const server = Bun.serve<SocketSender>({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, self) =>
      self.upgrade(request, { data: undefined as never })
        ? undefined
        : new Response("expected a WebSocket", { status: 426 }),
    websocket: {
      backpressureLimit: MAX_BYTES,
      maxPayloadLength: MAX_BYTES,
      open(socket) {
        socket.data = new SocketSender(socket);
        senders.add(socket.data);
        socket.subscribe(TOPIC);
      },
      message: (socket, text) => void socket.send(JSON.stringify(parse(String(text)))),
      drain: (socket) => socket.data.drained(),
      close: (socket) => void senders.delete(socket.data),
    },
  });
  return {
    port: server.port ?? 0,
    senders,
    broadcast: (message) => void server.publish(TOPIC, JSON.stringify(message)),
  };
}

async function connect(port: number, parse: Parse, receiver: Receiver): Promise<PeerClient> {
  const answers = new Answers<unknown>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the WebSocket did not open"));
  });
  socket.onmessage = ({ data }) => {
    const message = parse(String(data));
    if (!answers.take(message)) receiver.message(message);
  };
  return {
    request(message) {
      socket.send(JSON.stringify(message));
      return answers.next();
    },
  };
}

function bunWebSocket(workload: Workload): Peer {
  const parse = parserOf(workload);
  return {
    listen: () => listen(parse),
    connect: (port, receiver) => connect(port, parse, receiver),
  };
}

await runPeer(bunWebSocket);
