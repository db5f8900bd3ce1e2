// The ends of calls that their own side decides: credit that was overdrawn, handlers that run on, a drain.

import { describe, expect, test } from "bun:test";

import { CallPair, shape } from "../support/call-pair.ts";

describe("Calls at their ends", () => {
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

  test.each([
    [65_536, true],
    [65_535, false],
  ])("an item behind %p bytes of them is beyond the credit: %p", (taken, isBeyond) => {
    const pair = new CallPair([shape("put", { hasInput: false, sends: true })], {
      put: (_: unknown, call: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) =>
          call.signal.addEventListener("abort", () => reject(call.signal.reason)),
        ),
    });
    pair.far.receive({ type: "$call", call: "put", id: 1 }, 30);
    for (const bytes of [taken - 30, 30]) {
      pair.far.receive({ type: "$item", id: 1, item: "a" }, bytes);
    }
    expect(pair.far.heldBytes).toBe(taken);
    pair.far.receive({ type: "$item", id: 1, item: "b" }, 30);
    expect(pair.far.heldBytes).toBe(isBeyond ? 0 : taken + 30);
    // What overdraws the credit is the last that may.
    pair.far.receive({ type: "$item", id: 1, item: "c" }, 30);
    expect(pair.far.heldBytes).toBe(0);
  });

  test("a caller that ends its half has cancelled what needs more of it, and its handlers hear why", async () => {
    const reasons: unknown[] = [];
    const untilAborted = (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
      });
    const put = shape("put", { hasInput: false, sends: true });
    const pair = new CallPair([put, shape("whole", { ...put, name: "whole" }), shape("hang")], {
      put: untilAborted,
      whole: untilAborted,
      hang: untilAborted,
    });
    for (const [index, call] of ["put", "whole", "hang"].entries()) {
      pair.far.receive({ type: "$call", call, id: index + 1, input: 1 }, 30);
    }
    pair.far.receive({ type: "$end", id: 2 }, 20);
    pair.far.ending("the peer ended", true);
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    expect(pair.callee.sent).toEqual([
      {
        type: "$result",
        id: 1,
        error: {
          code: "cancelled",
          message:
            'The connection ended before the call "put" was answered: the caller ended its half before its items',
        },
      },
    ]);
    expect(reasons).toMatchObject([{ code: "connection-lost" }]);
    expect(pair.answered.failedByCode).toEqual({ cancelled: 1 });
    // What the end of the whole connection ends is told to nobody.
    pair.far.ended("lost");
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    expect(pair.callee.sent).toHaveLength(1);
    expect(pair.answered.failedByCode).toEqual({ cancelled: 1, "connection-lost": 2 });
    expect(pair.callee.failures).toEqual([]);
  });

  const stops: readonly (readonly [string, (pair: CallPair) => void])[] = [
    ["cancelled", ({ far }) => far.receive({ type: "$cancel", id: 1 }, 18)],
    ["deadline-exceeded", ({ clock }) => clock.advance(50)],
    [
      "shutting-down",
      ({ far, clock }) => {
        far.drain(10, { type: "$bye", reason: "new" });
        clock.advance(10);
      },
    ],
  ];
  test.each(stops)(
    "%s: items that were not taken are not taken for none, by a handler that reads on",
    async (code, stop) => {
      // So many of three items are taken before the call is to end; behind the last comes `$end`.
      for (const before of [0, 1, 2, 3]) {
        const { promise: stopped, resolve: goOn } = Promise.withResolvers<void>();
        const seen: unknown[] = [];
        const pair = new CallPair([shape("put", { hasInput: false, sends: true })], {
          async put(_: unknown, { items }: { items: AsyncIterable<unknown> }) {
            if (before === 0) await stopped;
            for await (const item of items) {
              seen.push(item);
              if (seen.length === before) await stopped;
            }
            return seen.length;
          },
        });
        pair.far.receive({ type: "$call", call: "put", id: 1, timeoutMs: 50 }, 30);
        for (const item of ["a", "b", "c"]) pair.far.receive({ type: "$item", id: 1, item }, 30);
        pair.far.receive({ type: "$end", id: 1 }, 18);
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        stop(pair);
        goOn();
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        const results = pair.callee.sent.filter(({ type }) => type === "$result");
        const error = expect.objectContaining({ code });
        const isWhole = before === 3 && code !== "cancelled";
        expect({ before, results }).toEqual({
          before,
          results: [{ type: "$result", id: 1, ...(isWhole ? { output: 3 } : { error }) }],
        });
        expect(pair.callee.failures).toEqual([]);
        expect(pair.far.heldBytes).toBe(0);
      }
    },
  );

  const slots: readonly (readonly [string, number])[] = [
    ["calls", 256],
    ["streams", 64],
  ];
  test.each(slots)(
    "when the handlers of all slots for %s run on, and not of all but one, the connection ends with internal",
    (kind, count) => {
      const isStream = kind === "streams";
      const pair = new CallPair(
        [shape("hang", { yields: isStream }), shape("other", { yields: !isStream })],
        { hang: () => new Promise(() => {}), other: () => new Promise(() => {}) },
      );
      const { callee, clock, far } = pair;
      const call = (id: number, name = "hang"): void =>
        far.receive({ type: "$call", call: name, id, timeoutMs: 10, input: 1 }, 30);
      for (let id = 1; id < count; id += 1) call(id);
      // One of the other kind takes another slot.
      call(count, "other");
      clock.advance(10 + 59_999);
      expect(callee.stuck).toHaveLength(0);
      clock.advance(1);
      expect(callee.stuck).toHaveLength(count);
      expect(callee.ended).toBeUndefined();
      call(count + 1);
      clock.advance(10 + 59_999);
      expect(callee.ended).toBeUndefined();
      clock.advance(1);
      expect(callee.ended).toBe("internal");
    },
  );

  test("a handler that runs on after its connection has ended leaves no timer", () => {
    const pair = new CallPair([shape("hang")], { hang: () => new Promise(() => {}) });
    pair.far.receive({ type: "$call", call: "hang", id: 1, timeoutMs: 10, input: 1 }, 30);
    pair.clock.advance(10);
    expect(pair.clock.pending).toBe(1);
    pair.far.ended("lost");
    expect(pair.clock.pending).toBe(0);
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
    pair.far.drain(500, { type: "$bye", reason: "a new version", retryAfterMs: 700 });
    const crossed = pair.faces.try["slow"]?.(2);
    await pair.settle(3);
    // One that crosses the drain, which the callee refuses, and one behind it, which does not leave.
    for (const refused of [crossed, pair.faces.try["slow"]?.(3)]) {
      const error = { code: "shutting-down", ran: "no", retryAfterMs: 700 };
      expect(await refused).toMatchObject({ error });
    }
    pair.clock.advance(499);
    await pair.settle(3);
    expect(pair.far.inFlight).toBe(1);
    pair.clock.advance(1);
    await pair.settle(3);
    expect(await running).toMatchObject({ error: { code: "shutting-down", ran: "maybe" } });
    expect(pair.callee.drained).toBeGreaterThan(0);
    expect(pair.callee.failures).toEqual([]);
  });
});
