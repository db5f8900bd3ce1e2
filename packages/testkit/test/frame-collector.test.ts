import { describe, expect, test } from "bun:test";

import { byteByByte, collect, FrameCollector } from "../src/index.ts";

const stream = new TextEncoder().encode("3         abc1         d");

describe("FrameCollector", () => {
  test("keeps a copy of every payload", () => {
    const collector = new FrameCollector();
    const chunk = stream.slice();
    collector.push(chunk);
    chunk.fill(0);
    expect(collector.payloads.map((payload) => new TextDecoder().decode(payload))).toEqual([
      "abc",
      "d",
    ]);
  });

  test("collects the same from any chunks, within its limit", () => {
    expect(collect(byteByByte(stream))).toEqual(collect([stream]));
    expect(() => collect([stream], { maxFrameBytes: 2 })).toThrow("limit 2");
  });
});
