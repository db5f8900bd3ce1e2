import { describe, expect, test } from "bun:test";

import { ByteWriter } from "../../src/byte-writer.ts";
import {
  MAJOR,
  NULL,
  writeBigInt,
  writeBytes,
  writeHead,
  writeNumber,
  writeSimple,
  writeText,
} from "../../src/cbor/write.ts";
import { concat, fromHex, fromText, toHex } from "../support/bytes.ts";
import { head, integer, text } from "../support/cbor.ts";
import { halfToNumber, judge } from "../support/profile-oracle.ts";

/** What `write` appends to a writer that has something in it and hardly any room. */
function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  writeSimple(writer, NULL);
  write(writer);
  expect(writer.bytes[0]).toBe(NULL);
  return writer.copy(1);
}

function hexOfNumber(value: number): string {
  return toHex(written((writer) => writeNumber(writer, value)));
}

describe("writeNumber", () => {
  test.each([
    [0, "00"],
    [1, "01"],
    [23, "17"],
    [24, "1818"],
    [255, "18ff"],
    [256, "190100"],
    [65_535, "19ffff"],
    [65_536, "1a00010000"],
    [2 ** 32 - 1, "1affffffff"],
    [2 ** 32, "1b0000000100000000"],
    [2 ** 53 - 1, "1b001fffffffffffff"],
    [-1, "20"],
    [-24, "37"],
    [-25, "3818"],
    [-256, "38ff"],
    [-257, "390100"],
    [-65_536, "39ffff"],
    [-65_537, "3a00010000"],
    [-(2 ** 32), "3affffffff"],
    [-(2 ** 32) - 1, "3b0000000100000000"],
    [-(2 ** 53) + 1, "3b001ffffffffffffe"],
  ])("writes the integer %p in the fewest bytes", (value, hex) => {
    expect(hexOfNumber(value)).toBe(hex);
    expect(written((writer) => writeNumber(writer, value))).toEqual(integer(value));
  });

  test.each([
    [-0, "f98000"],
    [1.5, "f93e00"],
    [0.5, "f93800"],
    [Infinity, "f97c00"],
    [-Infinity, "f9fc00"],
    [Number.NaN, "f97e00"],
    [2 ** -24, "f90001"],
    [2 ** -25, "fa33000000"],
    [1023 * 2 ** -24, "f903ff"],
    [2 ** -14, "f90400"],
    [1.0009765625, "f93c01"],
    [1.00048828125, "fa3f801000"],
    [3.4028234663852886e38, "fa7f7fffff"],
    [2 ** -149, "fa00000001"],
    [2 ** -150, "fb3690000000000000"],
    [2 ** 53, "fa5a000000"],
    [2 ** 53 + 2, "fb4340000000000001"],
    [-(2 ** 53), "fada000000"],
    [1.1, "fb3ff199999999999a"],
    [0.1, "fb3fb999999999999a"],
    [1e300, "fb7e37e43c8800759c"],
    [5e-324, "fb0000000000000001"],
    [Number.MAX_VALUE, "fb7fefffffffffffff"],
  ])("writes %p as the shortest float that gives it back", (value, hex) => {
    expect(hexOfNumber(value)).toBe(hex);
  });

  test("writes every half as itself, save integers and NaN", () => {
    const wrong: string[] = [];
    for (let bits = 0; bits < 65_536; bits += 1) {
      const value = halfToNumber(bits);
      const half = `f9${bits.toString(16).padStart(4, "0")}`;
      let expected = half;
      if (Number.isNaN(value)) expected = "f97e00";
      else if (Number.isInteger(value) && !Object.is(value, -0)) expected = toHex(integer(value));
      if (hexOfNumber(value) !== expected) wrong.push(`${half} came as ${hexOfNumber(value)}`);
    }
    expect(wrong).toEqual([]);
  });

  test("writes as a single what a half would lose", () => {
    const view = new DataView(new ArrayBuffer(4));
    const wrong: string[] = [];
    for (let exponent = 0; exponent < 255; exponent += 1) {
      // A half has ten bits of fraction: each of these uses one of the thirteen behind them.
      for (const fraction of [1, 0x1000, 0x1fff, 0x2001, 0x7f_ffff]) {
        const bits = (exponent << 23) | fraction;
        view.setUint32(0, bits);
        const value = view.getFloat32(0);
        if (Number.isSafeInteger(value)) continue;
        const expected = `fa${bits.toString(16).padStart(8, "0")}`;
        if (hexOfNumber(value) !== expected) wrong.push(expected);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("writeBigInt", () => {
  test("writes both ends of every width", () => {
    for (const bits of [0n, 5n, 8n, 16n, 32n, 53n, 63n, 64n]) {
      for (const value of [2n ** bits - 2n, 2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]) {
        for (const signed of [value, -value]) {
          if (signed < -(2n ** 63n) || signed > 2n ** 64n - 1n) continue;
          expect(written((writer) => writeBigInt(writer, signed))).toEqual(integer(signed));
        }
      }
    }
  });

  test.each([
    [2n ** 64n - 1n, "1bffffffffffffffff"],
    [2n ** 63n, "1b8000000000000000"],
    [-(2n ** 63n), "3b7fffffffffffffff"],
    [2n ** 53n, "1b0020000000000000"],
    [-(2n ** 53n) - 1n, "3b0020000000000000"],
  ])("writes %p in eight bytes", (value, hex) => {
    expect(toHex(written((writer) => writeBigInt(writer, value)))).toBe(hex);
  });
});

describe("writeText", () => {
  /** Characters of one to four bytes. */
  const CHARACTERS = ["a", "é", "水", "𐅑", "\uFEFF", "\0"];
  /** Where the width of the head changes, and where the writer changes its way of counting. */
  const LENGTHS = [
    0, 1, 22, 23, 24, 39, 40, 41, 127, 255, 256, 257, 4095, 4096, 4097, 65_535, 65_536,
  ];

  test("writes text whose length in characters or in bytes is at a border of the head", () => {
    for (const character of CHARACTERS) {
      const [units, bytes] = [character.length, fromText(character).length];
      const counts = LENGTHS.flatMap((length) => [
        Math.floor(length / units),
        Math.floor(length / bytes),
        Math.ceil(length / bytes),
      ]);
      for (const count of new Set(counts)) {
        const content = character.repeat(count);
        const same = Bun.deepEquals(
          written((writer) => writeText(writer, content)),
          text(content),
        );
        expect({ character, count, same }).toEqual({ character, count, same: true });
      }
    }
  });

  test("writes text whose last character alone is not ASCII, at every border", () => {
    for (const length of LENGTHS.filter((each) => each > 0)) {
      for (const last of ["é", "水", "𐅑"]) {
        const content = "x".repeat(length - 1) + last;
        const same = Bun.deepEquals(
          written((writer) => writeText(writer, content)),
          text(content),
        );
        expect({ length, last, same }).toEqual({ length, last, same: true });
      }
    }
  });

  test("takes no more room than it needs for long text", () => {
    const writer = new ByteWriter(16);
    writeText(writer, "a".repeat(1_000_000));
    expect(writer.bytes.length).toBeLessThan(1_000_100);
  });
});

describe("writeBytes", () => {
  test.each([0, 1, 23, 24, 255, 256, 65_535, 65_536])("writes %p bytes", (length) => {
    const content = Uint8Array.from({ length }, (_, index) => index);
    expect(written((writer) => writeBytes(writer, content))).toEqual(
      concat(head("bytes", length), content),
    );
  });

  test("copies: what changes later in the source does not change what was written", () => {
    const content = fromHex("0102");
    const bytes = new ByteWriter();
    writeBytes(bytes, content);
    content.fill(0xff);
    expect(toHex(bytes.copy())).toBe("420102");
  });
});

describe("writeHead", () => {
  test("writes the shortest head of every major type", () => {
    for (const [name, major] of Object.entries(MAJOR)) {
      for (const argument of [
        0,
        23,
        24,
        255,
        256,
        65_535,
        65_536,
        2 ** 32 - 1,
        2 ** 32,
        2 ** 53 - 1,
      ]) {
        expect(written((writer) => writeHead(writer, major, argument))).toEqual(
          head(name as keyof typeof MAJOR, argument),
        );
      }
    }
  });
});

describe("what the writers write", () => {
  test("is read back as it was by the second opinion", () => {
    for (const value of [0, -1, 1.5, -0, 0.1, 2 ** 40, 5e-324, 65_504, 65_505.5, Infinity]) {
      const { verdict, value: read } = judge(written((writer) => writeNumber(writer, value)));
      expect(verdict).toBe("accepted");
      expect(Object.is(read, value)).toBe(true);
    }
  });
});
