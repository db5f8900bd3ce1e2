// What becomes of calls when their connection ends: `ran` says what is known, and only what may run again does.

import { describe, expect, test } from "bun:test";

import { CallPair, rejection, shape } from "../support/call-pair.ts";

const never = () => new Promise(() => {});
const codeOf = (outcome: unknown): unknown => (outcome as { error?: { code: string } }).error?.code;
const ranOf = (outcome: unknown): unknown => (outcome as { error?: { ran: string } }).error?.ran;

type Handled = { readonly signal: AbortSignal; readonly remainingMs: number };

describe("A connection that ends", () => {
  test("at any byte of three $calls: ran is no exactly where the frame had not left whole", async () => {
    const whole = new CallPair([shape("echo")], { echo: never });
    for (let index = 0; index < 3; index += 1) void whole.try("echo", "x".repeat(index));
    const ends = whole.caller.waiting.map(({ endsAt }) => endsAt);
    for (let at = 0; at <= whole.caller.queuedTo; at += 1) {
      const ran: unknown[] = [];
      const pair = new CallPair([shape("echo")], {
        echo: (input: unknown) => (ran.push(input), never()),
      });
      const outcomes = Array.from({ length: 3 }, (_, index) => pair.try("echo", "x".repeat(index)));
      pair.cut(at);
      const settled = await Promise.all(outcomes);
      expect(settled.map(ranOf)).toEqual(ends.map((end) => (at >= end ? "maybe" : "no")));
      expect(settled.map(codeOf)).toEqual(ends.map(() => "connection-lost"));
      expect(ran).toHaveLength(ends.filter((end) => at >= end).length);
      expect(pair.near.inFlight + pair.outgoing.waiting).toBe(0);
    }
  });

  test("at any byte of $item and $result: what arrived whole is taken, the rest is maybe", async () => {
    const shapes = [shape("tail", { yields: true }), shape("echo")];
    const handlers = { tail: () => ["a", "bb"], echo: (input: unknown) => input };
    const run = () => {
      const pair = new CallPair(shapes, handlers);
      const stream = pair.stream("tail", 1);
      const items: unknown[] = [];
      const reading = (async () => {
        for await (const item of stream) items.push(item);
      })();
      reading.catch(() => {});
      const answer = pair.try("echo", 5);
      return { pair, items, reading, answer };
    };
    let ends: readonly number[] = [];
    for (let at = 0; ; at += 1) {
      const { pair, items, reading, answer } = run();
      // The calls arrive, and are answered; so many bytes of that leave.
      pair.passToCallee();
      pair.clock.advance(0);
      ends = pair.callee.waiting.map(({ endsAt }) => endsAt);
      const arrived = pair.callee.waiting.filter(({ endsAt }) => endsAt <= at);
      const last = pair.callee.queuedTo;
      pair.cut(pair.caller.queuedTo, at);
      const count = (type: string, id: number) =>
        arrived.filter(
          ({ message }) => message.type === type && "id" in message && message.id === id,
        ).length;
      const outcome = await answer;
      if (count("$result", 2) === 1) expect(outcome).toEqual({ ok: true, output: 5 });
      else expect(outcome).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
      const ended = await reading.then(
        () => "ended",
        (error: unknown) => (error as { ran: string }).ran,
      );
      expect(items).toEqual(["a", "bb"].slice(0, count("$item", 1)));
      expect(ended).toBe(count("$result", 1) === 1 ? "ended" : "maybe");
      expect(pair.near.inFlight).toBe(0);
      if (at >= last) break;
    }
    expect(ends).toHaveLength(4);
  });

  test("with 256 calls open: all settle in the same turn, and nothing is logged of handlers that heed their signal", async () => {
    const shapes = [shape("slow"), shape("tail", { yields: true })];
    const heed = (call: Handled) =>
      new Promise((_resolve, reject) =>
        call.signal.addEventListener("abort", () => reject(call.signal.reason)),
      );
    const pair = new CallPair(shapes, {
      slow: async (input: number, call: Handled) => {
        if (input % 3 === 0) await heed(call);
        if (input % 3 === 1)
          throw (await heed(call).catch(
            (error: unknown) => new Error("wrapped", { cause: error }),
          )) as Error;
        await heed(call).catch(() => {});
        return "late";
      },
      async *tail(_: unknown, call: Handled) {
        yield 1;
        await heed(call);
      },
    });
    const outcomes = Array.from({ length: 256 }, (_, index) => pair.try("slow", index));
    const streams = Array.from({ length: 64 }, () => pair.stream("tail", 1));
    const firsts = streams.map((stream) => stream.next());
    await pair.settle();
    await Promise.all(firsts);
    const seconds = streams.map((stream) => rejection(stream.next()));
    let settled = 0;
    for (const each of [...outcomes, ...seconds]) void each.then(() => (settled += 1));
    const before = pair.callee.sent.length;
    pair.cut();
    expect(pair.near.inFlight).toBe(0);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(settled).toBe(320);
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
    }
    for (const error of await Promise.all(seconds)) expect(error).toMatchObject({ ran: "maybe" });
    await pair.settle();
    expect(pair.callee.failures).toEqual([]);
    expect(pair.callee.sent).toHaveLength(before);
    expect(pair.taken).toBe(0);
    expect(pair.clock.pending).toBe(0);
  });
});

describe("A caller that comes back", () => {
  const shapes = [
    shape("once"),
    shape("again", { idempotent: true }),
    shape("tail", { yields: true, idempotent: true }),
  ];

  test("sends a call again that may have run only where it is idempotent, three times at most", async () => {
    const runs = { once: 0, again: 0, tail: 0 };
    const pair = new CallPair(
      shapes,
      {
        once: () => ((runs.once += 1), never()),
        again: () => ((runs.again += 1), never()),
        tail: () => ((runs.tail += 1), never()),
      },
      { comesBack: true },
    );
    const once = pair.try("once", 1);
    const again = pair.try("again", 1);
    const stream = rejection(pair.stream("tail", 1).next());
    await pair.settle(3);
    pair.cut();
    expect(await once).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
    expect(await stream).toMatchObject({ code: "connection-lost", ran: "maybe" });
    expect(pair.outgoing.waiting).toBe(1);
    for (let attempt = 2; attempt <= 3; attempt += 1) {
      pair.reconnect();
      await pair.settle(3);
      expect(runs).toEqual({ once: 1, again: attempt, tail: 1 });
      pair.cut();
    }
    expect(await again).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
    expect(runs).toEqual({ once: 1, again: 3, tail: 1 });
    expect(pair.outgoing.waiting).toBe(0);
  });

  test("sends calls again that had not left, whether idempotent or not, and each runs once", async () => {
    const inputs: unknown[] = [];
    const once = (input: unknown) => (inputs.push(input), input);
    const pair = new CallPair(shapes, { once, again: once, tail: never }, { comesBack: true });
    const answers = [1, 2, 3].map((input) => pair.call("once", input));
    const { endsAt = 0 } = pair.caller.waiting[0] ?? {};
    // The first left whole, its answer did not; of the second half.
    const first = answers[0]?.catch((error: unknown) => error);
    pair.cut(endsAt + 10);
    pair.reconnect();
    await pair.settle();
    expect(await first).toMatchObject({ code: "connection-lost", ran: "maybe" });
    expect(await Promise.all(answers.slice(1))).toEqual([2, 3]);
    expect(inputs).toEqual([1, 2, 3]);
    expect(pair.taken).toBe(0);
  });

  test("keeps 100 calls that wait offline: each runs once within its time, the others are rejected on time", async () => {
    const times: number[] = [];
    const pair = new CallPair(
      [shape("once")],
      { once: (input: number, call: Handled) => (times.push(call.remainingMs), input) },
      { comesBack: true },
    );
    pair.cut();
    const started = Array.from({ length: 100 }, (_, index) =>
      pair.try("once", index, { timeoutMs: index < 40 ? 1_000 : 5_000 }),
    );
    expect(pair.outgoing.waiting).toBe(100);
    pair.clock.advance(999);
    expect(pair.outgoing.waiting).toBe(100);
    pair.clock.advance(1);
    expect(pair.outgoing.waiting).toBe(60);
    for (const outcome of await Promise.all(started.slice(0, 40))) {
      expect(outcome).toMatchObject({ error: { code: "deadline-exceeded", ran: "no" } });
    }
    pair.clock.advance(2_000);
    pair.reconnect();
    await pair.settle();
    expect(await Promise.all(started.slice(40))).toEqual(
      Array.from({ length: 60 }, (_, index) => ({ ok: true, output: index + 40 })),
    );
    // Waiting counts: what is left is told, and no more.
    expect(times).toEqual(Array.from({ length: 60 }, () => 2_000));
    expect(pair.taken).toBe(0);
  });

  test("that is closed rejects what waits; it was never sent", async () => {
    const pair = new CallPair([shape("once")], { once: never }, { comesBack: true });
    pair.cut();
    const waiting = pair.try("once", 1);
    const streamed = rejection(pair.stream("once", 1) as unknown as Promise<unknown>);
    pair.outgoing.close("the program closed it");
    expect(await waiting).toMatchObject({ error: { code: "connection-closed", ran: "no" } });
    expect(await streamed).toMatchObject({ code: "connection-closed", ran: "no" });
    expect(pair.clock.pending).toBe(0);
  });

  test("after $drain makes nothing on this connection, and all of it on the next", async () => {
    const pair = new CallPair(
      [shape("once")],
      { once: (input: unknown) => input },
      { comesBack: true },
    );
    pair.far.drain(500, { type: "$bye", reason: "a new version", retryAfterMs: 20 });
    const crossed = pair.call("once", 1);
    await pair.settle();
    const after = pair.call("once", 2);
    await pair.settle();
    expect(pair.outgoing.waiting).toBe(2);
    expect(pair.caller.sent).toHaveLength(1);
    expect(pair.caller.drained).toBeGreaterThan(0);
    pair.cut();
    pair.reconnect();
    await pair.settle();
    expect(await Promise.all([crossed, after])).toEqual([1, 2]);
    expect(pair.taken).toBe(0);
  });

  test("that a drain made a handler stop for: made again where it is idempotent, as after a crash", async () => {
    const runs = { once: 0, again: 0, tail: 0 };
    const slow = (name: keyof typeof runs) => async (input: unknown, call: Handled) => {
      runs[name] += 1;
      if (runs[name] > 1) return input;
      return new Promise((_, reject) =>
        call.signal.addEventListener("abort", () => reject(call.signal.reason)),
      );
    };
    async function* tail(_: unknown, call: Handled) {
      yield await slow("tail")(1, call);
    }
    const handlers = { once: slow("once"), again: slow("again"), tail };
    const pair = new CallPair(shapes, handlers, { comesBack: true });
    const once = pair.try("once", 1);
    const again = pair.call("again", 2);
    const stream = rejection(pair.stream("tail", 1).next());
    await pair.settle();
    pair.far.drain(500, { type: "$bye", reason: "a new version" });
    pair.clock.advance(500);
    await pair.settle();
    const lost = { code: "shutting-down", ran: "maybe" };
    expect(await once).toMatchObject({ error: lost });
    expect(await stream).toMatchObject(lost);
    expect(pair.caller.drained).toBeGreaterThan(0);
    pair.cut();
    pair.reconnect();
    await pair.settle();
    expect(await again).toBe(2);
    expect(runs).toEqual({ once: 1, again: 2, tail: 1 });
    expect(pair.taken).toBe(0);
  });
});

describe("A handler that calls another server", () => {
  test("with call.signal and call.remainingMs: less time there, and cancel goes through both", async () => {
    for (const end of ["cancel", "deadline"]) {
      const reasons: unknown[] = [];
      const inner = new CallPair([shape("slow")], {
        slow: (_: unknown, call: Handled) =>
          new Promise((_resolve, reject) =>
            call.signal.addEventListener("abort", () => {
              reasons.push((call.signal.reason as { code: string }).code);
              reject(call.signal.reason);
            }),
          ),
      });
      const outer = new CallPair(
        [shape("slow")],
        {
          slow: async (_: unknown, call: Handled) => {
            outer.clock.advance(10);
            const { remainingMs: timeoutMs, signal } = call;
            return await inner.call("slow", 1, { timeoutMs, signal });
          },
        },
        { clock: inner.clock },
      );
      const abort = new AbortController();
      const outcome = outer.try("slow", 1, { timeoutMs: 100, signal: abort.signal });
      const settle = async () => {
        for (let round = 0; round < 5; round += 1) {
          await outer.settle(3);
          await inner.settle(3);
        }
      };
      await settle();
      expect(outer.caller.sent).toMatchObject([{ type: "$call", timeoutMs: 100 }]);
      expect(inner.caller.sent).toMatchObject([{ type: "$call", timeoutMs: 90 }]);
      if (end === "cancel") abort.abort();
      else outer.clock.advance(90);
      await settle();
      expect(codeOf(await outcome)).toBe(end === "cancel" ? "cancelled" : "deadline-exceeded");
      expect(inner.caller.sent.map(({ type }) => type)).toEqual(["$call", "$cancel"]);
      expect(reasons).toHaveLength(1);
      // Nobody's handler has failed: both have ended because their calls had.
      expect(outer.callee.failures).toEqual([]);
      expect(inner.callee.failures).toEqual([]);
      expect(outer.taken + inner.taken).toBe(0);
    }
  });

  test("a late result is dropped: the caller's clock rules, by the callee's time too", async () => {
    let finish: (output: string) => void = () => {};
    const pair = new CallPair([shape("slow")], {
      slow: () => new Promise((resolve) => (finish = resolve)),
    });
    const outcome = pair.try("slow", 1, { timeoutMs: 50 });
    await pair.settle();
    pair.clock.advance(49);
    expect(pair.near.inFlight).toBe(1);
    expect(pair.caller.sent).toHaveLength(1);
    pair.clock.advance(1);
    expect(await outcome).toMatchObject({ error: { code: "deadline-exceeded", ran: "maybe" } });
    // The output comes before the $cancel has arrived.
    finish("late");
    await pair.settle();
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call", "$cancel"]);
    expect(pair.callee.sent).toEqual([{ type: "$result", id: 1, output: "late" }]);
    expect(pair.taken).toBe(0);
  });
});
