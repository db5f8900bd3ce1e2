// Random lives of calls, and the ends that are easy to miss.

import { describe, expect, test } from "bun:test";

import { pickSeed, SeededRandom } from "@typewire/testkit";

import { CallPair, shape } from "../support/call-pair.ts";

describe("Calls at their ends", () => {
  const seed = pickSeed();
  test(`each call settles once and nothing is held, in random interleavings (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    for (let run = 0; run < 200; run += 1) await oneLife(random);
  });

  test("100 000 calls with one signal leave no listener", async () => {
    const pair = new CallPair([shape("echo")], { echo: (input: unknown) => input });
    const signal = new CountingSignal();
    for (let batch = 0; batch < 1000; batch += 1) {
      const answers = Array.from({ length: 100 }, () => pair.faces.call["echo"]?.(1, { signal }));
      expect(signal.listeners.size).toBe(1);
      await pair.settle(1);
      await Promise.all(answers);
      pair.caller.sent.length = 0;
      pair.callee.sent.length = 0;
    }
    expect(signal.listeners.size).toBe(0);
  });

  test("items beyond the credit end that call alone", async () => {
    const pair = new CallPair([shape("put", { hasInput: false, sends: true }), shape("echo")], {
      put: (_: unknown, call: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) =>
          call.signal.addEventListener("abort", () => reject(call.signal.reason)),
        ),
      echo: (input: unknown) => input,
    });
    pair.far.receive({ type: "$call", call: "put", id: 1 }, 30);
    pair.far.receive({ type: "$item", id: 1, item: "a" }, 70_000);
    expect(pair.far.heldBytes).toBe(70_000);
    pair.far.receive({ type: "$item", id: 1, item: "b" }, 30);
    await Promise.resolve();
    await Promise.resolve();
    const error = expect.objectContaining({ code: "item-beyond-credit" });
    expect(pair.callee.sent).toEqual([{ type: "$result", id: 1, error }]);
    expect(pair.far.inFlight + pair.far.heldBytes + pair.callee.failures.length).toBe(0);
  });

  test("when the handlers of all slots run on, the connection ends with internal", () => {
    const pair = new CallPair([shape("hang")], { hang: () => new Promise(() => {}) });
    for (let id = 1; id <= 256; id += 1) {
      pair.far.receive({ type: "$call", call: "hang", id, timeoutMs: 10, input: 1 }, 30);
    }
    pair.clock.advance(10 + 59_999);
    expect(pair.callee.stuck).toHaveLength(0);
    pair.clock.advance(1);
    expect(pair.callee.stuck).toHaveLength(256);
    expect(pair.callee.ended).toBe("internal");
  });

  test("a drain refuses new calls, and asks those under way to end at half its time", async () => {
    const pair = new CallPair([shape("slow")], {
      slow: (_: unknown, call: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) =>
          call.signal.addEventListener("abort", () => reject(call.signal.reason)),
        ),
    });
    const running = pair.faces.try["slow"]?.(1);
    await pair.settle(3);
    pair.far.drain(500);
    const crossed = pair.faces.try["slow"]?.(2);
    await pair.settle(3);
    expect(await crossed).toMatchObject({ error: { code: "shutting-down", ran: "no" } });
    pair.clock.advance(500);
    await pair.settle(3);
    expect(await running).toMatchObject({ error: { code: "shutting-down", ran: "maybe" } });
    expect(pair.callee.drained).toBeGreaterThan(0);
    expect(pair.callee.failures).toEqual([]);
  });
});

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

/** Thirty random steps on one connection, then rest, or the end of the connection. */
async function oneLife(random: SeededRandom): Promise<void> {
  const pair = new CallPair([shape("echo"), shape("chat", { sends: true, yields: true })], {
    async echo(input: number) {
      if (input === 0) throw new Error("no");
      await Promise.resolve();
      return input;
    },
    async *chat(_: unknown, call: { items: AsyncIterable<string> }) {
      for await (const item of call.items) yield item;
    },
  });
  let started = 0;
  let settled = 0;
  const aborts: AbortController[] = [];
  const streams: AsyncIterator<unknown>[] = [];
  const count = (): void => void (settled += 1);
  for (let step = 0; step < 30; step += 1) {
    const choice = random.integer(0, 5);
    if (choice <= 1) {
      const abort = new AbortController();
      aborts.push(abort);
      started += 1;
      const options = { signal: abort.signal, timeoutMs: random.integer(1, 50) };
      const answer = pair.faces.try["echo"]?.(random.integer(0, 3), options);
      void (answer as Promise<unknown>).then(count);
    } else if (choice === 2) {
      started += 1;
      const items = Array.from({ length: random.integer(0, 9) }, () => "x".repeat(20_000));
      const stream = pair.faces.try["chat"]?.(1, items) as AsyncIterator<unknown> & {
        output: Promise<unknown>;
      };
      streams.push(stream);
      void stream.output.then(count);
      void stream.next();
    } else if (choice === 3) {
      aborts[random.integer(0, aborts.length)]?.abort();
      await streams[random.integer(0, streams.length)]?.return?.();
    } else if (choice === 4) {
      pair.clock.advance(random.integer(0, 30));
    } else {
      await pair.settle(random.integer(1, 3));
    }
  }
  if (random.next() < 0.5) {
    pair.near.ended("cut");
    pair.far.ended("cut");
    pair.caller.ended = pair.callee.ended = "cut";
    pair.caller.waiting.length = pair.callee.waiting.length = 0;
  } else {
    for (const stream of streams) await stream.return?.();
  }
  await pair.settle(30);
  for (const stream of streams) await stream.return?.();
  await pair.settle(1);
  expect(settled).toBe(started);
  expect(pair.near.inFlight + pair.far.inFlight + pair.quota.inFlight).toBe(0);
  expect(pair.near.heldBytes + pair.far.heldBytes).toBe(0);
}
