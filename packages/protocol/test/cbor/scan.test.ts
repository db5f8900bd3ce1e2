import { describe, expect, test } from "bun:test";

import { Scanner } from "../../src/cbor/scan.ts";
import { defaultLimits } from "../../src/limits.ts";
import { concat, fromHex, fromText } from "../support/bytes.ts";
import { array, byteString, head, integer, MAJORS, map, text, WIDTHS } from "../support/cbor.ts";
import { errorOf, expectError } from "../support/errors.ts";
import { scan, verdictOf } from "../support/scan.ts";

function messageOf(hex: string): string {
  return errorOf(() => scan(fromHex(hex))).message;
}

describe("Scanner.scan", () => {
  test.each([
    ["", "expected a data item, got only 0 bytes more, at byte 0"],
    ["82 00", "expected an array of 2, got only 1 bytes more, at byte 1"],
    ["81 82 00", "expected an array of 2, got only 1 bytes more, at byte 2"],
    ["a1 00", "expected a map of 1, got only 1 bytes more, at byte 1"],
    ["a1 6161", "expected a data item, got only 0 bytes more, at byte 3"],
    ["a2 6161 61", "expected a map of 2, got only 3 bytes more, at byte 1"],
    ["18", "expected a head of 2 bytes, got only 1 bytes more, at byte 0"],
    ["82 00 1b 00", "expected a head of 9 bytes, got only 2 bytes more, at byte 2"],
    ["43 0102", "expected a byte string of 3 bytes, got only 2 bytes more, at byte 1"],
    ["63 6162", "expected a text of 3 bytes, got only 2 bytes more, at byte 1"],
    ["fb 00", "expected a float, got only 2 bytes more, at byte 0"],
    ["00 01", "expected the end of the payload, got 1 more bytes, at byte 1"],
    ["81 1c", "expected a well-formed head, got additional information 28, at byte 1"],
    ["1f", "expected a well-formed head, got additional information 31, at byte 0"],
    ["fe", "expected a well-formed head, got additional information 30, at byte 0"],
    ["81 ff", "expected a data item, got a break, at byte 1"],
    ["f8 18", "expected a simple value of 32 or more, got 24 in two bytes, at byte 0"],
    ["82 00 63 61ff62", "expected valid UTF-8, got byte 0xff, at byte 4"],
    ["a2 6161 01 6161 02", "expected each key of a map once, got the same key again, at byte 4"],
  ])("calls %p malformed and says what was expected where", (hex, message) => {
    const error = errorOf(() => scan(fromHex(hex)));
    expect([error.code, error.message]).toEqual([
      "cbor-malformed",
      `Cannot decode CBOR: ${message}`,
    ]);
  });

  test.each([
    [
      "c1 00",
      "expected a value without a tag, got a tag; the schema says what a value means, at byte 0",
    ],
    ["81 9f ff", "expected a definite length, got an indefinite one, at byte 1"],
    ["7f 6161 ff", "expected a definite length, got an indefinite one, at byte 0"],
    ["f7", "expected false, true or null, got undefined, which no schema here has, at byte 0"],
    ["f0", "expected false, true or null, got simple value 16, at byte 0"],
    ["f8 ff", "expected false, true or null, got simple value 255, at byte 0"],
    ["a1 4161 00", "expected a text or integer key, got another kind of key, at byte 1"],
    ["a1 c1 00 00", "expected a key without a tag, got a tag, at byte 1"],
    ["a1 69 5f5f70726f746f5f5f 00", "expected any other key, got the key __proto__, at byte 1"],
  ])("calls %p unsupported and says what was expected where", (hex, message) => {
    const error = errorOf(() => scan(fromHex(hex)));
    expect([error.code, error.message]).toEqual([
      "cbor-unsupported",
      `Cannot decode CBOR: ${message}`,
    ]);
  });

  test("counts offsets from the start of the payload, not of the buffer", () => {
    expect(messageOf("83 00 00 f7")).toEndWith("at byte 3");
  });

  test("accepts every width of head for integers, lengths and counts", () => {
    for (const width of WIDTHS) {
      for (const major of ["unsigned", "negative"] as const) {
        expect(verdictOf(head(major, 5, width))).toBe("accepted");
      }
      expect(verdictOf(concat(head("bytes", 2, width), fromHex("0102")))).toBe("accepted");
      expect(verdictOf(text("hi", width))).toBe("accepted");
      expect(verdictOf(concat(head("array", 1, width), fromHex("00")))).toBe("accepted");
      expect(verdictOf(concat(head("map", 1, width), text("a"), fromHex("00")))).toBe("accepted");
    }
  });

  test("accepts floats of every width and any NaN", () => {
    for (const hex of ["f97e00", "f97e01", "f9fe00", "fa7fc00001", "fb7ff8000000000001"]) {
      expect(verdictOf(fromHex(hex))).toBe("accepted");
    }
  });

  test("accepts undefined only where a schema has it", () => {
    for (const payload of [fromHex("f7"), fromHex("81f7"), map(text("a"), fromHex("f7"))]) {
      expect(verdictOf(payload)).toBe("cbor-unsupported");
      expect(verdictOf(payload, { allowUndefined: true })).toBe("accepted");
    }
  });

  test("never reads on behind the end of the payload", () => {
    const whole = map(
      text("text"),
      text("añb"),
      integer(300),
      array(byteString(fromHex("0102")), fromHex("fb4009 21fb54442d18"), integer(2 ** 40)),
    );
    const scanner = new Scanner({ allowUndefined: true });
    expect(scanner.scan(whole, 0, whole.length, defaultLimits)).toEqual([]);
    for (let end = 0; end < whole.length; end += 1) {
      // The bytes behind `end` are exactly those that would complete the payload.
      expectError(() => scanner.scan(whole, 0, end, defaultLimits), "cbor-malformed");
    }
  });

  test("works on a view into the middle of a buffer", () => {
    const around = concat(fromText("####"), fromHex("8101"), fromText("####"));
    const scanner = new Scanner({ allowUndefined: false });
    expect(scanner.scan(around.subarray(4, 6), 0, 2, defaultLimits)).toEqual([]);
  });

  test("is ready for the next payload after every refusal", () => {
    const scanner = new Scanner({ allowUndefined: false });
    const payload = fromHex("a2616101616202");
    for (const hex of ["a16161c100", "8181ff", "a2616100616100", "", "82a10000a1"]) {
      const bytes = fromHex(hex);
      expect(() => scanner.scan(bytes, 0, bytes.length, defaultLimits)).toThrow();
      expect(scanner.scan(payload, 0, payload.length, defaultLimits)).toEqual([]);
    }
  });

  test("refuses every tag, at every depth and in every width", () => {
    for (const tag of [
      0,
      1,
      2,
      3,
      4,
      5,
      25,
      27,
      28,
      29,
      35,
      37,
      256,
      55_799,
      57_343,
      57_344,
      2 ** 40,
    ]) {
      for (const width of WIDTHS) {
        if (width !== 0 && tag >= 2 ** (8 * width)) continue;
        if (width === 0 && tag >= 24) continue;
        const tagged = concat(head("tag", tag, width), text("x"));
        for (const payload of [
          tagged,
          array(tagged),
          map(text("a"), tagged),
          map(tagged, text("a")),
        ]) {
          expect(verdictOf(payload)).toBe("cbor-unsupported");
        }
      }
    }
  });

  test("refuses indefinite lengths of every kind, at every depth", () => {
    for (const major of [MAJORS.bytes, MAJORS.text, MAJORS.array, MAJORS.map]) {
      const open = Uint8Array.of((major << 5) | 31, 0xff);
      for (const payload of [open, array(open), map(text("a"), open)]) {
        expect(verdictOf(payload)).toBe("cbor-unsupported");
      }
    }
    const chunks = concat(fromHex("5f"), new Uint8Array(100_000).fill(0x40), fromHex("ff"));
    expect(verdictOf(chunks)).toBe("cbor-unsupported");
  });

  test("names the text items that begin with a byte order mark, keys included", () => {
    const payload = map(
      text("\uFEFFkey"),
      array(text("\uFEFF\uFEFFtwo"), text("a\uFEFF")),
      integer(1),
      text("\uFEFF"),
    );
    const marked = new Scanner({ allowUndefined: false }).scan(
      payload,
      0,
      payload.length,
      defaultLimits,
    );
    const contents = marked.map(({ contentAt, end }) => payload.subarray(contentAt, end));
    expect(contents).toEqual(["\uFEFFkey", "\uFEFF\uFEFFtwo", "\uFEFF"].map(fromText));
    expect(marked.map(({ headAt }) => (payload[headAt] ?? 0) >> 5)).toEqual([3, 3, 3]);
  });
});
