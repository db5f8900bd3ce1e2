// The vectors of others, each with the outcome that our profile gives it. Nothing is skipped: what
// departs from its class is listed.

import { describe, expect, test } from "bun:test";

import { fromHex } from "../support/bytes.ts";
import { appendixAVectors, malformedVectors, refusedBeforeMalformed } from "../support/fixtures.ts";
import { judge } from "../support/profile-oracle.ts";
import { verdictOf } from "../support/scan.ts";

describe("the vectors of RFC 8949 appendix A", () => {
  /** Tags, simple values and indefinite lengths. */
  const OUTSIDE_PROFILE = [
    "c249010000000000000000",
    "c349010000000000000000",
    "f7",
    "f0",
    "f8ff",
    "c074323031332d30332d32315432303a30343a30305a",
    "c11a514b67b0",
    "c1fb41d452d9ec200000",
    "d74401020304",
    "d818456449455446",
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
    "5f42010243030405ff",
    "7f657374726561646d696e67ff",
    "9fff",
    "9f018202039f0405ffff",
    "9f01820203820405ff",
    "83018202039f0405ff",
    "83019f0203ff820405",
    "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
    "bf61610161629f0203ffff",
    "826161bf61626163ff",
    "bf6346756ef563416d7421ff",
  ];

  test("are all here", () => {
    expect(appendixAVectors).toHaveLength(81);
    expect(appendixAVectors.map(({ hex }) => hex)).toEqual(expect.arrayContaining(OUTSIDE_PROFILE));
  });

  test.each(appendixAVectors.map(({ hex, diagnostic }) => [hex, diagnostic]))(
    "%s, which is %s",
    (hex) => {
      const expected = OUTSIDE_PROFILE.includes(hex) ? "cbor-unsupported" : "accepted";
      expect(verdictOf(fromHex(hex))).toBe(expected);
    },
  );
});

describe("the malformed and odd vectors", () => {
  /** The outcome of each class. */
  const OUTCOMES: Readonly<Record<string, string>> = {
    cyclic: "cbor-unsupported",
    "duplicate-key": "cbor-malformed",
    "hostile-key": "accepted",
    "invalid-tag-content": "cbor-unsupported",
    "invalid-utf8": "cbor-malformed",
    "non-preferred": "accepted",
    "not-well-formed": "cbor-malformed",
    "odd-key": "cbor-unsupported",
    trailing: "cbor-malformed",
  };

  /** Vectors that depart from their class, beside those that are not well-formed. */
  const EXCEPTIONS: Readonly<Record<string, string>> = {
    // An indefinite length stands first.
    bf616101616102ff: "cbor-unsupported",
    bf695f5f70726f746f5f5fa1617801ff: "cbor-unsupported",
    "817f61c261a0ff": "cbor-unsupported",
    "7f62e6b061b4ff": "cbor-unsupported",
    "7f6198ff": "cbor-unsupported",
    "9fff": "cbor-unsupported",
    bfff: "cbor-unsupported",
    "5fff": "cbor-unsupported",
    "7fff": "cbor-unsupported",
    "9fffff": "cbor-unsupported",
    // A tag stands first.
    d80000: "cbor-unsupported",
    c24101: "cbor-unsupported",
    c249000000000000000001: "cbor-unsupported",
    c11b1616161616161616161616161616: "cbor-unsupported",
    // A key of another kind.
    a20501e502: "cbor-unsupported",
    a181695f5f70726f746f5f5fa16178f5: "cbor-unsupported",
    b801f6f6: "cbor-unsupported",
    // The key __proto__.
    a1695f5f70726f746f5f5fa167697341646d696ef5: "cbor-unsupported",
    a1695f5f70726f746f5f5ff6: "cbor-unsupported",
    a2695f5f70726f746f5f5f01685f5f70726f746f5f02: "cbor-unsupported",
    // Integer keys, and keys that differ: for the schema to judge.
    a13bbd3030303030303030: "accepted",
    a2010a61310b: "accepted",
    // The same integer key in two widths.
    a21b00000000000000010a010b: "cbor-malformed",
  };

  test("are all here, in the classes that the table names", () => {
    expect(malformedVectors).toHaveLength(504);
    expect(new Set(malformedVectors.map((vector) => vector.class))).toEqual(
      new Set(Object.keys(OUTCOMES)),
    );
    const known = new Set(malformedVectors.map(({ hex }) => hex));
    const listed = [...Object.keys(EXCEPTIONS), ...refusedBeforeMalformed];
    expect(listed.filter((hex) => !known.has(hex))).toEqual([]);
    expect(refusedBeforeMalformed.size).toBe(159);
  });

  test.each(Object.entries(OUTCOMES))("of the class %s are %s, or as listed", (name, usual) => {
    const vectors = malformedVectors.filter((vector) => vector.class === name);
    for (const { hex, why } of vectors) {
      const early = refusedBeforeMalformed.has(hex) ? "cbor-unsupported" : undefined;
      const outcome = EXCEPTIONS[hex] ?? early ?? usual;
      expect({ hex, why, outcome: verdictOf(fromHex(hex)) }).toEqual({ hex, why, outcome });
    }
  });

  test("have the outcome of the second opinion", () => {
    for (const { hex } of [...malformedVectors, ...appendixAVectors]) {
      const outcome = judge(fromHex(hex)).verdict;
      expect({ hex, outcome: verdictOf(fromHex(hex)) }).toEqual({ hex, outcome });
    }
  });
});

describe("every payload", () => {
  /** Payloads that the scanner and the second opinion judge differently. */
  function disagreements(payloads: Iterable<Uint8Array>, allowUndefined: boolean): string[] {
    const found: string[] = [];
    for (const payload of payloads) {
      const expected = judge(payload, { allowUndefined }).verdict;
      const outcome = verdictOf(payload, { allowUndefined });
      if (outcome !== expected) found.push(`${payload.toHex()}: ${outcome}, not ${expected}`);
    }
    return found;
  }

  test.each([false, true])(
    "of one and two bytes is judged alike, undefined allowed: %p",
    (allow) => {
      const payloads = Array.from({ length: 65_536 }, (_, bits) => Uint8Array.of(bits >> 8, bits));
      const single = Array.from({ length: 256 }, (_, bits) => Uint8Array.of(bits));
      expect(disagreements([...single, ...payloads], allow)).toEqual([]);
    },
  );

  test.each([
    ["text of two bytes", 0x62],
    ["an array of two items", 0x82],
    ["a map of one pair", 0xa1],
  ])("of three bytes that begins %s is judged alike", (_, first) => {
    const payloads = Array.from({ length: 65_536 }, (__, bits) =>
      Uint8Array.of(first, bits >> 8, bits),
    );
    expect(disagreements(payloads, false)).toEqual([]);
  });
});
