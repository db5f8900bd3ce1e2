import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";
import fc from "fast-check";

import { ByteWriter } from "../../src/byte-writer.ts";
import { measurePayload } from "../../src/cbor/measure.ts";
import { defineProtocol } from "../../src/define-protocol.ts";
import { defineReferenceProtocol } from "../../src/internal.ts";
import { HEADER_BYTES } from "../../src/frame/header.ts";
import { defaultLimits, type MessageLimits } from "../../src/limits.ts";
import { TypewireError } from "../../src/errors.ts";
import { arbitrarySample } from "../support/arbitrary-protocol.ts";
import { type CodecPaths, codecPathsOf } from "../support/codec-paths.ts";
import { expectError, outcomeOf } from "../support/errors.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 50);

const tree = Type.Recursive((self) => Type.Array(self));
const schemas = {
  name: "limits",
  version: 1,
  server: {
    pairs: Type.Object({ v: Type.Array(Type.Tuple([Type.Number(), Type.Number()])) }),
    tree: Type.Object({ v: tree }),
    anything: Type.Object({ v: Type.Unknown() }),
    fixed: Type.Object({
      v: Type.Object({ w: Type.Object({ x: Type.Optional(Type.Array(Type.Null())) }) }),
    }),
  },
  client: {},
} as const;

type Nested = Nested[];

/** So many arrays, one in the other. */
function nested(levels: number): Nested {
  let value: Nested = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}

const roomy: MessageLimits = { maxFrameBytes: 2 ** 30, maxItems: 1e7, maxNesting: 200 };

describe.each([
  ["compiled", defineProtocol(schemas)],
  ["reference", defineReferenceProtocol(schemas)],
])("the limits of what is encoded, %s path", (_, { server }) => {
  type Message = Parameters<typeof server.encode>[0];

  /** The payload of `message`, within `limits`. */
  function encode(message: Message, limits?: MessageLimits): Uint8Array {
    const writer = new ByteWriter();
    server.encodeInto(message, writer, limits);
    return writer.copy().subarray(HEADER_BYTES);
  }

  const messages: readonly (readonly [what: string, message: Message])[] = [
    ["many tuples", { type: "pairs", v: Array.from({ length: 40_000 }, () => [1, 2]) }],
    ["nested arrays", { type: "tree", v: nested(50) }],
    ["nested arrays that no schema describes", { type: "anything", v: nested(50) }],
    ["many items that no schema describes", { type: "anything", v: Array(70_000).fill(null) }],
  ];

  test.each(messages)(
    "refuses %s at the defaults, and takes it within wider ones",
    (_what, message) => {
      expectError(() => encode(message), "cbor-limit");
      expectError(() => server.encode(message), "cbor-limit");
      const payload = encode(message, roomy);
      expect(server.decodeIncoming(payload, 0, payload.length, roomy)).toStrictEqual(message);
      expect(server.encodeFrame(message, roomy).subarray(HEADER_BYTES)).toEqual(payload);
    },
  );

  test.each([
    ...messages,
    [
      "a few tuples",
      {
        type: "pairs",
        v: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    ["no array at all", { type: "fixed", v: { w: {} } }],
    ["one in fixed levels", { type: "fixed", v: { w: { x: [] } } }],
  ] as typeof messages)("is exact for %s: at its own size, and one below", (_what, message) => {
    const { items, nesting } = measurePayload(encode(message, roomy));
    const exact = { ...roomy, maxItems: items, maxNesting: nesting };
    expect(encode(message, exact)).toEqual(encode(message, roomy));
    expectError(() => encode(message, { ...exact, maxItems: items - 1 }), "cbor-limit");
    expectError(() => encode(message, { ...exact, maxNesting: nesting - 1 }), "cbor-limit");
    // What a sender takes, a receiver with the same limits takes.
    const payload = encode(message, exact);
    expect(server.decodeIncoming(payload, 0, payload.length, exact)).toStrictEqual(message);
  });

  test("refuses what the stack does not hold, whatever the limits", () => {
    const endless: Nested = [];
    endless.push(endless);
    const limits = { maxFrameBytes: 2 ** 30, maxItems: Infinity, maxNesting: Infinity };
    expectError(() => encode({ type: "tree", v: endless }, limits), "cbor-limit");
    expectError(() => encode({ type: "anything", v: endless }, limits), "cbor-limit");
  });

  test("keeps the defaults where no limits are given", () => {
    expect(encode({ type: "tree", v: nested(defaultLimits.maxNesting - 1) })).toBeInstanceOf(
      Uint8Array,
    );
    expectError(() => encode({ type: "tree", v: nested(defaultLimits.maxNesting) }), "cbor-limit");
  });
});

describe("every path", () => {
  const valued = fc
    .tuple(arbitrarySample({ depth: 2 }), fc.boolean())
    .chain(([{ schema, values }, isNullable]) =>
      fc.record({
        schema: fc.constant(isNullable ? Type.Union([schema, Type.Null()]) : schema),
        value: isNullable ? fc.oneof(values, fc.constant(null)) : values,
      }),
    );

  test(
    "counts the items and levels of any message alike, to read and to write",
    () => {
      fc.assert(
        fc.property(valued, ({ schema, value }) => {
          // Some of these unions have two members that are the same bytes.
          const paths = attemptPaths(schema);
          if (paths === undefined) return;
          const message = { type: "m", v: value } as const;
          const payload = paths.reference.encode(message);
          const { items, nesting } = measurePayload(payload);
          const exact = { ...roomy, maxItems: items, maxNesting: nesting };
          for (const limits of [
            exact,
            { ...exact, maxItems: items - 1 },
            { ...exact, maxNesting: nesting - 1 },
          ]) {
            const outcomes = Object.values(paths).flatMap((codec) => [
              outcomeOf(() => codec.decodeIncoming(payload, 0, payload.length, limits)),
              outcomeOf(() => codec.encodeInto(message, new ByteWriter(), limits)),
            ]);
            const expected = limits === exact ? "accepted" : "cbor-limit";
            expect(outcomes).toEqual(outcomes.map(() => expected));
          }
        }),
        { numRuns: CASES },
      );
    },
    20_000 + CASES * 100,
  );

  function attemptPaths(schema: TSchema): CodecPaths | undefined {
    try {
      return codecPathsOf(schema);
    } catch (error) {
      if (error instanceof TypewireError) return undefined;
      throw error;
    }
  }

  test("counts a null in the place of an object", () => {
    const schema = Type.Object({ a: Type.Union([Type.Object({ b: Type.Null() }), Type.Null()]) });
    const paths = codecPathsOf(schema);
    const message = { type: "m", v: { a: null } } as const;
    const payload = paths.reference.encode(message);
    const { items, nesting } = measurePayload(payload);
    const limits = { ...roomy, maxItems: items - 1, maxNesting: nesting };
    for (const codec of Object.values(paths)) {
      expectError(() => codec.decodeIncoming(payload, 0, payload.length, limits), "cbor-limit");
      expectError(() => codec.encodeInto(message, new ByteWriter(), limits), "cbor-limit");
    }
  });
});
