// What the sender's own values may be, and what is refused before a byte is written.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { defineProtocol } from "../../src/define-protocol.ts";
import { compileNow, defineReferenceProtocol } from "../../src/internal.ts";
import { toHex } from "../support/bytes.ts";
import { codecPathsOf } from "../support/codec-paths.ts";
import { errorOf, expectError, outcomeOf } from "../support/errors.ts";
import { hexOfValue, roundTrip, valueCodec } from "../support/value-codec.ts";

/** A value without its static type, as JavaScript passes it. */
function untyped<Value>(value: unknown): Value {
  return value as Value;
}

describe("Codec.encode", () => {
  const codec = defineProtocol({
    name: "test",
    version: 1,
    server: { m: Type.Object({ b: Type.String(), a: Type.Optional(Type.Integer()) }) },
    client: {},
  }).server;

  test("writes type first, then the properties in the order of the schema", () => {
    const hex = "a3" + "6474797065" + "616d" + "6162" + "6178" + "6161" + "01";
    expect(toHex(codec.encode({ a: 1, b: "x", type: "m" }))).toBe(hex);
    expect(toHex(codec.encode({ type: "m", b: "x", a: 1 }))).toBe(hex);
  });

  test("leaves out optional properties that are absent or undefined", () => {
    const bare = toHex(codec.encode({ type: "m", b: "x" }));
    expect(bare).toBe("a2" + "6474797065" + "616d" + "6162" + "6178");
    expect(toHex(codec.encode(untyped({ type: "m", b: "x", a: undefined })))).toBe(bare);
  });

  test("leaves out properties that the schema does not have", () => {
    const bare = toHex(codec.encode({ type: "m", b: "x" }));
    expect(toHex(codec.encode(untyped({ type: "m", b: "x", z: 1, __proto: 2 })))).toBe(bare);
  });

  test("gives bytes of its own each time", () => {
    const [first, second] = [
      codec.encode({ type: "m", b: "x" }),
      codec.encode({ type: "m", b: "x" }),
    ];
    first.fill(0);
    expect(second[0]).toBe(0xa2);
    expect(second.buffer.byteLength).toBe(second.length);
  });

  test.each([
    ["null", null, "expected a message object, got null"],
    ["undefined", undefined, "expected a message object, got undefined"],
    ["a number", 5, "expected a message object, got integer"],
    ["text", "m", "expected a message object, got text of length 1"],
    ["nothing as type", {}, "at /type: expected the name of a message, got nothing"],
    ["a number as type", { type: 5 }, "at /type: expected the name of a message, got integer"],
    ["null as type", { type: null }, "at /type: expected the name of a message, got null"],
  ])("refuses %s", (_, message, reason) => {
    expectError(() => codec.encode(untyped(message)), "schema-mismatch", {
      message: `schema-mismatch${reason.startsWith("at") ? " " : ": "}${reason}`,
    });
  });

  test("refuses the names of other messages, inherited ones included", () => {
    for (const type of ["n", "", "toString", "constructor", "__proto__"]) {
      expectError(() => codec.encode(untyped({ type, b: "x" })), "unknown-type", {
        path: "/type",
        message: `Unknown message type ${JSON.stringify(type)}: expected m`,
      });
    }
  });

  test("accepts class instances and objects without a prototype for what they hold", () => {
    class Point {
      x = 1;
      #hidden = 2;
      get y(): number {
        return this.#hidden;
      }
    }
    const schema = Type.Object({ x: Type.Number(), y: Type.Optional(Type.Number()) });
    expect(roundTrip(schema, new Point())).toStrictEqual({ x: 1, y: 2 });
    expect(roundTrip(schema, Object.assign(Object.create(null), { x: 1 }))).toStrictEqual({ x: 1 });
  });

  test("accepts a Buffer for a Uint8Array, and it arrives as a Uint8Array", () => {
    const decoded = roundTrip(Type.Uint8Array(), Buffer.from([1, 2]));
    expect(decoded).toStrictEqual(Uint8Array.of(1, 2));
  });
});

describe("what has nothing to send, and was meant for something else", () => {
  test.each([
    ["a promise that was not awaited", Promise.resolve({ a: 1 }), "JavaScript Promise"],
    ["a buffer", new ArrayBuffer(2), "JavaScript buffer that is no Uint8Array"],
    ["numbers", new Float64Array(2), "JavaScript buffer that is no Uint8Array"],
    ["a view", new DataView(new ArrayBuffer(2)), "JavaScript buffer that is no Uint8Array"],
  ])("is no map: %s", (_, value, what) => {
    for (const schema of [
      Type.Object({ a: Type.Optional(Type.Integer()) }),
      Type.Record(Type.String(), Type.Number()),
      Type.Record(Type.Integer(), Type.Number()),
      Type.Union([Type.Null(), Type.Object({})]),
    ]) {
      for (const codec of Object.values(codecPathsOf(schema))) {
        const { path, message } = errorOf(() => codec.encode({ type: "m", v: value }));
        expect([path, message.endsWith(`, got ${what}`)]).toEqual(["/v", true]);
      }
    }
  });
});

describe("what passes for a date or for bytes, and is none", () => {
  const hollow: readonly unknown[] = [
    new Proxy(new Date(5), {}),
    new Proxy(new Uint8Array(2), {}),
    Object.create(Date.prototype),
    Object.create(Uint8Array.prototype),
  ];

  test.each([
    Type.Date(),
    Type.Uint8Array(),
    Type.String(),
    Type.Object({}),
    Type.Record(Type.String(), Type.Null()),
    Type.Unknown(),
    Type.Union([Type.Date(), Type.Null()]),
    Type.Union([Type.Uint8Array(), Type.Object({ a: Type.Null() })]),
  ])("is a schema-mismatch with its path on both paths: row %#", (schema) => {
    for (const codec of Object.values(codecPathsOf(Type.Array(schema)))) {
      for (const value of hollow) {
        expectError(() => codec.encode({ type: "m", v: [value] }), "schema-mismatch", {
          path: "/v/0",
        });
      }
    }
  });
});

describe("values that cannot travel", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const ring: unknown[] = [];
  ring.push([ring]);

  test.each([
    ["a Map", new Map(), "a plain object, got JavaScript Map"],
    ["a Set", new Set(), "a plain object, got JavaScript Set"],
    ["a Date", new Date(0), "a plain object, got date"],
    ["a class instance", new (class Odd {})(), "a plain object, got JavaScript object of a class"],
    ["a RegExp", /x/, "a plain object, got JavaScript object of a class"],
    ["a function", () => 1, "a value that can travel, got function"],
    ["a symbol", Symbol("x"), "a value that can travel, got symbol"],
    ["undefined", undefined, "a value that can travel, got undefined"],
    [
      "a small bigint",
      5n,
      "a number, since without a schema this arrives as one, got JavaScript bigint",
    ],
    [
      "a bigint over 64 bits",
      2n ** 64n,
      "an integer of at most 64 bits, got integer beyond ±(2^53−1)",
    ],
    [
      "a bigint under −2^63",
      -(2n ** 63n) - 1n,
      "an integer of at most 64 bits, got integer beyond ±(2^53−1)",
    ],
    ["a lone surrogate", "a\ud800", "well-formed Unicode, got a text with a lone surrogate"],
    [
      "the key __proto__",
      Object.fromEntries([["__proto__", 1]]),
      "any key but __proto__, got text of length 9",
    ],
    ["a hole in an array", [,], "a value that can travel, got undefined"],
  ] as const)("in Unknown: %s", (_, value, reason) => {
    for (const [path, whole] of [
      ["/v", value],
      ["/v/a/1", { a: [null, value] }],
    ] as const) {
      const error = errorOf(() => hexOfValue(Type.Unknown(), whole));
      expect(error.code).toBe("schema-mismatch");
      expect(error.path).toStartWith(path);
      expect(error.message).toEndWith(`: expected ${reason}`);
    }
  });

  test.each([
    ["an empty Object", Type.Object({})],
    ["a closed Object", Type.Object({}, { additionalProperties: false })],
    ["a Record", Type.Record(Type.String(), Type.Unknown())],
    ["a Union of Objects", Type.Union([Type.Object({}), Type.Object({ a: Type.Null() })])],
    ["a Union with Unknown", Type.Union([Type.Null(), Type.Unknown()])],
    ["an Intersect", Type.Intersect([Type.Object({}), Type.Object({})])],
  ])("in the place of %s: dates, Maps, Sets and bytes", (_, schema) => {
    for (const value of [new Date(0), new Map([["a", null]]), new Set([1])]) {
      expect(outcomeOf(() => hexOfValue(schema, value))).toBe("schema-mismatch");
    }
    const hasBytes =
      schema.anyOf?.some((member: object) => Object.keys(member).length === 0) === true;
    expect(outcomeOf(() => hexOfValue(schema, new Uint8Array(1)))).toBe(
      hasBytes ? "accepted" : "schema-mismatch",
    );
  });

  test.each([
    ["Date", Type.Date(), new Date(Number.NaN)],
    ["BigInt", Type.BigInt(), 2n ** 64n],
    ["BigInt", Type.BigInt(), -(2n ** 63n) - 1n],
    ["Number", Type.Number(), Number.NaN],
    ["Number", Type.Number(), Infinity],
    ["Number", Type.Number(), 5n],
    ["String", Type.String(), "\udc00"],
    ["String", Type.String(), Object("boxed")],
    ["Union of BigInt", Type.Union([Type.Null(), Type.BigInt()]), 2n ** 64n],
    ["Union of String", Type.Union([Type.Null(), Type.String()]), "\ud800x"],
    ["Array of Integer", Type.Array(Type.Integer()), [, 1]],
  ] as const)("in the place of %s: row %#", (_, schema, value) => {
    expect(outcomeOf(() => hexOfValue(schema, value))).toBe("schema-mismatch");
  });

  test("a lone surrogate, wherever it stands, is named by its path", () => {
    const record = Type.Record(Type.String(), Type.String());
    const message = "expected well-formed Unicode, got a text with a lone surrogate";
    expectError(() => hexOfValue(record, { a: "\ud83d" }), "schema-mismatch", {
      message: `schema-mismatch at /v/a: ${message}`,
    });
    expectError(() => hexOfValue(record, { "\ud83d": "a" }), "schema-mismatch", {
      path: "/v/\ud83d",
    });
    expectError(() => hexOfValue(Type.String(), `${"x".repeat(5000)}\udc00`), "schema-mismatch", {
      path: "/v",
    });
  });

  test("what contains itself meets the limit of nesting, under every schema", () => {
    const node: Record<string, unknown> = { name: "x", toString: "y" };
    node["next"] = node;
    for (const [schema, value] of [
      [Type.Unknown(), circular],
      [Type.Array(Type.Unknown()), ring],
      [Type.Record(Type.String(), Type.Any()), circular],
      [Type.Recursive((This) => Type.Object({ next: Type.Optional(This) })), node],
      [
        Type.Recursive((This) =>
          Type.Object({ next: Type.Optional(This), toString: Type.String() }),
        ),
        node,
      ],
      [Type.Recursive((This) => Type.Object({ next: Type.Union([This, Type.Null()]) })), node],
      [Type.Recursive((This) => Type.Array(This)), ring],
    ] as const) {
      expect(outcomeOf(() => hexOfValue(schema, value))).toBe("cbor-limit");
    }
  });

  test("what nests or counts more than a reader takes is refused here", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 0 : [nested(depth - 1)]);
    expect(roundTrip(Type.Unknown(), nested(31))).toStrictEqual(nested(31));
    expectError(() => hexOfValue(Type.Unknown(), nested(32)), "cbor-limit", {
      message: "Cannot encode message: expected at most 32 levels of nesting, got more",
      path: `/v${"/0".repeat(31)}`,
    });
    const list = Type.Array(Type.Null());
    const nulls = (length: number): null[] => Array.from({ length }, () => null);
    // The message itself, its two keys, its name and the array are items as well.
    expect(roundTrip(list, nulls(65_531))).toHaveLength(65_531);
    expectError(() => hexOfValue(list, nulls(65_532)), "cbor-limit", {
      message: "Cannot encode message: expected at most 65536 data items, got more",
    });
  });

  test("a getter's error is the sender's own", () => {
    const hostile = {
      get a(): string {
        throw new Error("from the getter");
      },
    };
    expect(() => hexOfValue(Type.Object({ a: Type.String() }), hostile)).toThrow("from the getter");
    expect(() => hexOfValue(Type.Unknown(), hostile)).toThrow("from the getter");
    expect(() =>
      valueCodec(Type.Null()).encode(
        untyped({
          type: "m",
          get v() {
            throw new Error("from the getter");
          },
        }),
      ),
    ).toThrow("from the getter");
  });
});

describe("a union", () => {
  const a = Type.Object({ a: Type.Integer() });
  const ab = Type.Object({ a: Type.Integer(), b: Type.Optional(Type.String()) });
  const c = Type.Object({ c: Type.Date() }, { additionalProperties: false });

  test("takes the first member that fits without dropping a property, both ways", () => {
    const union = Type.Union([a, ab, c]);
    for (const value of [{ a: 1 }, { a: 1, b: "x" }, { c: new Date(5) }]) {
      expect(roundTrip(union, value)).toStrictEqual(value);
    }
    // No member has all of these: the first that fits says what stays.
    expect(roundTrip(union, { a: 1, z: 2 })).toStrictEqual({ a: 1 });
    expect(roundTrip(union, { a: 1, b: 5 })).toStrictEqual({ a: 1 });
  });

  test("looks for dropped properties at every depth", () => {
    const union = Type.Union([
      Type.Object({ list: Type.Array(a) }),
      Type.Object({ list: Type.Array(ab) }),
    ]);
    expect(roundTrip(union, { list: [{ a: 1 }, { a: 2, b: "x" }] })).toStrictEqual({
      list: [{ a: 1 }, { a: 2, b: "x" }],
    });
    expect(
      roundTrip(Type.Array(union), [{ list: [] }, { list: [{ a: 2, b: "x" }] }]),
    ).toStrictEqual([{ list: [] }, { list: [{ a: 2, b: "x" }] }]);
  });

  test("is entered by a literal in any width and among other members", () => {
    const union = Type.Union([
      Type.Null(),
      Type.Object({ kind: Type.Literal(1), at: Type.Date() }),
      Type.Object({ kind: Type.Enum({ A: 2, B: "b" }), big: Type.BigInt() }),
      Type.Array(Type.Date()),
    ]);
    for (const value of [
      null,
      { kind: 1, at: new Date(5) },
      { kind: 2, big: 5n },
      { kind: "b", big: 5n },
      [new Date(1)],
    ]) {
      expect(roundTrip(union, value)).toStrictEqual(value);
    }
    expectError(() => hexOfValue(union, { kind: 1, at: 5 }), "schema-mismatch", { path: "/v/at" });
    expectError(() => hexOfValue(union, { kind: 3 }), "schema-mismatch", {
      message: 'schema-mismatch at /v/kind: expected 1, 2 or "b", got integer',
    });
  });

  test("as the whole message keeps its members apart", () => {
    const codec = defineProtocol({
      name: "t",
      version: 1,
      server: {
        m: Type.Union([
          Type.Object({ ok: Type.Literal(true), at: Type.Date() }),
          Type.Object({ ok: Type.Literal(false), why: Type.String() }),
        ]),
      },
      client: {},
    }).server;
    for (const message of [
      { type: "m", ok: true, at: new Date(1) },
      { type: "m", ok: false, why: "x" },
    ] as const) {
      expect(codec.decode(codec.encode(message))).toStrictEqual(message);
    }
  });
});

describe("bytes without a buffer", () => {
  const transferred = (): Uint8Array => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  };
  const shrunk = (): Uint8Array => {
    const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
    const bytes = new Uint8Array(buffer, 4, 4);
    buffer.resize(2);
    return bytes;
  };
  const schema = {
    name: "test",
    version: 1,
    server: {
      v: Type.Object({ v: Type.Uint8Array() }),
      list: Type.Object({ v: Type.Array(Type.Union([Type.Uint8Array(), Type.String()])) }),
      any: Type.Object({ v: Type.Unknown() }),
    },
    client: {},
  };
  const compiled = defineProtocol(schema);
  compileNow(compiled.server);

  for (const [path, { server }] of [
    ["reference", defineReferenceProtocol(schema)],
    ["compiled", compiled],
  ] as const) {
    test.each([
      ["transferred", transferred()],
      ["shrunk", shrunk()],
    ])(`are refused with their place by the ${path} path: %s`, (_, bytes) => {
      const refused = (message: unknown, where: string): void =>
        expectError(() => server.encode(untyped(message)), "schema-mismatch", {
          message: `schema-mismatch at ${where}: expected bytes, got bytes whose buffer was transferred or shrunk`,
        });
      refused({ type: "v", v: bytes }, "/v");
      refused({ type: "list", v: ["a", bytes] }, "/v/1");
      refused({ type: "any", v: { deep: bytes } }, "/v/deep");
      expect(server.encode({ type: "v", v: new Uint8Array(0) })).toHaveLength(11);
    });
  }
});
