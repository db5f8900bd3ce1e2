// What a million of something leaves behind: one signal for all calls, one generator that never waits. Short
// here; TYPEWIRE_LONG runs the millions.

import { describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";

import { type Clock, systemClock } from "../../src/time/clock.ts";
import { CallPair, shape } from "../support/call-pair.ts";

const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
const CALLS = isLong ? 1_000_000 : 50_000;
const ITEMS = isLong ? 1_000_000 : 50_000;
/** A slice is a quarter of the window; each item is a payload of 22 bytes. */
const ITEMS_OF_SLICE = Math.ceil(65_536 / 4 / 22);

class CountingSignal {
  readonly listeners = new Set<() => void>();
  readonly aborted = false;
  readonly reason = undefined;
  addEventListener(_type: string, listener: () => void): void {
    this.listeners.add(listener);
  }
  removeEventListener(_type: string, listener: () => void): void {
    this.listeners.delete(listener);
  }
}

function heapBytes(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

describe(`${CALLS} calls`, () => {
  test("with one signal leave no listener, and the memory as it was", async () => {
    const pair = new CallPair([shape("echo")], { echo: (input: unknown) => input });
    const signal = new CountingSignal();
    const batch = async (): Promise<void> => {
      const answers = Array.from({ length: 100 }, () => pair.call("echo", 1, { signal }));
      expect(signal.listeners.size).toBe(1);
      await pair.settle(1);
      await Promise.all(answers);
      expect(signal.listeners.size).toBe(0);
      pair.caller.sent.length = 0;
      pair.callee.sent.length = 0;
    };
    for (let index = 0; index < 50; index += 1) await batch();
    // What a call leaves behind is there each time; what the engine makes meanwhile of other files is not.
    const grownBytes: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const before = heapBytes();
      for (let index = 0; index < CALLS / 300; index += 1) await batch();
      grownBytes.push(heapBytes() - before);
    }
    expect(Math.min(...grownBytes)).toBeLessThan((256 * 1024) / 3);
    expect(pair.taken).toBe(0);
  }, 120_000);

  test("with one real signal each abort reaches those that are open, and no other", async () => {
    const pair = new CallPair([shape("hang")], { hang: () => new Promise(() => {}) });
    const abort = new AbortController();
    const outcomes = Array.from({ length: 200 }, () =>
      pair.try("hang", 1, { signal: abort.signal }),
    );
    const other = pair.try("hang", 1);
    abort.abort("all");
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome).toMatchObject({ error: { code: "cancelled", cause: "all" } });
    }
    expect(pair.near.inFlight).toBe(201);
    pair.cut();
    expect(await other).toMatchObject({ error: { code: "connection-lost" } });
  });
});

describe(`${ITEMS} items of a generator that never waits`, () => {
  test("let the event loop turn: in no turn of it more is pulled than a slice, and no timer waits for two", async () => {
    let pulled = 0;
    let pulledInTurn = 0;
    let mostInTurn = 0;
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      mostInTurn = Math.max(mostInTurn, pulledInTurn);
      pulledInTurn = 0;
    };
    // Each turn of the event loop in which a stream may go on begins by the clock, or by credit that comes.
    const clock: Clock = {
      now: () => systemClock.now(),
      after: (delayMs, callback) =>
        systemClock.after(delayMs, () => {
          turn();
          callback();
        }),
    };
    const pair = new CallPair(
      [shape("tail", { yields: true, hasOutput: false })],
      {
        async *tail(input: number) {
          for (; pulled < input; pulled += 1) {
            pulledInTurn += 1;
            yield pulled;
          }
        },
      },
      { clock },
    );
    let isDone = false;
    let count = 0;
    const reading = (async () => {
      for await (const _ of pair.stream("tail", ITEMS)) count += 1;
      isDone = true;
    })();
    while (!isDone) {
      turn();
      pair.pass();
      pair.caller.sent.length = 0;
      pair.callee.sent.length = 0;
      await new Promise(setImmediate);
    }
    turn();
    await reading;
    expect(count).toBe(ITEMS);
    expect(turns).toBeGreaterThan(ITEMS / ITEMS_OF_SLICE);
    // One more may be in hand.
    expect(mostInTurn).toBeLessThanOrEqual(ITEMS_OF_SLICE + 1);
  }, 120_000);
});
