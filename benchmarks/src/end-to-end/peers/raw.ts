// The ceiling: the bytes that Typewire would send, through Bun's sockets, with no codec. Received bytes
// are counted, not read. The same burst is written again and again.

import { deferred } from "../deferred.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import { messagesIn, type ReadyFrames, readyFrames } from "../ready-frames.ts";
import type { Receiver } from "../receiver.ts";
import { SocketQueue } from "../socket-queue.ts";
import type { Workload } from "../workload.ts";

/** One write of a stream: enough frames that the system call does not count, as Typewire's queue has. */
const BURST_BYTES = 64 * 1024;

interface Connection {
  readonly queue: SocketQueue;
}

async function listen(frames: ReadyFrames): Promise<PeerServer> {
  const queues = new Set<SocketQueue>();
  const listener = Bun.listen<Connection>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = { queue: new SocketQueue(socket) };
        queues.add(socket.data.queue);
      },
      data: (socket, chunk) => void socket.data.queue.write(chunk),
      drain: (socket) => socket.data.queue.drained(),
      close: (socket) => void queues.delete(socket.data.queue),
    },
  });
  const frame = frames.cycle.subarray(0, frames.ends[0]);
  return {
    port: listener.port,
    senders: new Set(),
    connectionCount: () => queues.size,
    broadcast() {
      for (const queue of queues) queue.write(frame);
    },
    stream: (each) => streamAll([...queues], frames, each),
  };
}

async function streamAll(
  queues: readonly SocketQueue[],
  frames: ReadyFrames,
  each: number,
): Promise<void> {
  const { cycle, ends } = frames;
  const cycles = Math.max(1, Math.round(BURST_BYTES / cycle.length));
  const burst = Buffer.concat(Array.from({ length: cycles }, () => cycle));
  const perBurst = cycles * ends.length;
  for (let sent = 0; sent < each; sent += perBurst) {
    const count = Math.min(perBurst, each - sent);
    const last = ends[(count - 1) % ends.length] ?? 0;
    const bytes = Math.floor((count - 1) / ends.length) * cycle.length + last;
    for (const queue of queues) {
      if (!queue.write(burst.subarray(0, bytes))) await queue.ready();
    }
  }
}

async function connect(port: number, frames: ReadyFrames, receiver: Receiver): Promise<PeerClient> {
  const waiting: { readonly answered: () => void; readonly bytes: number }[] = [];
  let bytes = 0;
  receiver.onExpect = () => {
    bytes = 0;
  };
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, chunk) {
        if (waiting.length === 0) {
          const before = messagesIn(frames, bytes);
          bytes += chunk.length;
          receiver.many(messagesIn(frames, bytes) - before);
          return;
        }
        bytes += chunk.length;
        for (
          let first = waiting[0];
          first !== undefined && bytes >= first.bytes;
          [first] = waiting
        ) {
          bytes -= first.bytes;
          waiting.shift();
          first.answered();
        }
      },
      drain: () => queue.drained(),
    },
  });
  const queue = new SocketQueue(socket);
  return {
    request(message) {
      const frame = frames.frames.get(message) ?? frames.cycle;
      const { promise, resolve } = deferred<unknown>();
      waiting.push({ answered: () => resolve(message), bytes: frame.length });
      queue.writeThisTurn(frame);
      return promise;
    },
  };
}

function raw(workload: Workload): Peer {
  const frames = readyFrames(workload);
  return {
    listen: () => listen(frames),
    connect: (port, receiver) => connect(port, frames, receiver),
  };
}

await runPeer(raw);
