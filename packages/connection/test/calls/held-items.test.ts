// What the items of calls take while nobody takes them, and against what it counts.

import { describe, expect, test } from "bun:test";

import { heapStats } from "bun:jsc";

import { HeldItems, memoryOf } from "../../src/calls/held-items.ts";
import { ItemInbox } from "../../src/calls/item-inbox.ts";
import { CallPair, shape } from "../support/call-pair.ts";

const tail = shape("tail", { yields: true, hasOutput: false });
const put = shape("put", { hasInput: false, sends: true });
const owner = { grant() {}, leave() {} };

function heapBytes(): number {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return heapSize + extraMemorySize;
}

describe("memoryOf", () => {
  const items: readonly (readonly [name: string, payloadBytes: number, make: () => unknown])[] = [
    ["a number", 22, () => 1],
    ["a text", 30, () => new TextDecoder().decode(Uint8Array.from([0x68, 0x6f, 0x6c, 0x61]))],
    ["an object", 22, () => ({})],
    ["one byte", 23, () => new Uint8Array(1)],
    ["100 bytes", 124, () => new Uint8Array(100)],
    ["a date and a text", 44, () => ({ at: new Date(5), text: "x" })],
    ["100 numbers", 122, () => Array.from({ length: 100 }, (_, index) => index)],
    ["100 empty objects", 122, () => Array.from({ length: 100 }, () => ({}))],
    ["100 empty arrays", 122, () => Array.from({ length: 100 }, () => [])],
  ];
  test.each(items)("of %s is what it takes, give or take half", (_, payloadBytes, make) => {
    const inbox = new ItemInbox(owner, new HeldItems(1e9, () => {}));
    for (let index = 0; index < 200; index += 1) inbox.push(make(), payloadBytes);
    const COUNT = 20_000;
    const kept = new ItemInbox(owner, new HeldItems(1e9, () => {}));
    const before = heapBytes();
    for (let index = 0; index < COUNT; index += 1) kept.push(make(), payloadBytes);
    const takenBytes = (heapBytes() - before) / COUNT;
    // Also keeps it until it is weighed.
    expect(kept.isOpen).toBe(true);
    expect(takenBytes).toBeLessThan(memoryOf(make(), payloadBytes) * 1.5);
  });
});

describe("What an inbox holds", () => {
  test("counts as it comes, and no more once it is taken, dropped, or the program's alone", async () => {
    let grown = 0;
    const held = new HeldItems(65_536, (bytes) => (grown += bytes));
    const fill = (): ItemInbox => {
      const inbox = new ItemInbox(owner, held);
      for (let index = 0; index < 1_000; index += 1) inbox.push({ index }, 40);
      return inbox;
    };
    const taken = fill();
    expect(held.bytes).toBe(40_000);
    expect(held.memoryBytes).toBe(grown);
    expect(grown).toBeGreaterThan(100_000);
    for (let index = 0; index < 1_000; index += 1) await taken.next();
    expect([held.bytes, held.memoryBytes]).toEqual([0, 0]);
    const dropped = fill();
    await dropped.next();
    dropped.drop();
    dropped.drop();
    expect([held.bytes, held.memoryBytes]).toEqual([0, 0]);
    const kept = fill();
    await kept.next();
    kept.end();
    kept.handOver();
    kept.handOver();
    expect([held.bytes, held.memoryBytes]).toEqual([0, 0]);
    for (let index = 1; index < 1_000; index += 1) {
      expect(await kept.next()).toEqual({ value: { index }, done: false });
    }
    expect((await kept.next()).done).toBe(true);
    expect([held.bytes, held.memoryBytes]).toEqual([0, 0]);
  });

  test("of ended streams whose items a program never took is not counted for ever", async () => {
    const pair = new CallPair([tail], { tail: () => Array.from({ length: 100 }, () => "x") });
    for (let index = 0; index < 20; index += 1) {
      const stream = pair.stream("tail", 1);
      const first = stream.next();
      await pair.settle();
      await first;
    }
    expect(pair.taken).toBe(0);
    const lost = new CallPair([tail], {
      async *tail() {
        for (let index = 0; index < 50; index += 1) yield "x";
        await new Promise(() => {});
      },
    });
    const stream = lost.stream("tail", 1);
    const first = stream.next();
    await lost.settle();
    await first;
    expect(lost.near.heldBytes).toBeGreaterThan(0);
    lost.cut();
    expect([lost.near.heldBytes, lost.near.memoryBytes]).toEqual([0, 0]);
    for (let index = 1; index < 50; index += 1) expect((await stream.next()).value).toBe("x");
  });

  test("of a handler's items counts as long as its call is open, also behind $end", () => {
    const pair = new CallPair([put], { put: () => new Promise(() => {}) });
    pair.far.receive({ type: "$call", call: "put", id: 1 }, 30);
    for (let index = 0; index < 10; index += 1) {
      pair.far.receive({ type: "$item", id: 1, item: {} }, 22);
    }
    pair.far.receive({ type: "$end", id: 1 }, 15);
    expect(pair.far.heldBytes).toBe(220);
    expect(pair.callee.grownBytes).toBe(pair.far.memoryBytes);
    expect(pair.far.memoryBytes).toBeGreaterThan(800);
    pair.far.receive({ type: "$cancel", id: 1 }, 18);
    expect([pair.far.heldBytes, pair.far.memoryBytes]).toEqual([0, 0]);
  });
});
