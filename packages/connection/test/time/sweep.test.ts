import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import { resolveLimits } from "../../src/limits.ts";
import { Sweep, type Sweepable, sweepPeriodMs } from "../../src/time/sweep.ts";

/** Remembers when it was looked at. */
class Member implements Sweepable {
  readonly looks: number[] = [];

  check(nowMs: number): void {
    this.looks.push(nowMs);
  }
}

function sweepOf(...members: readonly Member[]) {
  const clock = new FakeClock();
  const sweep = new Sweep<Member>(clock, 100);
  for (const member of members) sweep.add(member);
  return { clock, sweep };
}

describe("Sweep", () => {
  test("looks at all members with one timer, once a period, and stops when none is left", () => {
    const [first, second] = [new Member(), new Member()];
    const { clock, sweep } = sweepOf(first, second);
    expect(clock.pending).toBe(1);
    clock.advance(250);
    expect(first.looks).toEqual([100, 200]);
    expect(second.looks).toEqual(first.looks);
    expect(sweep.delete(first)).toBe(true);
    expect(sweep.delete(first)).toBe(false);
    expect(clock.pending).toBe(1);
    sweep.delete(second);
    expect(clock.pending).toBe(0);
  });

  test("does not count the time in which it had no member", () => {
    const { clock, sweep } = sweepOf();
    const member = new Member();
    clock.advance(5_000);
    const before = sweep.now();
    sweep.add(member);
    expect(sweep.now()).toBe(before);
    clock.advance(100);
    expect(member.looks).toEqual([before + 100]);
  });

  test("lets a member leave, and take others with it, while it looks", () => {
    const others = [new Member(), new Member()] as const;
    const clock = new FakeClock();
    const sweep = new Sweep<Sweepable>(clock, 100);
    const leaver = {
      check() {
        sweep.delete(leaver);
        sweep.delete(others[1]);
      },
    };
    for (const member of [leaver, ...others]) sweep.add(member);
    clock.advance(200);
    expect(others.map(({ looks }) => looks.length)).toEqual([2, 0]);
  });

  test("counts two periods at most of the time in which this process was not there (L18)", () => {
    const member = new Member();
    const { clock, sweep } = sweepOf(member);
    clock.advance(100);
    clock.pass(60_000);
    expect(sweep.now()).toBe(300);
    clock.advance(0);
    // First the event loop looks at its sockets.
    expect(member.looks.at(-1)).toBe(300);
    expect(member.looks.length).toBe(2);
    clock.advance(100);
    expect(member.looks).toEqual([100, 300, 400]);
  });
});

describe("sweepPeriodMs", () => {
  test("is an eighth of the shortest limit, within 50 ms and a second", () => {
    expect(sweepPeriodMs(resolveLimits())).toBe(250);
    expect(sweepPeriodMs(resolveLimits({ lingerMs: 10_000, restPingMs: 10_000 }))).toBe(1_000);
    expect(sweepPeriodMs(resolveLimits({ writeStallMs: 100 }))).toBe(50);
  });

  test("knows limits that are off", () => {
    const off = {
      lingerMs: 4_000,
      restPingMs: 4_000,
      heartbeatIntervalMs: 0,
      helloDeadlineMs: 800,
    };
    expect(sweepPeriodMs(resolveLimits(off))).toBe(500);
    expect(sweepPeriodMs(resolveLimits({ ...off, requireHello: true }))).toBe(100);
  });
});
