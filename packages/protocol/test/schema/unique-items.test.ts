// Which items are the same, and what it costs to find out.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { repetitionIn } from "../../src/schema/unique-items.ts";
import { codecPathsOf } from "../support/codec-paths.ts";
import { cpuMilliseconds } from "../support/cpu.ts";
import { errorOf } from "../support/errors.ts";

describe("repetitionIn", () => {
  test.each<[string, readonly unknown[]]>([
    ["numbers and their texts", [1, "1", 1n, "1n", true, "true", null, "null", [1], ["1"], "[1]"]],
    ["zeros", [0, -0, [0], [-0], "-0"]],
    ["lists cut elsewhere", [["a", "b"], ["a,b"], ["a"], [], [[]], [["a"], "b"], [["a", "b"]]]],
    ["maps", [{}, { a: 1 }, { a: "1" }, { b: 1 }, { a: 1, b: 1 }, { 'a":1,"b': 1 }, [{ a: 1 }]]],
    ["dates, their times and bytes", [new Date(1), 1, "date 1", new Uint8Array([1]), [1]]],
    ["bytes", [new Uint8Array(), new Uint8Array([1, 2]), new Uint8Array([12]), "bytes 12"]],
  ])("tells apart %s", (_, items) => {
    expect(repetitionIn(items)).toBeUndefined();
  });

  test.each<[string, readonly unknown[], number, number]>([
    ["numbers", [1, 2, 1, 2], 2, 0],
    ["negative zeros", [0, -0, -0], 2, 1],
    [
      "maps whose keys stand otherwise",
      [
        { a: 1, b: [{ c: 2, d: 3 }] },
        { b: [{ d: 3, c: 2 }], a: 1 },
      ],
      1,
      0,
    ],
    ["dates", [new Date(5), null, new Date(5)], 2, 0],
    ["bytes", [new Uint8Array([9, 1]), new Uint8Array([0, 9, 1, 0]).subarray(1, 3)], 1, 0],
  ])("finds the first that came before: %s", (_, items, index, first) => {
    expect(repetitionIn(items)).toEqual({ index, first });
  });
});

describe("items that have to differ", () => {
  const { reference } = codecPathsOf(Type.Array(Type.Unknown(), { uniqueItems: true }));

  test.each<[string, unknown, string]>([
    ["a function", () => 1, "function"],
    ["a symbol", Symbol("x"), "symbol"],
    ["an object with a method", { toJSON: () => 1 }, "function"],
    ["the prototype of a date", Object.create(Date.prototype), "prototype of a date"],
    ["a Map", new Map(), "JavaScript Map"],
  ])("and cannot travel are refused for that: %s", (_, item, received) => {
    const send = () => reference.encode({ type: "m", v: [1, item] });
    const { code, message } = errorOf(send);
    expect({ code, message }).toMatchObject({ code: "schema-mismatch" });
    expect(message).toContain(received);
  });

  test("are compared in the time that their bytes deserve", () => {
    const numbers = Array.from({ length: 60_000 }, (_, index) => index);
    const texts = Array.from({ length: 3000 }, (_, index) => "x".repeat(300) + index);
    const frames = [numbers, texts].map((v) => reference.encode({ type: "m", v }));
    const { reference: plain } = codecPathsOf(Type.Array(Type.Unknown()));
    const readWith = (codec: typeof plain) =>
      Math.min(
        ...[1, 2, 3].map(() =>
          cpuMilliseconds(() => {
            for (const frame of frames) codec.decode(frame);
          }),
        ),
      );
    expect(readWith(reference) / readWith(plain)).toBeLessThan(4);
  });
});
