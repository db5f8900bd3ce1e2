import type { ByteSocket } from "@typewire/connection";
import { describe, expect, test } from "bun:test";

import { concatenate, inPiecesOf, MemoryPair, MemorySocket, type PairEnd } from "../src/index.ts";

/** An end that records what happens to it. */
class Recorder implements PairEnd {
  readonly events: string[] = [];
  readonly chunks: Uint8Array[] = [];
  socket: ByteSocket | undefined;

  opened(socket: ByteSocket): void {
    this.socket = socket;
  }
  receive(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }
  drained(): void {
    this.events.push("drained");
  }
  peerEnded(): void {
    this.events.push("peerEnded");
  }
  socketClosed(error?: unknown): void {
    this.events.push(error instanceof Error ? error.message : "closed");
  }
}

describe("MemorySocket", () => {
  test("takes no more than its room and the most of a write, and copies what it takes", () => {
    const socket = new MemorySocket({ room: 5, mostPerWrite: 3 });
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect([socket.write(bytes), socket.write(bytes), socket.write(bytes)]).toEqual([3, 2, 0]);
    bytes.fill(0);
    expect(socket.written).toEqual(Uint8Array.of(1, 2, 3, 1, 2));
  });

  test.each(["shutdown", "end", "terminate"] as const)("takes nothing after %s", (call) => {
    const socket = new MemorySocket();
    socket[call]();
    expect(socket.write(Uint8Array.of(1))).toBe(-1);
    expect(socket.calls).toEqual([call]);
  });

  test("reports a close before end or terminate returns, once", () => {
    const socket = new MemorySocket();
    const recorder = new Recorder();
    socket.events = recorder;
    socket.end();
    socket.terminate();
    expect(recorder.events).toEqual(["closed"]);
  });
});

describe("MemoryPair", () => {
  test("delivers what each end writes to the other, cut as asked", async () => {
    const [left, right] = [new Recorder(), new Recorder()];
    const pair = new MemoryPair(left, right, { cut: inPiecesOf(2) });
    left.socket?.write(Uint8Array.of(1, 2, 3));
    right.socket?.write(Uint8Array.of(9));
    await pair.settle();
    expect(right.chunks).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(concatenate(left.chunks)).toEqual(Uint8Array.of(9));
  });

  test("gives a full socket its room back as the other end reads", async () => {
    const [left, right] = [new Recorder(), new Recorder()];
    const pair = new MemoryPair(left, right, { room: 2 });
    expect(left.socket?.write(Uint8Array.of(1, 2, 3))).toBe(2);
    expect(left.socket?.write(Uint8Array.of(3))).toBe(0);
    await pair.settle();
    expect(left.events).toEqual(["drained"]);
    expect(left.socket?.write(Uint8Array.of(3))).toBe(1);
  });

  test("carries a half-close and a reset across", async () => {
    const [left, right] = [new Recorder(), new Recorder()];
    const pair = new MemoryPair(left, right);
    left.socket?.shutdown();
    await pair.settle();
    expect(right.events).toEqual(["peerEnded"]);
    right.socket?.terminate();
    await pair.settle();
    expect(left.events).toEqual(["ECONNRESET: connection reset by peer, read"]);
  });

  test("keeps bytes and the end from a paused socket until it reads again", async () => {
    const [left, right] = [new Recorder(), new Recorder()];
    const pair = new MemoryPair(left, right);
    right.socket?.pause();
    left.socket?.write(Uint8Array.of(1));
    left.socket?.shutdown();
    await pair.settle();
    expect({ chunks: right.chunks, events: right.events }).toEqual({ chunks: [], events: [] });
    right.socket?.resume();
    await pair.settle();
    expect(right.chunks).toEqual([Uint8Array.of(1)]);
    expect(right.events).toEqual(["peerEnded"]);
  });

  test("resets a paused socket all the same", async () => {
    const [left, right] = [new Recorder(), new Recorder()];
    const pair = new MemoryPair(left, right);
    right.socket?.pause();
    left.socket?.write(Uint8Array.of(1));
    left.socket?.terminate();
    await pair.settle();
    expect(right.chunks).toEqual([]);
    expect(right.events).toEqual(["ECONNRESET: connection reset by peer, read"]);
  });
});
