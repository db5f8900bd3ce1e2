import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ByteWriter } from "../../src/byte-writer.ts";
import { measurePayload } from "../../src/cbor/measure.ts";
import { defineProtocol } from "../../src/define-protocol.ts";
import { defineReferenceProtocol } from "../../src/internal.ts";
import { HEADER_BYTES } from "../../src/frame/header.ts";
import { defaultLimits, type MessageLimits } from "../../src/limits.ts";
import { expectError } from "../support/errors.ts";

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
