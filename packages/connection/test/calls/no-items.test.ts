// A call to which the callee's protocol gives items and the caller's none: no `$item` and no `$end` come, and nothing
// on the wire says so. What ends it is the call's deadline, or a caller that leaves; both end it at both ends.

import { describe, expect, test } from "bun:test";

import { CallPair, pairLimits, rejection, shape } from "../support/call-pair.ts";

type Handled = { readonly items: AsyncIterable<unknown>; readonly signal: AbortSignal };

/** A pair whose callee waits for items, and why its handler has ended. */
function scene(yields: boolean) {
  const reasons: unknown[] = [];
  const wait = async ({ items, signal }: Handled): Promise<number> => {
    let count = 0;
    try {
      for await (const _ of items) count += 1;
    } finally {
      reasons.push(signal.aborted && (signal.reason as { code: string }).code);
    }
    return count;
  };
  const handler = yields
    ? async function* (_: unknown, call: Handled) {
        yield 1;
        return await wait(call);
      }
    : (_: unknown, call: Handled) => wait(call);
  const calleeShapes = [shape("f", { yields, sends: true })];
  const pair = new CallPair([shape("f", { yields })], { f: handler }, { calleeShapes });
  return { pair, reasons };
}

/** Both ends have forgotten it, and nothing has failed. */
function expectAtRest({ pair, reasons }: ReturnType<typeof scene>, code: string): void {
  expect(reasons).toEqual([code]);
  expect(pair.taken).toBe(0);
  expect(pair.callee.failures).toEqual([]);
  // What ended it is no timer of a handler that is stuck, and leaves none.
  pair.clock.advance(pairLimits.handlersStallMs);
  expect(pair.callee.stuck).toEqual([]);
  expect(pair.clock.pending).toBe(0);
}

describe("A callee that waits for items of a caller that sends none", () => {
  test.each([
    ["of 30 s, which is said by neither", undefined, 30_000],
    ["that the caller gives", 50, 50],
  ])("is ended by a deadline %s, as the caller is", async (_, timeoutMs, afterMs) => {
    const at = scene(false);
    const { pair } = at;
    const outcome = pair.try("f", 1, timeoutMs === undefined ? {} : { timeoutMs });
    await pair.settle();
    pair.clock.advance(afterMs - 1);
    await pair.settle();
    expect(pair.near.inFlight + pair.far.inFlight).toBe(2);
    pair.clock.advance(1);
    expect(await outcome).toMatchObject({ error: { code: "deadline-exceeded", ran: "maybe" } });
    await pair.settle();
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call", "$cancel"]);
    // The callee's own clock, or the caller's `$cancel`, whichever is first.
    expectAtRest(at, timeoutMs === undefined ? "cancelled" : "deadline-exceeded");
  });

  test("is ended by its own clock where the caller's time was said, and nothing more of the caller's comes", async () => {
    const at = scene(false);
    const { pair } = at;
    const outcome = pair.try("f", 1, { timeoutMs: 50 });
    pair.passToCallee();
    pair.clock.advance(50);
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    expect(at.reasons).toEqual(["deadline-exceeded"]);
    expect(pair.far.inFlight).toBe(0);
    expect(await outcome).toMatchObject({ error: { code: "deadline-exceeded" } });
  });

  test("is ended by the deadline that a stream is given", async () => {
    const at = scene(true);
    const { pair } = at;
    const stream = pair.stream("f", 1, { timeoutMs: 50 });
    const first = stream.next();
    await pair.settle();
    expect(await first).toEqual({ done: false, value: 1 });
    const next = rejection(stream.next());
    pair.clock.advance(50);
    await pair.settle();
    expect(await next).toMatchObject({ code: "deadline-exceeded", ran: "maybe" });
    expectAtRest(at, "deadline-exceeded");
  });

  test("waits in a stream without a deadline, until its caller leaves it", async () => {
    const at = scene(true);
    const { pair } = at;
    const stream = pair.stream("f", 1);
    const first = stream.next();
    await pair.settle();
    await first;
    pair.clock.advance(3 * 3_600_000);
    await pair.settle();
    expect(at.reasons).toEqual([]);
    await stream.return?.();
    await pair.settle();
    expectAtRest(at, "cancelled");
  });

  test("is ended with the connection", async () => {
    const at = scene(true);
    const { pair } = at;
    const stream = pair.stream("f", 1);
    const first = stream.next();
    await pair.settle();
    await first;
    const next = rejection(stream.next());
    pair.cut();
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    expect(await next).toMatchObject({ code: "connection-lost", ran: "maybe" });
    expectAtRest(at, "connection-lost");
  });
});
