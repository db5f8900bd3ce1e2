// The window of one stream: how far it opens, when it closes, and that it never shuts a sender out for good.

import { describe, expect, test } from "bun:test";

import { CreditWindow } from "../../src/calls/credit-window.ts";

const LEAST = 65_536;
const MOST = 262_144;

/** Items of so many bytes come and are taken at once; what was granted for them, grants of 0 left out. */
function passed(window: CreditWindow, items: number, bytes: number): number[] {
  return Array.from({ length: items }, () => {
    if (!window.receive(bytes)) throw new Error("It was beyond the credit");
    return window.take(bytes);
  }).filter((granted) => granted > 0);
}

/** The same of a program that waits for each. */
function awaited(window: CreditWindow, items: number, bytes: number): number[] {
  return Array.from({ length: items }, () => {
    window.wait();
    return passed(window, 1, bytes);
  }).flat();
}

/** How many items of so many bytes the sender may send at once. */
function roomOf(window: CreditWindow, bytes: number): number {
  let room = 0;
  while (window.receive(bytes)) room += 1;
  return room;
}

describe("A window of credit", () => {
  test("begins with 64 KiB, which the last item may overdraw", () => {
    const window = new CreditWindow(MOST);
    expect(roomOf(window, 10_000)).toBe(7);
    expect(window.receive(1)).toBe(false);
    expect(roomOf(new CreditWindow(MOST), 1 << 20)).toBe(1);
  });

  test("grants what was taken once that is half of it, and no byte before", () => {
    const window = new CreditWindow(MOST);
    window.wait();
    expect(passed(window, 10, 8_192)).toEqual([32_768, 32_768]);
    expect(window.take(32_767 - 16_384)).toBe(0);
    expect(window.take(1)).toBe(32_768);
  });

  test("opens as far as it may with the first grant to a program that has waited behind an item, and goes on in halves", () => {
    const window = new CreditWindow(MOST);
    expect(awaited(window, 4, 8_192)).toEqual([32_768 + MOST - LEAST]);
    expect(awaited(window, 32, 8_192)).toEqual([MOST / 2, MOST / 2]);
    expect(roomOf(window, 8_192)).toBe(MOST / 8_192);
  });

  test("stays at 64 KiB for a program that waits for the first item alone", () => {
    const window = new CreditWindow(MOST);
    window.wait();
    passed(window, 400, 8_192);
    expect(roomOf(window, 8_192)).toBe(LEAST / 8_192);
  });

  test("stays open for a program that takes all of a window at once, and then waits", () => {
    const window = new CreditWindow(MOST);
    awaited(window, 4, 8_192);
    for (let burst = 0; burst < 20; burst += 1) {
      expect(passed(window, 32, 8_192)).toEqual([MOST / 2, MOST / 2]);
      window.wait();
    }
  });

  test("closes again while a program takes more than two windows and waits for nothing: it grants less than was taken", () => {
    const window = new CreditWindow(MOST);
    awaited(window, 4, 8_192);
    const granted = passed(window, 120, 8_192);
    // The item behind the last wait counts as well.
    expect(granted.slice(0, 3)).toEqual([MOST / 2, MOST / 2, MOST / 2]);
    expect(new Set(granted.slice(3))).toEqual(new Set([LEAST / 2]));
    // All has been taken, and as much as at the beginning may come.
    expect(roomOf(window, 8_192)).toBeGreaterThan(LEAST / 2 / 8_192);
    expect(roomOf(window, 8_192)).toBe(0);
  });

  test("never opens where it may not, however the program waits", () => {
    const window = new CreditWindow(LEAST);
    expect(new Set(awaited(window, 1_000, 8_192))).toEqual(new Set([LEAST / 2]));
    expect(roomOf(window, 8_192)).toBe(LEAST / 8_192);
  });

  test("holds no more than it may be and one item, and never shuts out a sender whose items have all been taken", () => {
    // A generator of Park and Miller's, so that a failure comes again.
    let seed = 20_261_129;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (const mostBytes of [LEAST, LEAST + 1, MOST, 1 << 20]) {
      const window = new CreditWindow(mostBytes);
      const waiting: number[] = [];
      let heldBytes = 0;
      let credit = LEAST;
      let largest = 0;
      for (let step = 0; step < 20_000; step += 1) {
        const bytes = 1 + random(random(4) === 0 ? 200_000 : 2_000);
        if (random(2) === 0) {
          const comes = window.receive(bytes);
          expect(comes).toBe(credit > 0);
          if (!comes) continue;
          credit -= bytes;
          waiting.push(bytes);
          heldBytes += bytes;
          largest = Math.max(largest, bytes);
          expect(heldBytes).toBeLessThanOrEqual(mostBytes + largest);
          continue;
        }
        const taken = waiting.shift();
        if (taken === undefined) {
          window.wait();
          expect(credit).toBeGreaterThan(0);
        } else {
          heldBytes -= taken;
          credit += window.take(taken);
        }
      }
    }
  });
});
