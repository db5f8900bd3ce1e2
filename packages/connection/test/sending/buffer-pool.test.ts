import { describe, expect, test } from "bun:test";

import { BufferPool } from "../../src/sending/buffer-pool.ts";

const MIB = 1024 * 1024;

describe("BufferPool", () => {
  test("hands out the buffer given back last, emptied", () => {
    const pool = new BufferPool();
    const writer = pool.take();
    writer.length = 7;
    pool.give(pool.take());
    pool.give(writer);
    expect(pool.take()).toBe(writer);
    expect(writer.length).toBe(0);
  });

  test("keeps those for long queues apart, so that a broadcast does not use them up", () => {
    const pool = new BufferPool();
    const large = pool.takeLarge();
    expect(large.bytes.length).toBe(80 * 1024);
    pool.give(large);
    expect(pool.take()).not.toBe(large);
    expect(pool.takeLarge()).toBe(large);
  });

  test("keeps no huge buffer, a mebibyte of each kind at most, and frees the rest at once", () => {
    const pool = new BufferPool();
    const huge = pool.take();
    huge.reserve(MIB);
    pool.give(huge);
    expect(huge.bytes).toHaveLength(0);
    expect(pool.idleBytes).toBe(0);
    const writers = Array.from({ length: 2000 }, () => pool.take());
    const large = Array.from({ length: 20 }, () => pool.takeLarge());
    for (const writer of [...writers, ...large]) pool.give(writer);
    expect(pool.idleBytes).toBeLessThanOrEqual(2 * MIB);
    expect(pool.idleBytes).toBeGreaterThan(1.8 * MIB);
    expect(large.at(-1)?.bytes).toHaveLength(0);
  });
});
