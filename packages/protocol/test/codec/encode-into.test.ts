// The form that connections use: header and payload behind what is in the buffer already, or nothing.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { ByteWriter } from "../../src/byte-writer.ts";
import { decodeHeader, HEADER_BYTES } from "../../src/frame/header.ts";
import { defaultLimits } from "../../src/limits.ts";
import { concat, frameOf, fromText } from "../support/bytes.ts";
import { expectError } from "../support/errors.ts";
import { valueCodec } from "../support/value-codec.ts";

const BEFORE = fromText("what is there already");

/** A writer that holds `BEFORE` and has hardly any room. */
function startedWriter(): ByteWriter {
  const writer = new ByteWriter(BEFORE.length);
  writer.bytes.set(BEFORE);
  writer.length = BEFORE.length;
  return writer;
}

describe("Codec.encodeInto", () => {
  const codec = valueCodec(Type.String());

  test("appends header and payload", () => {
    const writer = startedWriter();
    const payload = codec.encode({ type: "m", v: "hola" });
    codec.encodeInto({ type: "m", v: "hola" }, writer);
    codec.encodeInto({ type: "m", v: "hola" }, writer);
    expect(writer.copy()).toEqual(concat(BEFORE, frameOf(payload), frameOf(payload)));
  });

  test("writes what encodeFrame gives", () => {
    for (const length of [0, 1, 23, 24, 255, 256, 4097, 70_000]) {
      const message = { type: "m", v: "ñ".repeat(length) } as const;
      const writer = new ByteWriter(0);
      codec.encodeInto(message, writer);
      expect(codec.encodeFrame(message)).toEqual(writer.copy());
      expect(decodeHeader(writer.bytes)).toBe(writer.length - HEADER_BYTES);
      expect(codec.encode(message)).toEqual(writer.copy(HEADER_BYTES));
    }
  });

  test("sends control messages too", () => {
    const writer = new ByteWriter();
    codec.encodeInto({ type: "$ping", id: 7 }, writer);
    codec.encodeInto({ type: "$bye", reason: "done" }, writer);
    const first = HEADER_BYTES + decodeHeader(writer.bytes);
    expect(codec.decodeIncoming(writer.bytes, HEADER_BYTES, first)).toStrictEqual({
      type: "$ping",
      id: 7,
    });
    expect(codec.decodeIncoming(writer.bytes, first + HEADER_BYTES, writer.length)).toStrictEqual({
      type: "$bye",
      reason: "done",
    });
  });

  test("refuses a getter that encodes another message, and both messages are as they should be (F16)", () => {
    const nested = valueCodec(Type.Object({ a: Type.Number(), b: Type.Number() }));
    const plain = { type: "m", v: { a: 1, b: 2 } } as const;
    const writer = startedWriter();
    const refusals: unknown[] = [];
    const message = {
      type: "m",
      v: {
        a: 1,
        get b() {
          for (const encode of [
            () => nested.encodeFrame(plain),
            () => nested.encodeInto(plain, writer),
          ]) {
            try {
              encode();
            } catch (error) {
              refusals.push(error);
            }
          }
          return 2;
        },
      },
    } as const;
    nested.encodeInto(message, writer);
    nested.encodeInto(plain, writer);
    expect(writer.copy()).toEqual(
      concat(BEFORE, nested.encodeFrame(plain), nested.encodeFrame(plain)),
    );
    expect(refusals.length).toBeGreaterThanOrEqual(2);
    for (const error of refusals) expect(error).toMatchObject({ code: "schema-mismatch" });
  });

  test("accepts a payload of maxFrameBytes and refuses one byte more, without a trace", () => {
    const message = { type: "m", v: "hola" } as const;
    const size = codec.encode(message).length;
    const writer = startedWriter();
    codec.encodeInto(message, writer, { ...defaultLimits, maxFrameBytes: size });
    const whole = writer.copy();
    expectError(
      () => codec.encodeInto(message, writer, { ...defaultLimits, maxFrameBytes: size - 1 }),
      "frame-too-large",
      {
        message: `Cannot encode "m": its payload is ${size} bytes, limit ${size - 1}`,
      },
    );
    expect(writer.copy()).toEqual(whole);
  });

  test("leaves the writer as it was when the message is refused, however far it had come", () => {
    const circular: unknown[] = ["a".repeat(5000)];
    circular.push(circular);
    const throwing = {
      a: "a".repeat(5000),
      get b(): string {
        throw new Error("from the getter");
      },
    };
    const cases: readonly [schema: TSchema, value: unknown][] = [
      [Type.Integer(), "x"],
      [Type.Unknown(), circular],
      [Type.Unknown(), ["a".repeat(5000), new Map()]],
      [Type.Unknown(), throwing],
      [Type.Object({ a: Type.String(), b: Type.String() }), throwing],
      [Type.Array(Type.String()), ["a".repeat(5000), "\ud800"]],
      [Type.Array(Type.BigInt()), [1n, 2n ** 64n]],
      [Type.Array(Type.Null()), Array.from({ length: 70_000 }, () => null)],
      [Type.Recursive((This) => Type.Array(This)), circular],
    ];
    for (const [schema, value] of cases) {
      const writer = startedWriter();
      expect(() => valueCodec(schema).encodeInto({ type: "m", v: value }, writer)).toThrow();
      expect(writer.copy()).toEqual(BEFORE);
    }
  });

  test("leaves the writer as it was when a getter answers otherwise after the check", () => {
    const schema = Type.Object({ a: Type.Union([Type.Date(), Type.Array(Type.String())]) });
    for (let change = 0; change < 8; change += 1) {
      for (const later of [new Map(), Symbol("x"), [5n], undefined]) {
        let asked = 0;
        const fickle = {
          get a(): unknown {
            asked += 1;
            return asked > change ? later : new Date(5);
          },
        };
        const writer = startedWriter();
        try {
          valueCodec(schema).encodeInto({ type: "m", v: fickle }, writer);
        } catch {
          expect(writer.copy()).toEqual(BEFORE);
          continue;
        }
        const start = BEFORE.length + HEADER_BYTES;
        expect(decodeHeader(writer.bytes, BEFORE.length)).toBe(writer.length - start);
      }
    }
  });

  test("works again after a refusal", () => {
    const writer = startedWriter();
    expect(() => codec.encodeInto({ type: "m", v: 5 }, writer)).toThrow();
    codec.encodeInto({ type: "m", v: "x" }, writer);
    expect(writer.copy(BEFORE.length)).toEqual(codec.encodeFrame({ type: "m", v: "x" }));
  });
});

describe("ByteWriter", () => {
  test("keeps its content when it grows, and its view shows the same bytes", () => {
    const writer = new ByteWriter(1);
    for (let value = 0; value < 5000; value += 1) {
      writer.reserve(4);
      writer.view.setUint32(writer.length, value);
      writer.length += 4;
    }
    const copy = new DataView(writer.copy().buffer);
    const values = Array.from({ length: 5000 }, (_, index) => copy.getUint32(index * 4));
    expect(values).toEqual(Array.from({ length: 5000 }, (_, index) => index));
  });

  test("grows in linear time, and no further than asked for large needs", () => {
    const writer = new ByteWriter(0);
    writer.reserve(1_000_000);
    expect(writer.bytes.length).toBe(1_000_000);
    writer.length = 1_000_000;
    writer.reserve(1);
    expect(writer.bytes.length).toBe(2_000_000);
  });

  test("forgets its content on reset and keeps its room", () => {
    const writer = startedWriter();
    const room = writer.bytes;
    writer.reset();
    expect(writer.copy()).toEqual(new Uint8Array(0));
    expect(writer.bytes).toBe(room);
  });

  test("gives copies, from any place on", () => {
    const writer = startedWriter();
    const copy = writer.copy(5);
    writer.bytes.fill(0);
    expect(copy).toEqual(BEFORE.slice(5));
  });
});
