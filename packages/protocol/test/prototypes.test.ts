// Nothing that a peer sends reaches a prototype.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { TypewireError } from "../src/errors.ts";
import { fromHex } from "./support/bytes.ts";
import { array, byteString, integer, map, text, TRUE, WIDTHS } from "./support/cbor.ts";
import { errorOf } from "./support/errors.ts";
import { malformedVectors } from "./support/fixtures.ts";
import { payloadWith, valueCodec } from "./support/value-codec.ts";

const GUARDED = [
  Object,
  Array,
  Function,
  String,
  Number,
  Map,
  Date,
  Uint8Array,
  Error,
  TypewireError,
];

/** Every own property of what values inherit from, as it stands now. */
function inherited(): unknown {
  return GUARDED.map(({ prototype }) => Object.getOwnPropertyDescriptors(prototype));
}

const SCHEMAS = [
  Type.Unknown(),
  Type.Object({}),
  Type.Object({ constructor: Type.Unknown(), toString: Type.Optional(Type.Unknown()) }),
  Type.Object({}, { additionalProperties: Type.Unknown() }),
  Type.Record(Type.String(), Type.Unknown()),
  Type.Record(Type.Integer(), Type.Unknown()),
  Type.Recursive((This) =>
    Type.Union([Type.Boolean(), Type.Array(This), Type.Record(Type.String(), This)]),
  ),
];

/** Maps that would write through a prototype if their keys were assigned as they come. */
const HOSTILE: readonly Uint8Array[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "then",
  "toJSON",
].flatMap((name) =>
  WIDTHS.flatMap((width) => {
    const key = text(name, width);
    const polluting = map(text("isAdmin"), TRUE, text("toString"), integer(1));
    return [
      map(key, polluting),
      map(text("a"), map(key, polluting)),
      array(map(key, map(text("prototype"), polluting))),
      map(key, map(key, map(key, polluting))),
      map(text("constructor"), map(text("prototype"), polluting), key, byteString(fromHex("01"))),
    ];
  }),
);

describe("whatever is decoded", () => {
  test("leaves every prototype as it was", () => {
    const before = inherited();
    const items = [...HOSTILE, ...malformedVectors.map(({ hex }) => fromHex(hex))];
    let accepted = 0;
    for (const codec of SCHEMAS.map(valueCodec)) {
      for (const item of items) {
        try {
          codec.decode(payloadWith(item));
          accepted += 1;
        } catch (error) {
          if (!(error instanceof TypewireError)) throw error;
        }
      }
    }
    expect(accepted).toBeGreaterThan(100);
    expect(inherited()).toEqual(before);
    expect(({} as { readonly isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  test("is made of plain objects with own, ordinary properties", () => {
    const codec = valueCodec(Type.Unknown());
    const { v } = codec.decode(payloadWith(map(text("constructor"), map(text("a"), array(map())))));
    const check = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
      for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value))) {
        expect(descriptor.get).toBeUndefined();
        check(descriptor.value);
      }
    };
    check(v);
    expect(v).toStrictEqual({ constructor: { a: [{}] } });
  });

  test("has an error whose message shows nothing of the runtime", () => {
    const codec = valueCodec(Type.Integer());
    for (const item of HOSTILE) {
      const { message } = errorOf(() => codec.decode(payloadWith(item)));
      expect(message).not.toMatch(/\[native code\]|\bat \w+ \(|undefined is not/);
    }
  });
});
