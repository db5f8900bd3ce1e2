import { describe, expect, test } from "bun:test";

import { Backoff } from "../src/backoff.ts";

/** `Math.random` at its highest, nearly. */
const highest = (): number => 1;

describe("Backoff", () => {
  test("draws each wait below a ceiling of 0.5 s that grows by 1.6 up to 30 s", () => {
    const backoff = new Backoff({}, highest);
    const waits = Array.from({ length: 11 }, () => Math.round(backoff.next()));
    expect(waits).toEqual([500, 800, 1280, 2048, 3277, 5243, 8389, 13_422, 21_475, 30_000, 30_000]);
  });

  test("is fully jittered: a wait may be nothing at all", () => {
    expect(new Backoff({}, () => 0).next()).toBe(0);
    expect(new Backoff({}, () => 0.5).next()).toBe(250);
  });

  test("starts over after reset", () => {
    const backoff = new Backoff({}, highest);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(500);
  });

  test("waits at least as long as the peer asked, bounded and jittered all the same", () => {
    expect(new Backoff({}, () => 0).next(5000)).toBe(5000);
    expect(new Backoff({}, highest).next(5000)).toBe(5500);
    expect(new Backoff({}, () => 0).next(1e12)).toBe(300_000);
    expect(new Backoff({}, () => 0).next(-1)).toBe(0);
  });

  test("takes other bounds", () => {
    const options = { initialDelayMs: 10, factor: 10, maxDelayMs: 50 };
    const backoff = new Backoff(options, highest);
    expect([backoff.next(), backoff.next(), backoff.next()]).toEqual([10, 50, 50]);
  });

  test("begins no higher than it may grow", () => {
    const backoff = new Backoff({ maxDelayMs: 50 }, highest);
    expect([backoff.next(), backoff.next()]).toEqual([50, 50]);
    backoff.reset();
    expect(backoff.next()).toBe(50);
  });
});
