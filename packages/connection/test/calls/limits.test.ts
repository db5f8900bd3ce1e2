// What bounds the calls of a connection: each bound at its limit and one over.

import { describe, expect, test } from "bun:test";

import { type CallFailure, CallMisfit } from "@typewire/protocol";

import { CallPair, pairLimits, rejection, shape } from "../support/call-pair.ts";

const never = () => new Promise(() => {});
/** Settles when its call is to end, and not before. */
const untilAborted = (_: unknown, { signal }: { signal: AbortSignal }) =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });

const silent = shape("silent", { yields: true, hasOutput: false });
async function* silentHandler(_: unknown, call: { signal: AbortSignal }) {
  yield 1;
  await untilAborted(undefined, call);
}

const refusals = (pair: CallPair): CallFailure[] =>
  pair.callee.sent.flatMap((message) =>
    message.type === "$result" && message.error !== undefined ? [message.error] : [],
  );

const callFrom = (pair: CallPair, id: number, call = "hang", timeoutMs?: number): void =>
  pair.far.receive(
    { type: "$call", call, id, input: 1, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    30,
  );

describe("Calls at their limits", () => {
  test("64 streams are open, one more fails at once, and a small call is answered", async () => {
    const pair = new CallPair([silent, shape("echo")], {
      silent: silentHandler,
      echo: (input: unknown) => input,
    });
    const streams = Array.from({ length: 64 }, () => pair.stream("silent", 1));
    const firsts = streams.map((stream) => stream.next());
    await pair.settle();
    expect(await Promise.all(firsts)).toEqual(firsts.map(() => ({ value: 1, done: false })));
    const sent = pair.caller.sent.length;
    const more = pair.stream("silent", 1);
    expect(await rejection(more.next())).toMatchObject({
      code: "too-many-calls",
      ran: "no",
      message: 'Cannot call "silent": 64 of 64 streams are open',
    });
    expect(pair.caller.sent).toHaveLength(sent);
    const small = pair.call("echo", 5);
    await pair.settle();
    expect(await small).toBe(5);
    for (const stream of streams) await stream.return?.();
    await pair.settle();
    expect(pair.taken).toBe(0);
    const again = pair.stream("silent", 1);
    const first = again.next();
    await pair.settle();
    expect(await first).toEqual({ value: 1, done: false });
  });

  test.each([false, true])(
    "a peer beyond the slots (streams: %p) is refused, 100 times in 10 s",
    (streams) => {
      const name = streams ? "silent" : "hang";
      const slots = streams ? pairLimits.maxStreams : pairLimits.maxCalls;
      const pair = new CallPair([silent, shape("hang")], { silent: silentHandler, hang: never });
      let id = 0;
      for (; id < slots;) callFrom(pair, (id += 1), name);
      expect(refusals(pair)).toEqual([]);
      for (let index = 0; index < 100; index += 1) callFrom(pair, (id += 1), name);
      expect(refusals(pair)).toHaveLength(100);
      expect(refusals(pair)[0]).toEqual({
        code: "too-many-calls",
        message: `All ${slots} ${streams ? "streams" : "calls"} are open`,
      });
      expect(pair.callee.ended).toBeUndefined();
      callFrom(pair, (id += 1), name);
      expect(pair.callee.ended).toBe("too-many-errors");
      expect(pair.far.inFlight).toBe(slots);
    },
  );

  test("the 101st refusal is forgiven after more than 10 s, and not after 10", () => {
    const pair = new CallPair([shape("hang")], { hang: never });
    let id = 0;
    for (; id < 256;) callFrom(pair, (id += 1));
    for (let index = 0; index < 100; index += 1) callFrom(pair, (id += 1));
    const hurried = new CallPair([shape("hang")], { hang: never });
    for (let call = 1; call <= 356; call += 1) callFrom(hurried, call);
    hurried.clock.advance(10_000);
    expect(hurried.callee.ended).toBeUndefined();
    callFrom(hurried, 357);
    expect(hurried.callee.ended).toBe("too-many-errors");
    pair.clock.advance(10_001);
    for (let index = 0; index < 100; index += 1) callFrom(pair, (id += 1));
    expect(pair.callee.ended).toBeUndefined();
    callFrom(pair, (id += 1));
    expect(pair.callee.ended).toBe("too-many-errors");
  });

  test("the 10 s are those after the first refusal, whatever the clock says", () => {
    const pair = new CallPair([shape("hang")], { hang: never });
    pair.clock.advance(9_000);
    let id = 0;
    for (; id < 256;) callFrom(pair, (id += 1));
    for (let index = 0; index < 60; index += 1) callFrom(pair, (id += 1));
    pair.clock.advance(2_000);
    for (let index = 0; index < 40; index += 1) callFrom(pair, (id += 1));
    expect(pair.callee.ended).toBeUndefined();
    callFrom(pair, (id += 1));
    expect(pair.callee.ended).toBe("too-many-errors");
  });

  test("what the process has under way bounds all connections, with a time to come back", async () => {
    const pair = new CallPair([shape("hang")], { hang: never }, { maxCallsInFlight: 3 });
    const outcomes = Array.from({ length: 4 }, () => pair.try("hang", 1));
    await pair.settle();
    expect(await outcomes[3]).toMatchObject({
      ok: false,
      error: { code: "too-many-calls", ran: "no", retryAfterMs: 1000 },
    });
    expect(pair.quota.inFlight).toBe(3);
    expect(pair.near.inFlight).toBe(3);
    // The process is full, which is not the peer's fault.
    for (let id = 5; id < 200; id += 1) callFrom(pair, id);
    expect(pair.callee.ended).toBeUndefined();
    // A handler that runs on after the end of its connection still counts.
    pair.cut();
    expect(pair.quota.inFlight).toBe(3);
  });

  test.each([
    [undefined, 30_000],
    [0, 3_600_000],
    [1, 1],
    [3_600_000, 3_600_000],
    [3_600_001, 3_600_000],
    [Number.MAX_SAFE_INTEGER, 3_600_000],
  ])("a call without streams that asks for %p ms has %p", (timeoutMs, expectedMs) => {
    let remainingMs = 0;
    const hang = (_: unknown, call: { remainingMs: number }) => {
      ({ remainingMs } = call);
      return never();
    };
    const pair = new CallPair([shape("hang")], { hang });
    callFrom(pair, 1, "hang", timeoutMs);
    expect(remainingMs).toBe(expectedMs);
  });

  test.each([
    [undefined, Infinity],
    [0, Infinity],
    [50, 50],
    [3_600_001, 3_600_000],
  ])("a stream that asks for %p ms has %p", (timeoutMs, expectedMs) => {
    let remainingMs = 0;
    const handler = async function* (_: unknown, call: { remainingMs: number }) {
      ({ remainingMs } = call);
      yield 1;
    };
    const pair = new CallPair([silent], { silent: handler });
    callFrom(pair, 1, "silent", timeoutMs);
    pair.clock.advance(0);
    expect(remainingMs).toBe(expectedMs);
  });

  test("a stream of three hours that says nothing is ended by no deadline", async () => {
    const pair = new CallPair([silent], { silent: silentHandler });
    const stream = pair.stream("silent", 1);
    expect(((await Promise.all([stream.next(), pair.settle()])) as unknown[])[0]).toMatchObject({
      value: 1,
    });
    const second = stream.next();
    pair.clock.advance(3 * 3_600_000);
    await pair.settle();
    expect(pair.near.inFlight).toBe(1);
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call"]);
    await stream.return?.();
    expect(await second).toEqual({ value: undefined, done: true });
    await pair.settle();
    expect(pair.taken).toBe(0);
  });

  test("open and cancel, 100 000 times in one turn: never more than 256 handlers", () => {
    let running = 0;
    let most = 0;
    const pair = new CallPair([shape("hang")], {
      hang: () => {
        most = Math.max(most, (running += 1));
        return never();
      },
    });
    let id = 0;
    for (let index = 0; index < 100_000 && pair.callee.ended === undefined; index += 1) {
      callFrom(pair, (id += 1));
      pair.far.receive({ type: "$cancel", id }, 18);
    }
    expect(most).toBe(256);
    expect(pair.callee.ended).toBe("too-many-errors");
  });

  test("open and cancel, 100 000 times by a caller that turns: a slot is held until its handler settles", async () => {
    let running = 0;
    let most = 0;
    const pair = new CallPair([shape("slow"), shape("echo")], {
      async slow(_: unknown, call: { signal: AbortSignal }) {
        most = Math.max(most, (running += 1));
        await untilAborted(_, call).catch(() => {});
        await Promise.resolve();
        running -= 1;
      },
      echo: (input: unknown) => input,
    });
    for (let batch = 0; batch < 200; batch += 1) {
      const abort = new AbortController();
      const outcomes = Array.from({ length: 500 }, () =>
        pair.try("slow", 1, { signal: abort.signal }),
      );
      const small = pair.try("echo", batch);
      abort.abort();
      await pair.settle(3);
      for (const outcome of await Promise.all(outcomes))
        expect(outcome).toMatchObject({ ok: false });
      expect(await small).toEqual({ ok: true, output: batch });
      pair.caller.sent.length = 0;
      pair.callee.sent.length = 0;
    }
    await pair.settle();
    expect(most).toBeLessThanOrEqual(256);
    expect(running).toBe(0);
    expect(pair.callee.ended).toBeUndefined();
    expect(pair.taken).toBe(0);
  }, 20_000);

  test("ids: gaps are fine, huge ones too; repeated, back, foreign or unknown ones are refused", () => {
    const pair = new CallPair([shape("hang")], { hang: never });
    const most = Number.MAX_SAFE_INTEGER;
    callFrom(pair, 5);
    callFrom(pair, 2 ** 40);
    callFrom(pair, most);
    expect(pair.far.inFlight).toBe(3);
    for (const id of [5, 4, 1, 0, -1, -most, most]) {
      expect(() => callFrom(pair, id)).toThrow("schema-mismatch at /id");
    }
    for (const id of [0, -5, -most]) {
      for (const message of [
        { type: "$item", id, item: 1 },
        { type: "$end", id },
        { type: "$credit", id, bytes: 1 },
        { type: "$cancel", id },
      ] as const) {
        expect(() => pair.far.receive(message, 20)).toThrow("schema-mismatch at /id");
      }
    }
    // Of gaps, and of calls that are over: late, and nothing happens.
    for (const id of [1, 6, 2 ** 40 + 1]) {
      pair.far.receive({ type: "$cancel", id }, 20);
      pair.far.receive({ type: "$item", id, item: 1 }, 20);
      pair.far.receive({ type: "$end", id }, 20);
      pair.far.receive({ type: "$credit", id, bytes: 1 }, 20);
      pair.far.receive({ type: "$late", id, of: "$item" }, 20);
    }
    expect(pair.far.inFlight).toBe(3);
    expect(pair.callee.sent).toEqual([]);
  });

  test("answers to calls that were never made are refused; to those that are over, dropped", async () => {
    const pair = new CallPair([shape("echo")], { echo: (input: unknown) => input });
    const answer = pair.call("echo", 1);
    await pair.settle();
    await answer;
    const messages = (id: number) =>
      [
        { type: "$result", id, output: "other" },
        { type: "$item", id, item: 1 },
        { type: "$credit", id, bytes: 1 },
        { type: "$late", id, of: "$result" },
      ] as const;
    for (const message of messages(1)) pair.near.receive(message, 20);
    for (const id of [0, -1, 2, Number.MAX_SAFE_INTEGER]) {
      for (const message of messages(id)) {
        expect(() => pair.near.receive(message, 20)).toThrow("schema-mismatch at /id");
      }
    }
    expect(pair.taken).toBe(0);
  });

  test("a $call that does not fit is answered, counts as no refusal, and takes no slot", () => {
    const pair = new CallPair([shape("hang")], { hang: never });
    for (let id = 1; id <= 500; id += 1) {
      const code = id % 2 === 0 ? "unknown-call" : "invalid-input";
      pair.far.misfit(
        new CallMisfit(code, "does\nnot fit", { id, call: "x", path: "/input", of: "$call" }),
      );
    }
    expect(refusals(pair)).toHaveLength(500);
    for (const { message } of refusals(pair)) expect(message).not.toContain("\n");
    expect(pair.callee.ended).toBeUndefined();
    expect(pair.taken).toBe(0);
    const again = new CallMisfit("invalid-input", "no", { id: 500, call: "x", of: "$call" });
    expect(() => pair.far.misfit(again)).toThrow("schema-mismatch at /id");
  });
});
