// The ceiling with frames: the sender copies a ready frame for each message into a buffer, the receiver
// finds the frames again with Typewire's FrameReader. What a codec that takes no time would come to. For
// one-way streams only.

import { FrameReader } from "@typewire/protocol";

import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import { type ReadyFrames, readyFrames } from "../ready-frames.ts";
import type { Receiver } from "../receiver.ts";
import { SocketQueue } from "../socket-queue.ts";
import type { Workload } from "../workload.ts";

/** As much as Typewire writes at once. */
const BURST_BYTES = 64 * 1024;
/** By how much frames of a workload may differ in length. */
const SPREAD_BYTES = 4096;
const MAX_FRAME_BYTES = 2 * 1024 * 1024;

async function listen({ frames }: ReadyFrames): Promise<PeerServer> {
  const ready = [...frames.values()];
  const queues = new Set<SocketQueue>();
  const listener = Bun.listen<SocketQueue>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = new SocketQueue(socket);
        queues.add(socket.data);
      },
      data() {},
      drain: (socket) => socket.data.drained(),
      close: (socket) => void queues.delete(socket.data),
    },
  });
  return {
    port: listener.port,
    senders: new Set(),
    connectionCount: () => queues.size,
    async stream(each) {
      for (let sent = 0; sent < each;) {
        const { bytes, count } = burstOf(ready, sent, each);
        for (const queue of queues) if (!queue.write(bytes)) await queue.ready();
        sent += count;
      }
    },
  };
}

/** Copies frames from message `from` on until there are enough bytes, or `to` is reached. */
function burstOf(
  frames: readonly Uint8Array[],
  from: number,
  to: number,
): { readonly bytes: Uint8Array; readonly count: number } {
  const bytes = new Uint8Array(BURST_BYTES + (frames[0]?.length ?? 0) + SPREAD_BYTES);
  let length = 0;
  let index = from;
  for (; index < to && length < BURST_BYTES; index += 1) {
    const frame = frames[index % frames.length];
    if (frame === undefined) break;
    bytes.set(frame, length);
    length += frame.length;
  }
  return { bytes: bytes.subarray(0, length), count: index - from };
}

async function connect(port: number, receiver: Receiver): Promise<PeerClient> {
  const reader = new FrameReader({ maxFrameBytes: MAX_FRAME_BYTES });
  let count = 0;
  const onFrame = (): void => {
    count += 1;
  };
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, chunk) {
        count = 0;
        reader.push(chunk, onFrame);
        receiver.many(count);
      },
    },
  });
  return {
    request: () => Promise.reject(new Error("there is nothing in a frame to answer")),
  };
}

function framed(workload: Workload): Peer {
  const frames = readyFrames(workload);
  return { listen: () => listen(frames), connect: (port, receiver) => connect(port, receiver) };
}

await runPeer(framed);
