// Random names, text and plain data, the hostile sort included.

import fc from "fast-check";

/** Names without a meaning in JavaScript or on the wire. */
export const PLAIN_NAMES = ["a", "b", "kind", "value", "at", "left", "größe", "items"];
/** Names that every object inherits, that TypeBox uses, or that have special characters. */
export const HOSTILE_NAMES = [
  "constructor",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "then",
  "toJSON",
  "prototype",
  "length",
  "__proto",
  "patternProperties",
  "properties",
  "$id",
  "$ref",
  "const",
  "",
  "0",
  "-1",
  "a/b",
  "~0",
  "'",
  '"',
  "\\",
  "`${x}`",
  "\n",
  "\u2028",
  "\uFEFFmark",
  "🎉",
  "x".repeat(70),
];

/** Text in all its lengths and scripts, some with byte order marks. */
export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 20, maxLength: 300 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }).map((text) => `\uFEFF${text.repeat(9)}`) },
);

/** What travels without a schema: plain data, and integers beyond 2^53 as BigInts. */
export const arbitraryUnknown: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    arbitraryText,
    fc.uint8Array({ maxLength: 40 }),
  ),
  key: fc
    .oneof(arbitraryText, fc.constantFrom(...PLAIN_NAMES, ...HOSTILE_NAMES))
    .filter((key) => key !== "__proto__"),
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie("leaf"),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(tie("key") as fc.Arbitrary<string>, tie("any"), { maxKeys: 4 }),
  ),
})).any;
