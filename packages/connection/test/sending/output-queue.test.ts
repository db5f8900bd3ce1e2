import { describe, expect, test } from "bun:test";
import { defaultLimits, type MessageLimits, TypewireError } from "@typewire/protocol";
import { concatenate, MemorySocket, pickSeed, SeededRandom } from "@typewire/testkit";

import { BufferPool } from "../../src/sending/buffer-pool.ts";
import { OutputQueue } from "../../src/sending/output-queue.ts";
import { fromServer, talk } from "../talk.ts";

const atMost = (maxFrameBytes: number): MessageLimits => ({ ...defaultLimits, maxFrameBytes });

const reply = (text: string) => ({ type: "reply", text }) as const;
const smallFrame = fromServer(reply("small"));
const largeFrame = fromServer(reply("L".repeat(10_000)));

/** Writes everything, draining as often as it takes; the socket's room is never used up. */
function drain(queue: OutputQueue, socket: MemorySocket): void {
  while (queue.queuedBytes > 0) queue.flush(socket);
}

describe("OutputQueue", () => {
  test("writes what was appended in one turn with one write, in order", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket();
    for (let index = 0; index < 100; index += 1) queue.append(talk.server, reply(`${index}`));
    queue.appendFrame(smallFrame);

    expect(queue.flush(socket)).toBe("empty");
    const frames = Array.from({ length: 100 }, (_, index) => fromServer(reply(`${index}`)));
    expect(socket.writes).toEqual([concatenate([...frames, smallFrame])]);
    expect(queue.queuedBytes).toBe(0);
  });

  test.each([
    [true, 1],
    [false, 2],
  ])("corked: %p, writes two chunks of 32 KiB with %p", (isCorked, writes) => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket();
    const chunks = ["a", "b"].map((byte) => reply(byte.repeat(32 * 1024)));
    queue.isCorked = isCorked;
    for (const chunk of chunks) queue.append(talk.server, chunk);
    expect(queue.flush(socket)).toBe("empty");
    expect(socket.writes).toHaveLength(writes);
    expect(concatenate(socket.writes)).toEqual(
      concatenate(chunks.map((chunk) => fromServer(chunk))),
    );
  });

  test("corked for long, begins a buffer with each 64 KiB, so that they are freed piece by piece", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket();
    queue.isCorked = true;
    for (let index = 0; index < 512; index += 1) {
      queue.append(talk.server, reply(`${index}`.padStart(1000)));
    }
    queue.flush(socket);
    expect(socket.writes).toHaveLength(8);
    for (const { length } of socket.writes) expect(length).toBeLessThanOrEqual(66 * 1024);
  });

  test("gives identical bytes whatever each write takes (B9)", () => {
    const appendAll = (queue: OutputQueue): void => {
      queue.appendFrame(smallFrame);
      queue.append(talk.server, reply("encoded"));
      queue.appendFrame(largeFrame);
      queue.append(talk.server, reply("after a large one"));
      queue.appendFrame(smallFrame);
    };
    const expected = concatenate([
      smallFrame,
      fromServer(reply("encoded")),
      largeFrame,
      fromServer(reply("after a large one")),
      smallFrame,
    ]);
    for (const mostPerWrite of [1, 2, 3, 7, 10, 64, 1000, 9_999, 10_000, 20_000]) {
      const queue = new OutputQueue(new BufferPool());
      const socket = new MemorySocket({ mostPerWrite });
      appendAll(queue);
      drain(queue, socket);
      expect(socket.written).toEqual(expected);
    }
  });

  test("goes on after a write that fell short at any position, with more appended meanwhile (B9)", () => {
    const first = fromServer(reply("first"));
    const second = fromServer(reply("second"));
    for (let room = 0; room <= first.length; room += 1) {
      const queue = new OutputQueue(new BufferPool());
      const socket = new MemorySocket({ room });
      queue.append(talk.server, reply("first"));
      expect(queue.flush(socket)).toBe(room === first.length ? "empty" : "full");
      queue.append(talk.server, reply("second"));
      queue.appendFrame(smallFrame);
      socket.room = Infinity;
      expect(queue.flush(socket)).toBe("empty");
      expect(socket.written).toEqual(concatenate([first, second, smallFrame]));
    }
  });

  test("moves a frame that was alone and half sent when company comes", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket({ room: 5 });
    queue.appendFrame(smallFrame);
    queue.flush(socket);
    queue.append(talk.server, reply("company"));
    socket.room = Infinity;
    queue.flush(socket);
    expect(socket.writes).toEqual([
      smallFrame.subarray(0, 5),
      concatenate([smallFrame.subarray(5), fromServer(reply("company"))]),
    ]);
  });

  test("writes a large frame from where it lies, without a copy", () => {
    const queue = new OutputQueue(new BufferPool());
    const offered: Uint8Array[] = [];
    const socket = Object.assign(new MemorySocket(), {
      write(bytes: Uint8Array) {
        offered.push(bytes);
        return bytes.length;
      },
    });
    queue.append(talk.server, reply("before"));
    queue.appendFrame(largeFrame);
    queue.flush(socket);
    expect(offered.map((bytes) => bytes.buffer === largeFrame.buffer)).toEqual([false, true]);
  });

  test("keeps the order of the frames of many segments", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket();
    const frames: Uint8Array[] = [];
    for (let index = 0; index < 50; index += 1) {
      const frame = fromServer(reply(`${index} `.repeat(1 + ((index * 997) % 4_000))));
      frames.push(frame);
      if (index % 3 === 0) queue.appendFrame(frame);
      else queue.append(talk.server, reply(`${index} `.repeat(1 + ((index * 997) % 4_000))));
    }
    expect(queue.queuedBytes).toBe(concatenate(frames).length);
    drain(queue, socket);
    expect(socket.written).toEqual(concatenate(frames));
  });

  const seed = pickSeed();
  test(`gives identical bytes for any order of appends and short writes, seed ${seed}`, () => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 200; round += 1) {
      const queue = new OutputQueue(new BufferPool());
      const socket = new MemorySocket();
      const frames: Uint8Array[] = [];
      for (let step = 0; step < 30; step += 1) {
        const message = reply("x".repeat(random.integer(0, 6_000)));
        const frame = fromServer(message);
        socket.room = random.integer(0, 8_000);
        const action = random.integer(0, 2);
        if (action === 0) queue.append(talk.server, message);
        else if (action === 1) queue.appendFrame(frame);
        else queue.flush(socket);
        if (action < 2) frames.push(frame);
      }
      socket.room = Infinity;
      expect(queue.flush(socket)).toBe("empty");
      expect(socket.written).toEqual(concatenate(frames));
      expect(queue.queuedBytes).toBe(0);
    }
  });

  test("is as before when a message cannot be encoded", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket();
    const invalid = { type: "reply", text: 5 } as unknown as ReturnType<typeof reply>;
    expect(() => queue.append(talk.server, invalid)).toThrow(TypewireError);
    queue.appendFrame(largeFrame);
    expect(() => queue.append(talk.server, invalid)).toThrow(TypewireError);
    expect(() => queue.append(talk.server, reply("too long"), atMost(10))).toThrow(TypewireError);
    expect(queue.queuedBytes).toBe(largeFrame.length);

    expect(queue.flush(socket)).toBe("empty");
    expect(socket.writes).toEqual([largeFrame]);
  });

  test("reports a socket that is closed, and takes no more of its queue", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = new MemorySocket();
    socket.terminate();
    queue.append(talk.server, reply("late"));
    expect(queue.flush(socket)).toBe("closed");
  });

  test("survives being cleared from within a write", () => {
    const queue = new OutputQueue(new BufferPool());
    const socket = Object.assign(new MemorySocket(), {
      write(bytes: Uint8Array) {
        queue.clear();
        return bytes.length;
      },
    });
    queue.append(talk.server, reply("last words"));
    expect(queue.flush(socket)).toBe("closed");
    expect(queue.queuedBytes).toBe(0);
  });

  test("counts as excess all but the largest frame", () => {
    const queue = new OutputQueue(new BufferPool());
    queue.appendFrame(smallFrame);
    expect(queue.excessBytes).toBe(0);
    queue.appendFrame(largeFrame);
    queue.appendFrame(largeFrame);
    expect(queue.excessBytes).toBe(smallFrame.length + largeFrame.length);
    queue.flush(new MemorySocket());
    queue.appendFrame(smallFrame);
    expect(queue.excessBytes).toBe(0);
  });

  test("holds no buffer when it is empty", () => {
    const pool = new BufferPool();
    const borrowed = pool.take();
    pool.give(borrowed);
    const queue = new OutputQueue(pool);
    expect(queue.append(talk.server, reply("hello"))).toBe(borrowed);
    queue.flush(new MemorySocket());
    expect(pool.take()).toBe(borrowed);
    pool.give(borrowed);

    queue.append(talk.server, reply("dropped"));
    queue.clear();
    expect(pool.take()).toBe(borrowed);
    pool.give(borrowed);

    expect(() => queue.append(talk.server, reply("x"), atMost(1))).toThrow();
    expect(pool.take()).toBe(borrowed);
  });
});
