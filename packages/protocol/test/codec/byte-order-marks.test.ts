import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { array, byteString, integer, map, text, WIDTHS } from "../support/cbor.ts";
import { fromText } from "../support/bytes.ts";
import { readValue, roundTrip, valueCodec } from "../support/value-codec.ts";

const MARK = "\uFEFF";

const texts = valueCodec(Type.String());

/** Text as it arrives. */
function sent(content: string): unknown {
  return texts.decode(texts.encode({ type: "m", v: content })).v;
}

describe("text that begins with byte order marks", () => {
  test("keeps them all, at every length from 3 to 200 bytes", () => {
    for (const marks of [1, 2, 3, 20]) {
      for (let length = 0; marks * 3 + length <= 200; length += 1) {
        const content = MARK.repeat(marks) + "x".repeat(length);
        const same = sent(content) === content;
        expect({ marks, length, same }).toEqual({ marks, length, same: true });
      }
    }
  });

  test("keeps them with non-ASCII behind, and around every change of the head", () => {
    for (const bytes of [
      20, 21, 23, 24, 61, 64, 65, 67, 68, 250, 252, 253, 255, 256, 65_530, 65_532, 65_535, 65_536,
    ]) {
      for (const filler of ["x", "é"]) {
        const content = MARK + filler.repeat(Math.ceil(bytes / filler.length));
        expect(sent(content) === content).toBe(true);
      }
    }
  });

  test("keeps them in heads of every width", () => {
    const content = MARK + "x".repeat(70);
    for (const width of WIDTHS.slice(1)) {
      expect(readValue(Type.String(), text(content, width))).toBe(content);
    }
  });

  test("keeps them in keys, values and nested places, among integer keys, bytes and plain text", () => {
    const long = `${MARK}${"largo ".repeat(20)}`;
    const value = {
      [long]: [long, `x${long}`, { [`${MARK}${long}`]: `${MARK}${MARK}` }],
      [MARK]: MARK,
      "": fromText(long),
      plain: long,
    };
    expect(roundTrip(Type.Unknown(), value)).toStrictEqual(value);
    const numbered = Type.Record(
      Type.Integer(),
      Type.Tuple([Type.String(), Type.Uint8Array(), Type.String()]),
    );
    const item = map(
      integer(1),
      array(text("a".repeat(80)), byteString(fromText(long)), text(long)),
      integer(2, 8),
      array(text(long), byteString(fromText(MARK)), text("")),
    );
    expect(readValue(numbered, item)).toStrictEqual({
      1: ["a".repeat(80), fromText(long), long],
      2: [long, fromText(MARK), ""],
    });
  });

  test("tells apart keys that differ only in their marks, at every length", () => {
    for (let length = 50; length <= 80; length += 1) {
      const key = "k".repeat(length);
      const value = {
        [key]: 0,
        [MARK + key]: 1,
        [MARK + MARK + key]: 2,
        [MARK.repeat(3) + key]: 3,
      };
      expect(roundTrip(Type.Record(Type.String(), Type.Integer()), value)).toStrictEqual(value);
    }
  });

  test("inside or at the end stay where they are", () => {
    const content = `a${MARK}${"b".repeat(70)}${MARK}`;
    expect(sent(content)).toBe(content);
  });
});
