import { describe, expect, test } from "bun:test";

import { FakeClock } from "@typewire/testkit";

import { type AbortSignalLike, waitFor, type WaitOptions } from "../../src/time/waiting.ts";

/** A wait that the test ends. */
function waiting(options: WaitOptions) {
  const clock = new FakeClock();
  const waited = Promise.withResolvers<void>();
  const settled = waitFor(waited.promise, "room", options, clock);
  return { clock, ...waited, settled, outcome: settled.then(String, (error: unknown) => error) };
}

/** A signal that counts its listeners. */
function countingSignal() {
  const controller = new AbortController();
  let listeners = 0;
  const signal: AbortSignalLike = {
    get aborted() {
      return controller.signal.aborted;
    },
    get reason(): unknown {
      return controller.signal.reason;
    },
    addEventListener(type, listener) {
      listeners += 1;
      controller.signal.addEventListener(type, listener);
    },
    removeEventListener(type, listener) {
      listeners -= 1;
      controller.signal.removeEventListener(type, listener);
    },
  };
  return { controller, signal, listeners: () => listeners };
}

describe("waitFor", () => {
  test("settles as what is waited for, and leaves neither timer nor listener behind", async () => {
    const { signal, listeners } = countingSignal();
    const { clock, resolve, settled } = waiting({ signal, timeoutMs: 100 });
    expect([listeners(), clock.pending]).toEqual([1, 1]);
    resolve();
    expect(await settled).toBeUndefined();
    expect([listeners(), clock.pending]).toEqual([0, 0]);

    const failed = waiting({ timeoutMs: 100 });
    failed.reject(new RangeError("gone"));
    expect(await failed.outcome).toEqual(new RangeError("gone"));
  });

  test("gives up at timeoutMs, not before", async () => {
    const { clock, outcome } = waiting({ timeoutMs: 100 });
    clock.advance(99);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await outcome).toMatchObject({
      code: "deadline-exceeded",
      message: "Gave up waiting for room after 100 ms",
    });
  });

  test("takes what is there already also with a timeout of 0", async () => {
    const clock = new FakeClock();
    expect(await waitFor(Promise.resolve(), "room", { timeoutMs: 0 }, clock)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test("rejects with the signal's reason, also of one that was aborted before", async () => {
    const { controller, signal, listeners } = countingSignal();
    const { outcome, clock } = waiting({ signal, timeoutMs: 100 });
    controller.abort(new RangeError("enough"));
    expect(await outcome).toEqual(new RangeError("enough"));
    expect([listeners(), clock.pending]).toEqual([0, 0]);

    const late = waiting({ signal });
    late.resolve();
    expect(await late.outcome).toEqual(new RangeError("enough"));
    expect(listeners()).toBe(0);
  });

  test("takes an AbortSignal as hosts have it", async () => {
    const controller = new AbortController();
    const { outcome } = waiting({ signal: controller.signal });
    controller.abort();
    expect(await outcome).toMatchObject({ name: "AbortError" });
  });

  test.each([
    [{ timeoutMs: -1 }, "timeoutMs: expected milliseconds from 0"],
    [{ timeoutMs: Number.NaN }, "timeoutMs: expected milliseconds"],
    [{ timeout: 5 }, "timeout: no such option; expected timeoutMs"],
  ])("refuses %j", async (options, message) => {
    const { outcome } = waiting(options as WaitOptions);
    expect(await outcome).toMatchObject({
      code: "option-invalid",
      message: expect.stringContaining(message),
    });
  });
});
