// What the peer works on leaves while this side makes more of it: in order, and not in a write for each frame.

import { describe, expect, test } from "bun:test";
import { concatenate, FakeClock, MemorySocket } from "@typewire/testkit";

import { createEndpoint } from "../../src/index.ts";
import { SocketWriter, WORK_BYTES } from "../../src/sending/socket-writer.ts";
import { fromServer, talk, turn } from "../talk.ts";

const frames = Array.from({ length: 100 }, (_, index) =>
  fromServer({ type: "reply", text: `${index}`.padStart(90) }),
);

function open() {
  const endpoint = createEndpoint(talk, "server", {}, { clock: new FakeClock() });
  const writer = new SocketWriter(endpoint, {
    writerClosed() {},
    queueIsLong() {},
    writerCut: () => new Uint8Array(0),
  });
  const socket = new MemorySocket();
  writer.opened(socket);
  return { writer, socket };
}

describe("what the peer works on", () => {
  test("leaves within the turn, as soon as there is enough for a write", async () => {
    const { writer, socket } = open();
    await turn();
    const perWrite = Math.ceil(WORK_BYTES / (frames[0]?.length ?? 0));
    for (const frame of frames) {
      writer.queue.appendFrame(frame);
      writer.commitWork();
      expect(writer.queue.queuedBytes).toBeLessThan(WORK_BYTES);
    }
    const within = socket.writes.length;
    expect(within).toBe(Math.floor(frames.length / perWrite));
    await turn();
    expect(socket.writes.length).toBe(within + 1);
    expect(concatenate(socket.writes)).toEqual(concatenate(frames));
  });

  test("waits for the end of the turn where there is little of it, as all else does", async () => {
    const { writer, socket } = open();
    await turn();
    for (const frame of frames.slice(0, 10)) {
      writer.queue.appendFrame(frame);
      writer.commitWork();
    }
    for (const frame of frames.slice(10)) {
      writer.queue.appendFrame(frame);
      writer.commit();
    }
    expect(socket.writes).toEqual([]);
    await turn();
    expect(socket.writes.length).toBe(1);
    expect(concatenate(socket.writes)).toEqual(concatenate(frames));
  });

  test("is kept where the socket takes no more", async () => {
    const { writer, socket } = open();
    await turn();
    socket.room = 100;
    for (const frame of frames) {
      writer.queue.appendFrame(frame);
      writer.commitWork();
    }
    await turn();
    expect(socket.writes.length).toBe(1);
    socket.room = Infinity;
    writer.drained();
    expect(concatenate(socket.writes)).toEqual(concatenate(frames));
  });
});
