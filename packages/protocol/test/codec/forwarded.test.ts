// Payloads that are passed on without being decoded: which may be, and which not.

import { describe, expect, test } from "bun:test";

import { defaultLimits, defineProtocol, Type, TypewireError } from "../../src/index.ts";
import { assertForwardable, ByteWriter, compileNow, MOST_NAME_BYTES } from "../../src/internal.ts";

const long = "n".repeat(40);
const longer = "ñ".repeat(MOST_NAME_BYTES / 2);

const definition = {
  name: "forwarded",
  version: 1,
  server: {
    plain: Type.Object({ text: Type.String() }),
    other: Type.Object({}),
    [long]: Type.Object({}),
    [longer]: Type.Object({}),
    wide: Type.Object(
      Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`p${at}`, Type.Integer()])),
    ),
  },
  client: { asked: Type.Object({}) },
} as const;

const protocol = defineProtocol(definition);
const compiled = defineProtocol(definition);
compileNow(compiled.server);

function verdictOf(payload: Uint8Array, codec = protocol.server): string {
  // With bytes on both sides that are not its.
  const bytes = new Uint8Array([0xff, ...payload, 0xff]);
  try {
    assertForwardable(codec, bytes, 1, 1 + payload.length, defaultLimits);
    return "passes";
  } catch (error) {
    if (error instanceof TypewireError) return error.code;
    throw error;
  }
}

const fromHex = (hex: string): Uint8Array => Uint8Array.fromHex(hex.replaceAll(" ", ""));

describe.each([
  ["without generated code", protocol.server],
  ["with generated code", compiled.server],
])("assertForwardable, %s", (_path, codec) => {
  test("passes every message of the direction, as our codec writes it", () => {
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`p${at}`, at]));
    for (const message of [
      { type: "plain", text: "hola" },
      { type: "other" },
      { type: long },
      { type: longer },
      { type: "wide", ...wide },
    ]) {
      expect(verdictOf(codec.encode(message as never), codec)).toBe("passes");
    }
  });

  test("does not read the fields: that is between the two ends", () => {
    expect(verdictOf(fromHex("a2 64 74797065 65 706c61696e 64 74657874 01"), codec)).toBe("passes");
  });

  test.each([
    ["a message of the other direction", "a1 64 74797065 65 61736b6564"],
    ["a control message", "a1 64 74797065 65 2470696e67"],
    ["a name that is not known", "a1 64 74797065 65 706c61696f"],
    ["a name that begins like one", "a1 64 74797065 66 706c61696e6e"],
    ["a type that is not first", "a2 64 74657874 61 61 64 74797065 65 706c61696e"],
    ["a map without anything", "a0"],
    ["no map", "83 01 02 03"],
    ["a type that is a number", "a1 64 74797065 01"],
    ["another first key", "a1 64 54797065 65 706c61696e"],
  ])("refuses %s", (_name, hex) => {
    expect(verdictOf(fromHex(hex), codec)).toBe("unknown-type");
  });

  test.each([
    ["a tag", "a2 64 74797065 65 706c61696e 64 74657874 c0 61 61", "cbor-unsupported"],
    ["undefined", "a2 64 74797065 65 706c61696e 64 74657874 f7", "cbor-unsupported"],
    ["a cut one", "a2 64 74797065 65 706c61696e 64 746578", "cbor-malformed"],
    ["bytes behind it", "a1 64 74797065 65 706c61696e 00", "cbor-malformed"],
    ["type twice", "a2 64 74797065 65 706c61696e 64 74797065 64 24627965", "cbor-malformed"],
    [
      "too deep a one",
      `a2 64 74797065 65 706c61696e 64 74657874 ${"81".repeat(40)} 01`,
      "cbor-limit",
    ],
  ])("refuses %s as a connection would", (_name, hex, code) => {
    expect(verdictOf(fromHex(hex), codec)).toBe(code);
  });

  test("passes no control message that the codec itself writes", () => {
    const writer = new ByteWriter();
    codec.encodeInto({ type: "$bye", reason: "x" }, writer);
    expect(verdictOf(writer.copy().subarray(10), codec)).toBe("unknown-type");
  });
});
