import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import { Housekeeping } from "../src/housekeeping.ts";

const MIB = 1024 * 1024;
const PERIOD_MS = 500;

/** A process whose memory and work the test decides. */
class FakeProcess {
  readonly clock = new FakeClock();
  /** What was asked of the heap, with the time. */
  readonly asked: string[] = [];
  residentBytes = 50 * MIB;
  processorMs = 0;
  /** What a collection frees, and how long it takes. */
  garbageBytes = 0;
  collectionMs = 0;
  readonly housekeeping = new Housekeeping({
    clock: this.clock,
    heap: {
      usage: () => ({ residentBytes: this.residentBytes, processorMs: this.processorMs }),
      collect: () => {
        this.asked.push(`collect ${this.clock.now()}`);
        this.clock.pass(this.collectionMs);
        this.residentBytes -= this.garbageBytes;
        this.garbageBytes = 0;
      },
      dropCode: () => void this.asked.push(`drop ${this.clock.now()}`),
    },
  });

  constructor() {
    this.housekeeping.start();
  }

  burst(bytes: number): void {
    this.residentBytes += bytes;
    this.garbageBytes += bytes;
  }

  /** Lets it look so many times; before each, so much of a processor was used. */
  looks(count: number, share = 0): void {
    for (let look = 0; look < count; look += 1) {
      this.processorMs += PERIOD_MS * share;
      this.clock.advance(PERIOD_MS);
    }
  }
}

describe("Housekeeping", () => {
  test("does nothing for a process that holds what it held", () => {
    const fake = new FakeProcess();
    fake.burst(3 * MIB);
    fake.looks(100);
    expect(fake.asked).toEqual([]);
  });

  test("collects twice after a burst", () => {
    const fake = new FakeProcess();
    fake.looks(1);
    fake.burst(30 * MIB);
    fake.looks(100);
    expect(fake.asked).toEqual(["collect 1000", "collect 1500"]);
    expect(fake.residentBytes).toBe(50 * MIB);
  });

  test("drops compiled code where more than garbage is left, well within 10 s", () => {
    const fake = new FakeProcess();
    fake.burst(30 * MIB);
    fake.residentBytes += 4 * MIB;
    fake.looks(100);
    expect(fake.asked).toEqual(["collect 500", "collect 1000", "drop 1500"]);
  });

  test("does not drop code for little, or while the process works, or all the time", () => {
    const little = new FakeProcess();
    little.burst(2 * MIB);
    little.residentBytes += 3 * MIB;
    little.looks(100);
    expect(little.asked).toEqual(["collect 500", "collect 1000"]);
    const working = new FakeProcess();
    working.residentBytes += 30 * MIB;
    working.looks(100, 0.3);
    expect(working.asked).toEqual(["collect 500", "collect 1000"]);
    const busy = new FakeProcess();
    busy.residentBytes += 30 * MIB;
    for (let round = 0; round < 120; round += 1) {
      busy.housekeeping.connectionEnded();
      busy.looks(4);
    }
    expect(busy.asked.filter((what) => what.startsWith("drop")).length).toBeLessThanOrEqual(48);
  });

  test("waits while the event loop is busy", () => {
    const fake = new FakeProcess();
    fake.burst(30 * MIB);
    fake.looks(20, 0.9);
    expect(fake.asked).toEqual([]);
    fake.looks(1);
    expect(fake.asked).toEqual(["collect 10500"]);
  });

  test("takes what stays after collections for what is needed", () => {
    const fake = new FakeProcess();
    fake.residentBytes += 30 * MIB;
    fake.looks(100);
    expect(fake.asked).toEqual(["collect 500", "collect 1000", "drop 1500"]);
    fake.residentBytes += MIB;
    fake.looks(100);
    expect(fake.asked).toHaveLength(3);
    fake.burst(2 * MIB);
    fake.looks(1);
    expect(fake.asked).toHaveLength(4);
  });

  test("collects when connections end, though memory has not grown any more", () => {
    const fake = new FakeProcess();
    fake.residentBytes += 30 * MIB;
    fake.looks(10);
    fake.asked.length = 0;
    fake.garbageBytes = 30 * MIB;
    fake.housekeeping.connectionEnded();
    fake.looks(2);
    expect(fake.asked).toEqual(["collect 5500", "collect 6000"]);
    expect(fake.residentBytes).toBe(50 * MIB);
    fake.looks(2);
    fake.housekeeping.connectionEnded();
    fake.looks(10);
    expect(fake.asked).toHaveLength(2);
  });

  test("begins again when a connection ends between two collections", () => {
    const fake = new FakeProcess();
    fake.burst(30 * MIB);
    fake.looks(1);
    fake.burst(30 * MIB);
    fake.housekeeping.connectionEnded();
    fake.looks(10);
    expect(fake.asked).toEqual(["collect 500", "collect 1000", "collect 1500"]);
  });

  test("spends a fiftieth of the time on collections at most", () => {
    const fake = new FakeProcess();
    fake.collectionMs = 100;
    fake.burst(30 * MIB);
    fake.looks(1);
    fake.burst(30 * MIB);
    fake.looks(9);
    expect(fake.asked).toEqual(["collect 500"]);
    fake.looks(2);
    expect(fake.asked).toHaveLength(2);
  });

  test("collects in the next turn where memory is short, and leaves as much time to others", () => {
    const fake = new FakeProcess();
    fake.collectionMs = 40;
    fake.housekeeping.memoryIsShort();
    fake.housekeeping.memoryIsShort();
    expect(fake.asked).toEqual([]);
    fake.clock.advance(0);
    expect(fake.asked).toEqual(["collect 0"]);
    fake.clock.advance(39);
    fake.housekeeping.memoryIsShort();
    fake.clock.advance(0);
    expect(fake.asked).toHaveLength(1);
    fake.clock.advance(1);
    fake.housekeeping.memoryIsShort();
    fake.clock.advance(0);
    expect(fake.asked).toEqual(["collect 0", "collect 80"]);
  });
});
