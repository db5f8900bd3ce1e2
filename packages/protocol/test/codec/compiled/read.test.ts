// What generated decoders call, where it calculates.

import { describe, expect, test } from "bun:test";

import { readFloat } from "../../../src/codec/compiled/decode/read.ts";

/** As RFC 8949 appendix D decodes a half. */
function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * Math.pow(2, -24);
  return sign * (1024 + fraction) * Math.pow(2, exponent - 25);
}

describe("readFloat", () => {
  test("reads every half as the number that it is", () => {
    const different: number[] = [];
    for (let bits = 0; bits <= 0xffff; bits += 1) {
      const value = readFloat(Uint8Array.of(0xf9, bits >> 8, bits & 0xff), 0);
      if (!Object.is(value, halfOf(bits))) different.push(bits);
    }
    expect(different).toEqual([]);
  });
});
