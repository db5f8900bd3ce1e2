// What the calls of a connection queue, and when it is written.

import { describe, expect, test } from "bun:test";
import type { ByteWriter } from "@typewire/protocol/internal";
import { MemorySocket } from "@typewire/testkit";

import type { CallFrame } from "../../src/calls/call-link.ts";
import { ConnectionLink } from "../../src/calls/connection-link.ts";
import { BufferPool } from "../../src/sending/buffer-pool.ts";
import { OutputQueue } from "../../src/sending/output-queue.ts";

const CHUNK_BYTES = 32 * 1024;
const item: CallFrame = { type: "$item", id: 1, item: 0 };
/** Writes any message as so many bytes. */
const chunks = {
  encodeInto(_: object, writer: ByteWriter): void {
    writer.reserve(CHUNK_BYTES);
    writer.length += CHUNK_BYTES;
  },
};

describe("ConnectionLink", () => {
  test("has a slice written when it is over, with one write; what comes by itself at once", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket();
    const link = new ConnectionLink({
      self: undefined,
      context: () => undefined,
      queue,
      memory: { add: () => false, relieve() {} },
      maySend: () => true,
      append: (message) => void queue.append(chunks, message),
      commit: () => void queue.flush(socket),
      handlerFailed() {},
      closeWith() {},
      callSettled() {},
      callsEnded() {},
    });
    link.cork();
    link.send(item, "bytes");
    link.send(item, "bytes");
    expect(socket.writes).toEqual([]);
    link.uncork();
    expect(socket.writes.map(({ length }) => length)).toEqual([2 * CHUNK_BYTES]);
    link.send(item, "bytes");
    expect(socket.writes.map(({ length }) => length)).toEqual([2 * CHUNK_BYTES, CHUNK_BYTES]);
  });
});
