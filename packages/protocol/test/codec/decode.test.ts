// What a peer may write in another way than we do, and what it may not.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { defineProtocol } from "../../src/define-protocol.ts";
import { concat, fromHex } from "../support/bytes.ts";
import {
  array,
  byteString,
  double,
  head,
  integer,
  map,
  message,
  NULL,
  text,
  TRUE,
  UNDEFINED,
  WIDTHS,
} from "../support/cbor.ts";
import { expectError, outcomeOf } from "../support/errors.ts";
import { payloadWith, readValue, valueCodec } from "../support/value-codec.ts";

const said = defineProtocol({
  name: "test",
  version: 1,
  server: {
    said: Type.Object({
      from: Type.String(),
      at: Type.Date(),
      data: Type.Optional(Type.Uint8Array()),
    }),
  },
  client: {},
}).server;

describe("Codec.decode", () => {
  const fields = [
    [text("type"), text("said")],
    [text("from"), text("x")],
    [text("at"), integer(5)],
    [text("data"), byteString(fromHex("0102"))],
  ];
  const expected = { type: "said", from: "x", at: new Date(5), data: fromHex("0102") } as const;

  test("reads keys in any order", () => {
    for (const a of fields) {
      for (const b of fields.filter((each) => each !== a)) {
        for (const c of fields.filter((each) => each !== a && each !== b)) {
          const d = fields.filter((each) => each !== a && each !== b && each !== c);
          expect(said.decode(map(...a, ...b, ...c, ...d.flat()))).toStrictEqual(expected);
        }
      }
    }
  });

  test("reads heads of any width", () => {
    for (const width of WIDTHS) {
      const payload = concat(
        head("map", 4, width),
        text("type", width),
        text("said", width),
        text("from", width),
        text("x", width),
        text("at", width),
        integer(5, width),
        text("data", width),
        byteString(fromHex("0102"), width),
      );
      expect(said.decode(payload)).toStrictEqual(expected);
    }
  });

  test("reads the message at start and end in a larger buffer, and nothing around it", () => {
    const payload = map(...fields.flat());
    const around = concat(fromHex("a1ff"), payload, fromHex("00c0"));
    expect(said.decode(around, 2, 2 + payload.length)).toStrictEqual(expected);
    expect(outcomeOf(() => said.decode(around, 2, 1 + payload.length))).toBe("cbor-malformed");
    expect(outcomeOf(() => said.decode(around, 2, 3 + payload.length))).toBe("cbor-malformed");
    expect(said.decode(around.subarray(2, 2 + payload.length))).toStrictEqual(expected);
  });

  test("puts type first, then the properties in the order of the schema", () => {
    const payload = map(...fields.toReversed().flat());
    expect(Object.keys(said.decode(payload))).toEqual(["type", "from", "at", "data"]);
  });

  test("gives every message objects and bytes of its own", () => {
    const payload = map(...fields.flat());
    const [first, second] = [said.decode(payload), said.decode(payload)];
    expect(first).not.toBe(second);
    expect(first.data).not.toBe(second.data);
    expect(first.data?.buffer.byteLength).toBe(2);
  });

  test("keeps no view of the payload: what happens to it later is not seen", () => {
    const codec = valueCodec(
      Type.Object({
        bytes: Type.Uint8Array(),
        text: Type.String(),
        any: Type.Unknown(),
        list: Type.Array(Type.Union([Type.Uint8Array(), Type.Null()])),
        record: Type.Record(Type.String(), Type.Uint8Array()),
      }),
    );
    const bytes = (): Uint8Array => Uint8Array.from({ length: 100 }, (_, index) => index);
    const long = "largo ".repeat(100);
    const v = {
      bytes: bytes(),
      text: long,
      any: { deep: [bytes(), long] },
      list: [bytes(), null],
      record: { a: bytes() },
    };
    const payload = codec.encode({ type: "m", v });
    const decoded = codec.decode(payload);
    payload.fill(0xff);
    expect(decoded.v).toStrictEqual(v);
  });

  test("does not hold on to a message when the next one comes", () => {
    const codec = valueCodec(Type.Unknown());
    const first = codec.decode(payloadWith(map(text("a"), integer(1), text("b"), array())));
    codec.decode(payloadWith(map(text("a"), integer(2), text("b"), integer(3))));
    expect(() => codec.decode(fromHex("a1"))).toThrow();
    expect(first.v).toStrictEqual({ a: 1, b: [] });
  });
});

describe("unknown properties", () => {
  const item = map(text("a"), integer(1), text("z"), array(map(text("deep"), NULL)));

  test("are dropped, at every depth", () => {
    expect(readValue(Type.Object({ a: Type.Integer() }), item)).toStrictEqual({ a: 1 });
    expect(
      readValue(Type.Array(Type.Object({ a: Type.Integer() })), array(item, item)),
    ).toStrictEqual([{ a: 1 }, { a: 1 }]);
    expect(
      said.decode(
        message("said", text("from"), text("x"), text("at"), integer(0), text("z"), TRUE),
      ),
    ).toStrictEqual({ type: "said", from: "x", at: new Date(0) });
  });

  test("are refused where the schema is closed", () => {
    const closed = Type.Object({ a: Type.Integer() }, { additionalProperties: false });
    expectError(() => readValue(closed, item), "schema-mismatch", {
      path: "/v/z",
      message: "schema-mismatch at /v/z: expected no such property, got list of 1",
    });
  });

  test("are kept and revived where the schema says what they are", () => {
    const open = Type.Object({ a: Type.Integer() }, { additionalProperties: Type.Date() });
    expect(readValue(open, map(text("a"), integer(1), text("z"), integer(2)))).toStrictEqual({
      a: 1,
      z: new Date(2),
    });
    expectError(() => readValue(open, item), "schema-mismatch", { path: "/v/z" });
  });

  test("do not satisfy what is required", () => {
    expectError(() => readValue(Type.Object({ b: Type.Integer() }), item), "schema-mismatch", {
      message: "schema-mismatch at /v/b: expected a required property, got nothing",
    });
  });

  test("are scanned and counted all the same", () => {
    const schema = Type.Object({});
    expect(outcomeOf(() => readValue(schema, map(text("z"), fromHex("c000"))))).toBe(
      "cbor-unsupported",
    );
    expect(
      outcomeOf(() => readValue(schema, map(text("z"), fromHex("81".repeat(31) + "00")))),
    ).toBe("cbor-limit");
    expect(outcomeOf(() => readValue(schema, map(text("z"), map(text("__proto__"), NULL))))).toBe(
      "cbor-unsupported",
    );
  });

  test("named like what every object inherits are dropped like any other", () => {
    const names = ["constructor", "toString", "valueOf", "hasOwnProperty"];
    const payload = map(...names.flatMap((name) => [text(name), integer(1)]));
    expect(readValue(Type.Object({}), payload)).toStrictEqual({});
  });
});

describe("a required property", () => {
  test.each(["toString", "constructor", "valueOf", "hasOwnProperty", "isPrototypeOf"])(
    "named %s is satisfied by an own one only",
    (name) => {
      for (const property of [Type.Unknown(), Type.Any(), Type.Not(Type.Null())]) {
        const schema = Type.Object({ [name]: property });
        expectError(() => readValue(schema, map()), "schema-mismatch", {
          message: `schema-mismatch at /v/${name}: expected a required property, got nothing`,
        });
        expect(readValue(schema, map(text(name), integer(1)))).toStrictEqual({ [name]: 1 });
      }
    },
  );

  test("of the message itself is satisfied by an own one only", () => {
    const codec = defineProtocol({
      name: "t",
      version: 1,
      server: { m: Type.Object({ toString: Type.Unknown() }) },
      client: {},
    }).server;
    expectError(() => codec.decode(message("m")), "schema-mismatch", { path: "/toString" });
    expect(Object.hasOwn(codec.decode(message("m", text("toString"), NULL)), "toString")).toBe(
      true,
    );
  });
});

describe("numbers", () => {
  test.each([
    ["Number", Type.Number(), integer(2 ** 53 - 1, 8), 2 ** 53 - 1],
    ["Number", Type.Number(), integer(1 - 2 ** 53, 8), 1 - 2 ** 53],
    ["Number", Type.Number(), double(2 ** 60), 2 ** 60],
    ["Number", Type.Number(), fromHex("f90001"), 2 ** -24],
    ["Number", Type.Number(), fromHex("fa00000001"), 2 ** -149],
    ["Number", Type.Number(), fromHex("f98000"), -0],
    ["Integer", Type.Integer(), double(5), 5],
    ["Integer", Type.Integer(), fromHex("f93c00"), 1],
    ["Integer", Type.Integer(), integer(7, 8), 7],
    ["Literal", Type.Literal(1), integer(1, 8), 1],
    ["Literal", Type.Literal(1), double(1), 1],
    ["Enum", Type.Enum({ A: 1 }), integer(1, 8), 1],
    ["BigInt", Type.BigInt(), integer(7, 8), 7n],
    ["BigInt", Type.BigInt(), double(7), 7n],
    ["BigInt", Type.BigInt(), integer(2n ** 64n - 1n), 2n ** 64n - 1n],
    ["BigInt", Type.BigInt(), integer(-(2n ** 63n)), -(2n ** 63n)],
    ["Date", Type.Date(), integer(7, 8), new Date(7)],
    ["Date", Type.Date(), double(7), new Date(7)],
    ["Date", Type.Date(), fromHex("f98000"), new Date(0)],
    ["Unknown", Type.Unknown(), integer(2 ** 53 - 1), 2 ** 53 - 1],
    ["Unknown", Type.Unknown(), integer(2n ** 53n), 2n ** 53n],
    ["Unknown", Type.Unknown(), integer(-(2n ** 53n)), -(2n ** 53n)],
    ["Unknown", Type.Unknown(), integer(-5, 8), -5],
  ] as const)("as %s are read: row %#", (_, schema, item, value) => {
    expect(readValue(schema, item)).toStrictEqual(value);
  });

  test.each([
    ["Number", Type.Number(), integer(2n ** 53n), "expected number, got integer beyond ±(2^53−1)"],
    [
      "Integer",
      Type.Integer(),
      integer(2n ** 64n - 1n),
      "expected integer, got integer beyond ±(2^53−1)",
    ],
    ["Integer", Type.Integer(), double(1.5), "expected integer, got number"],
    ["Number", Type.Number(), fromHex("f97e00"), "expected number, got NaN"],
    ["Number", Type.Number(), fromHex("f9fc00"), "expected number, got -Infinity"],
    ["Number", Type.Number(), text("1"), "expected number, got text of length 1"],
    ["BigInt", Type.BigInt(), double(1.5), "expected integer of at most 64 bits, got number"],
    ["BigInt", Type.BigInt(), double(2 ** 60), "expected integer of at most 64 bits, got integer"],
    [
      "BigInt",
      Type.BigInt(),
      integer(-(2n ** 63n) - 1n),
      "expected an integer of at most 64 bits, got a larger one",
    ],
    [
      "Unknown",
      Type.Unknown(),
      integer(-(2n ** 64n)),
      "expected an integer of at most 64 bits, got a larger one",
    ],
    ["Date", Type.Date(), integer(8.64e15 + 1), "expected date, got integer"],
    ["Date", Type.Date(), double(1e300), "expected date, got integer"],
    ["Date", Type.Date(), double(1.5), "expected date, got number"],
    ["Date", Type.Date(), fromHex("f97e00"), "expected date, got NaN"],
    ["Date", Type.Date(), text("2025-11-23"), "expected date, got text of length 10"],
    ["Date", Type.Date(), integer(2n ** 64n - 1n), "expected date, got integer beyond ±(2^53−1)"],
    ["Literal", Type.Literal(1), integer(2n ** 53n), "expected 1, got integer beyond ±(2^53−1)"],
  ] as const)("as %s are refused: row %#", (_, schema, item, reason) => {
    expectError(() => readValue(schema, item), "schema-mismatch", {
      message: `schema-mismatch at /v: ${reason}`,
    });
  });
});

describe("what stands where an object, array or bytes should", () => {
  const ITEMS: readonly [kind: string, item: Uint8Array][] = [
    ["object", map(text("a"), NULL)],
    ["array", array(NULL)],
    ["bytes", byteString(fromHex("01"))],
    ["text", text("x")],
    ["number", integer(1)],
    ["boolean", TRUE],
    ["null", NULL],
  ];

  test.each([
    ["an empty Object", Type.Object({}), "object"],
    ["an Object of optionals", Type.Object({ a: Type.Optional(Type.Null()) }), "object"],
    ["a Record", Type.Record(Type.String(), Type.Unknown()), "object"],
    [
      "an Intersect of empty Objects",
      Type.Intersect([Type.Object({}), Type.Object({ a: Type.Optional(Type.Unknown()) })]),
      "object",
    ],
    ["an Array", Type.Array(Type.Unknown()), "array"],
    ["a Tuple", Type.Tuple([Type.Unknown()]), "array"],
    ["a Uint8Array", Type.Uint8Array(), "bytes"],
    [
      "a Union of Objects",
      Type.Union([Type.Object({}), Type.Object({ a: Type.Null() })]),
      "object",
    ],
    [
      "a Union of Object and Array",
      Type.Union([Type.Object({}), Type.Array(Type.Unknown())]),
      "object array",
    ],
    [
      "a Union of Object and bytes",
      Type.Union([Type.Object({}), Type.Uint8Array()]),
      "object bytes",
    ],
    ["a Union of Object and Date", Type.Union([Type.Object({}), Type.Date()]), "object number"],
  ])("is accepted for %s only when it is one", (_, schema, kind) => {
    const accepted = ITEMS.filter(
      ([, item]) => outcomeOf(() => readValue(schema, item)) === "accepted",
    );
    expect(accepted.map(([each]) => each).join(" ")).toBe(kind);
  });

  test("never becomes a sparse array, or one with other properties", () => {
    const decoded = readValue(Type.Array(Type.Unknown()), array(NULL, integer(1))) as unknown[];
    expect(Object.keys(decoded)).toEqual(["0", "1"]);
    expect(Reflect.ownKeys(decoded)).toEqual(["0", "1", "length"]);
  });
});

describe("undefined", () => {
  test("is accepted only in a direction that has it, and there only where its schema stands", () => {
    const withIt = Type.Object({
      a: Type.Optional(Type.Undefined()),
      b: Type.Optional(Type.Unknown()),
      c: Type.Optional(Type.Integer()),
    });
    const without = Type.Object({ a: Type.Optional(Type.Null()) });
    expect(readValue(withIt, map(text("a"), UNDEFINED))).toStrictEqual({ a: undefined });
    expectError(() => readValue(withIt, map(text("b"), UNDEFINED)), "schema-mismatch", {
      message: "schema-mismatch at /v/b: expected a value, got undefined",
    });
    expectError(() => readValue(withIt, map(text("c"), UNDEFINED)), "schema-mismatch", {
      path: "/v/c",
    });
    expectError(() => readValue(without, map(text("a"), UNDEFINED)), "cbor-unsupported");
  });

  test("is found wherever a schema has it: in unions, records, tuples, circles and rests", () => {
    const { Undefined, Void } = Type;
    for (const schema of [
      Type.Union([Undefined(), Type.Null()]),
      Type.Record(Type.String(), Undefined()),
      Type.Tuple([Void()]),
      Type.Object({}, { additionalProperties: Undefined() }),
      Type.Recursive((This) => Type.Union([Void(), Type.Array(This)])),
    ]) {
      expect(outcomeOf(() => readValue(schema, UNDEFINED))).not.toBe("cbor-unsupported");
    }
  });

  test("of one direction is none of the other's", () => {
    const both = defineProtocol({
      name: "t",
      version: 1,
      server: { m: Type.Object({ v: Type.Void() }) },
      client: { m: Type.Object({ v: Type.Unknown() }) },
    });
    expect(both.server.decode(payloadWith(UNDEFINED))).toStrictEqual({ type: "m", v: undefined });
    expectError(() => both.client.decode(payloadWith(UNDEFINED)), "cbor-unsupported");
  });
});
