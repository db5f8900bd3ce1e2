// The ceiling: the bytes of Typewire's `$call` echoed through Bun's sockets, and chunks of bytes written
// one after the other. Nothing is read; received bytes are counted.

import { defineProtocol, Type } from "@typewire/protocol";

import { deferred } from "../../end-to-end/deferred.ts";
import { SocketQueue } from "../../end-to-end/socket-queue.ts";
import { CHUNK_BYTES, chunk, type Item, workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";
import { message } from "../schema.ts";

/** The first byte of what asks for chunks; a frame of so few bytes begins with 0. */
const CHUNKS = 0xff;

interface Connection {
  readonly queue: SocketQueue;
}

/** Messages of as many bytes as a `$call` of `echo`, which only a call can encode. */
function framesOf(): ReadonlyMap<object, Uint8Array> {
  const { client } = defineProtocol({
    name: "bench",
    version: 1,
    server: {},
    client: { acall: Type.Object({ call: Type.String(), id: Type.Integer(), input: message }) },
  });
  const frameOf = (input: Item): Uint8Array =>
    client.encodeFrame({ type: "acall", call: "echo", id: 1, input: input as never });
  return new Map(workload.messages.map((item) => [item, frameOf(item)]));
}

async function listen(): Promise<CallServer> {
  const { port } = Bun.listen<Connection>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = { queue: new SocketQueue(socket) };
      },
      data(socket, bytes) {
        if (bytes[0] === CHUNKS) void writeChunks(socket.data.queue, bytes.readUInt32BE(1));
        else socket.data.queue.write(bytes);
      },
      drain: (socket) => socket.data.queue.drained(),
    },
  });
  return { port };
}

async function writeChunks(queue: SocketQueue, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) if (!queue.write(chunk)) await queue.ready();
}

async function connect(port: number): Promise<CallClient> {
  const frames = framesOf();
  const waiting: { readonly bytes: number; readonly done: () => void }[] = [];
  let bytes = 0;
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, received) {
        bytes += received.length;
        for (
          let [first] = waiting;
          first !== undefined && bytes >= first.bytes;
          [first] = waiting
        ) {
          bytes -= first.bytes;
          waiting.shift();
          first.done();
        }
      },
      drain: () => queue.drained(),
    },
  });
  const queue = new SocketQueue(socket);
  return {
    call(item) {
      const frame = frames.get(item);
      if (frame === undefined) throw new Error("expected a message of the workload");
      const { promise, resolve } = deferred<unknown>();
      waiting.push({ bytes: frame.length, done: () => resolve(item) });
      queue.writeThisTurn(frame);
      return promise;
    },
    async chunks(count) {
      const { promise, resolve } = deferred();
      waiting.push({ bytes: count * CHUNK_BYTES, done: resolve });
      const request = Buffer.alloc(5, CHUNKS);
      request.writeUInt32BE(count, 1);
      queue.write(request);
      await promise;
      return count * CHUNK_BYTES;
    },
    close: () => void socket.end(),
  };
}

await runCallPeer({ listen, connect });
