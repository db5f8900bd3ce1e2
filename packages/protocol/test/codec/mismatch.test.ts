// How a mismatch is worded: what was expected, what came, and where, but never the value.

import { afterAll, describe, expect, test } from "bun:test";

import { FormatRegistry, type TSchema, Type } from "@sinclair/typebox";

import { array, byteString, double, integer, map, NULL, text, TRUE } from "../support/cbor.ts";
import { fromHex } from "../support/bytes.ts";
import { errorOf, expectError } from "../support/errors.ts";
import { codecPathsOf } from "../support/codec-paths.ts";
import { cpuMilliseconds } from "../support/cpu.ts";
import { hexOfValue, payloadWith, readValue } from "../support/value-codec.ts";

FormatRegistry.Set("typewire-mismatch-test", (value) => value === "right");
afterAll(() => FormatRegistry.Delete("typewire-mismatch-test"));

/** The error of reading, if there is one. */
function attempt(read: () => unknown): Error | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error;
  }
}

const ROWS: readonly [
  what: string,
  schema: TSchema,
  item: Uint8Array,
  value: unknown,
  reason: string,
][] = [
  ["text", Type.String(), integer(1), 1, "expected text, got integer"],
  [
    "short text",
    Type.String({ minLength: 2 }),
    text("a"),
    "a",
    "expected text length greater or equal to 2, got text of length 1",
  ],
  [
    "long text",
    Type.String({ maxLength: 0 }),
    text("é"),
    "é",
    "expected text length less or equal to 0, got text of length 1",
  ],
  [
    "text of a pattern",
    Type.String({ pattern: "^a$" }),
    text("b"),
    "b",
    "expected text to match '^a$', got text of length 1",
  ],
  [
    "text of a format",
    Type.String({ format: "typewire-mismatch-test" }),
    text("b"),
    "b",
    "expected text to match 'typewire-mismatch-test' format, got text of length 1",
  ],
  [
    "a RegExp",
    Type.RegExp(/^a$/),
    text("b"),
    "b",
    "expected text to match /^a$/, got text of length 1",
  ],
  [
    "a RegExp of no text",
    Type.RegExp(/a/),
    array(text("a")),
    ["a"],
    "expected text, got list of 1",
  ],
  [
    "a template",
    Type.TemplateLiteral("a${0|1}"),
    text("a2"),
    "a2",
    "expected text to match '^a(0|1)$', got text of length 2",
  ],
  ["a number", Type.Number(), text("1"), "1", "expected number, got text of length 1"],
  [
    "a low number",
    Type.Number({ minimum: 0 }),
    integer(-1),
    -1,
    "expected number to be greater or equal to 0, got integer",
  ],
  [
    "a high number",
    Type.Number({ exclusiveMaximum: 1 }),
    double(1.5),
    1.5,
    "expected number to be less than 1, got number",
  ],
  [
    "no multiple",
    Type.Number({ multipleOf: 2 }),
    integer(3),
    3,
    "expected number to be a multiple of 2, got integer",
  ],
  ["an integer", Type.Integer(), double(1.5), 1.5, "expected integer, got number"],
  [
    "a low bigint",
    Type.BigInt({ minimum: 5n }),
    integer(4),
    4n,
    "expected integer to be greater or equal to 5, got integer",
  ],
  [
    "a high bigint",
    Type.BigInt({ maximum: 2n ** 63n - 1n }),
    integer(2n ** 63n),
    2n ** 63n,
    "expected integer to be less or equal to 9223372036854775807, got integer beyond ±(2^53−1)",
  ],
  ["a boolean", Type.Boolean(), integer(1), 1, "expected boolean, got integer"],
  ["null", Type.Null(), fromHex("f4"), false, "expected null, got boolean"],
  ["a literal", Type.Literal("on"), text("off"), "off", 'expected "on", got text of length 3'],
  ["a numeric literal", Type.Literal(5), integer(6), 6, "expected 5, got integer"],
  ["bytes", Type.Uint8Array(), text("x"), "x", "expected bytes, got text of length 1"],
  [
    "few bytes",
    Type.Uint8Array({ minByteLength: 2 }),
    byteString(fromHex("01")),
    fromHex("01"),
    "expected byte length greater or equal to 2, got bytes of length 1",
  ],
  [
    "an early date",
    Type.Date({ minimumTimestamp: 5 }),
    integer(4),
    new Date(4),
    "expected date timestamp to be greater or equal to 5, got date",
  ],
  ["an array", Type.Array(Type.Null()), map(), {}, "expected list, got map"],
  [
    "a short array",
    Type.Array(Type.Null(), { minItems: 1 }),
    array(),
    [],
    "expected list length to be greater or equal to 1, got list of 0",
  ],
  [
    "a long array",
    Type.Array(Type.Null(), { maxItems: 0 }),
    array(NULL),
    [null],
    "expected list length to be less or equal to 0, got list of 1",
  ],
  [
    "an array without",
    Type.Array(Type.Unknown(), { contains: Type.Null() }),
    array(TRUE),
    [true],
    "expected list to contain at least one matching value, got list of 1",
  ],
  [
    "a tuple",
    Type.Tuple([Type.Null()]),
    array(NULL, NULL),
    [null, null],
    "expected list to have 1 elements, got list of 2",
  ],
  ["an object", Type.Object({ a: Type.Null() }), array(), [], "expected map, got list of 0"],
  [
    "few properties",
    Type.Record(Type.String(), Type.Null(), { minProperties: 1 }),
    map(),
    {},
    "expected map to have at least 1 properties, got map",
  ],
  [
    "a union",
    Type.Union([Type.Literal("a"), Type.Literal("b")]),
    text("c"),
    "c",
    'expected "a" or "b", got text of length 1',
  ],
  [
    "a union of many literals",
    Type.Union(Array.from({ length: 10 }, (_, index) => Type.Literal(`${index}`))),
    text("c"),
    "c",
    'expected one of "0", "1", "2", "3", "4", "5", "6", "7", …, got text of length 1',
  ],
  [
    "a union with one kind of number",
    Type.Union([Type.Integer({ minimum: 5 }), Type.Null()]),
    integer(4),
    4,
    "expected integer to be greater or equal to 5, got integer",
  ],
  [
    "a union of other kinds",
    Type.Union([Type.Integer(), Type.Null()]),
    text("8080"),
    "8080",
    "expected integer or null, got text of length 4",
  ],
  [
    "what is excluded",
    Type.Not(Type.Null()),
    NULL,
    null,
    "expected a value that is not excluded, got null",
  ],
];

describe("a schema-mismatch", () => {
  test.each(ROWS)(
    "of %s is worded alike for the receiver and the sender",
    (_, schema, item, value, reason) => {
      const expected = { path: "/v", message: `schema-mismatch at /v: ${reason}` };
      expectError(() => readValue(schema, item), "schema-mismatch", expected);
      expectError(() => hexOfValue(schema, value), "schema-mismatch", expected);
    },
  );

  const place = (leaf: TSchema): TSchema =>
    Type.Object({
      list: Type.Array(Type.Tuple([Type.Null(), leaf])),
      "a/b~c": Type.Optional(Type.Record(Type.String(), leaf)),
      numbered: Type.Optional(Type.Record(Type.Integer(), leaf)),
      choice: Type.Optional(
        Type.Union([
          Type.Null(),
          Type.Object({ kind: Type.Literal("x"), leaf }),
          Type.Object({ kind: Type.Literal("y") }),
        ]),
      ),
    });

  test("tells a program that a number is no bigint, and the other way round", () => {
    const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);
    const reasons = [
      Type.Integer(),
      Type.BigInt(),
      orNull(Type.Integer()),
      orNull(Type.BigInt()),
    ].map((schema, index) => errorOf(() => hexOfValue(schema, index % 2 === 0 ? 5n : 5)).message);
    expect(reasons.map((reason) => reason.replace("schema-mismatch at /v: ", ""))).toEqual([
      "expected integer, got JavaScript bigint",
      "expected a bigint, such as 1n, got JavaScript number",
      "expected integer or null, got JavaScript bigint",
      "expected a bigint, such as 1n or null, got JavaScript number",
    ]);
  });

  test("is looked for once, however much of a message does not fit", () => {
    const members = ["a", "b", "c"].map((name) => Type.Object({ [name]: Type.Null() }));
    const { reference } = codecPathsOf(Type.Array(Type.Union(members)));
    const items = (item: Uint8Array) => payloadWith(array(...Array<Uint8Array>(20_000).fill(item)));
    const spent = (payload: Uint8Array): number =>
      Math.min(
        ...[1, 2, 3, 4, 5].map(() =>
          cpuMilliseconds(() => attempt(() => reference.decode(payload))),
        ),
      );
    const right = spent(items(map(text("c"), NULL)));
    const wrong = spent(items(map()));
    expect(wrong / right).toBeLessThan(1);
  });

  test("of twins names the second of them, and the first", () => {
    const schema = Type.Array(Type.Null(), { uniqueItems: true });
    const reason = "expected an item unlike all others, got one that is equal to item 0";
    const expected = { path: "/v/1", message: `schema-mismatch at /v/1: ${reason}` };
    expectError(() => readValue(schema, array(NULL, NULL)), "schema-mismatch", expected);
    expectError(() => hexOfValue(schema, [null, null]), "schema-mismatch", expected);
  });

  test.each([
    [
      "/v/list/1/1",
      {
        list: [
          [null, "s"],
          [null, 5],
        ],
      },
    ],
    ["/v/a~1b~0c/k~0~1", { list: [], "a/b~c": { "k~/": 5 } }],
    ["/v/numbered/-7", { list: [], numbered: { "-7": 5 } }],
    ["/v/choice/leaf", { list: [], choice: { kind: "x", leaf: 5 } }],
  ])("names the place %s as a JSON Pointer", (path, value) => {
    expectError(() => hexOfValue(place(Type.String()), value), "schema-mismatch", {
      path,
      message: `schema-mismatch at ${path}: expected text, got integer`,
    });
  });

  test.each<
    readonly [path: string, schema: TSchema, item: Uint8Array, value: unknown, reason: string]
  >([
    [
      "/v/1/n",
      Type.Union([Type.Array(Type.Object({ n: Type.Integer() })), Type.Null()]),
      array(map(text("n"), integer(1)), map(text("n"), text("x"))),
      [{ n: 1 }, { n: "x" }],
      "expected integer, got text of length 1",
    ],
    [
      "/v/0/at",
      Type.Union([Type.Array(Type.Object({ at: Type.Date(), n: Type.Null() })), Type.String()]),
      array(map(text("at"), text("x"), text("n"), NULL)),
      [{ at: "x", n: null }],
      "expected date, got text of length 1",
    ],
    [
      "/v/0/n",
      Type.Union([Type.Array(Type.Object({ at: Type.Date(), n: Type.Null() })), Type.String()]),
      array(map(text("at"), integer(5), text("n"), TRUE)),
      [{ at: new Date(5), n: true }],
      "expected null, got boolean",
    ],
    [
      "/v/1",
      Type.Union([Type.Tuple([Type.String(), Type.Integer()]), Type.Null()]),
      array(text("a"), text("b")),
      ["a", "b"],
      "expected integer, got text of length 1",
    ],
    [
      "/v/n",
      Type.Union([Type.Object({ n: Type.Integer() }), Type.Null(), Type.Array(Type.Null())]),
      map(text("n"), text("x")),
      { n: "x" },
      "expected integer, got text of length 1",
    ],
    [
      "/v/n/0/m",
      Type.Union([
        Type.Null(),
        Type.Object({
          n: Type.Union([Type.Null(), Type.Array(Type.Object({ m: Type.Boolean() }))]),
        }),
      ]),
      map(text("n"), array(map(text("m"), integer(1)))),
      { n: [{ m: 1 }] },
      "expected boolean, got integer",
    ],
    [
      "/v/kind",
      Type.Union([
        Type.Object({ kind: Type.Literal("a"), n: Type.Integer() }),
        Type.Object({ kind: Type.Union([Type.Literal("b"), Type.Literal(3)]) }),
        Type.Null(),
      ]),
      map(text("kind"), text("c")),
      { kind: "c" },
      'expected "a", "b" or 3, got text of length 1',
    ],
    [
      "/v/kind",
      Type.Union([
        Type.Object({ kind: Type.Literal("a") }),
        Type.Object({ kind: Type.Literal("b") }),
      ]),
      map(),
      {},
      'expected "a" or "b", got nothing',
    ],
    [
      "/v/1",
      Type.Union([Type.Array(Type.Integer()), Type.Array(Type.String())]),
      array(integer(1), text("x")),
      [1, "x"],
      "expected integer, got text of length 1",
    ],
    [
      "/v/0",
      Type.Union([Type.Array(Type.Integer()), Type.Array(Type.String())]),
      array(TRUE),
      [true],
      "expected integer or text, got boolean",
    ],
    [
      "/v/1",
      Type.Union([
        Type.Tuple([Type.Literal("x"), Type.Integer()]),
        Type.Tuple([Type.Literal("y"), Type.String()]),
      ]),
      array(text("x"), text("5")),
      ["x", "5"],
      "expected integer, got text of length 1",
    ],
    [
      "/v/data/1",
      Type.Union([
        Type.Object({ error: Type.Object({ code: Type.Integer() }) }),
        Type.Object({ data: Type.Array(Type.Integer()) }),
      ]),
      map(text("data"), array(integer(1), text("2"))),
      { data: [1, "2"] },
      "expected integer, got text of length 1",
    ],
    [
      "/v/n",
      Type.Union([
        Type.Object({ at: Type.Date(), n: Type.Integer() }),
        Type.Object({ b: Type.Integer() }),
      ]),
      map(text("at"), integer(5), text("n"), text("5")),
      { at: new Date(5), n: "5" },
      "expected integer, got text of length 1",
    ],
    [
      "/v",
      Type.Union([Type.Object({ a: Type.String() }), Type.Object({ "b/c": Type.Integer() })]),
      map(),
      {},
      'expected map with "a" or "b/c", got map without',
    ],
    [
      "/v/extra",
      Type.Union([
        Type.Object({ error: Type.String() }, { additionalProperties: false }),
        Type.Object({ data: Type.Integer() }, { additionalProperties: false }),
      ]),
      map(text("data"), integer(1), text("extra"), integer(2)),
      { data: 1, extra: 2 },
      "expected no such property, got integer",
    ],
    [
      "/v",
      Type.Union([Type.Literal("auto"), Type.Integer({ minimum: 0 })]),
      text("big"),
      "big",
      'expected "auto" or integer, got text of length 3',
    ],
    [
      "/v",
      Type.Union([Type.Literal("auto"), Type.String({ minLength: 9 })]),
      text("big"),
      "big",
      'expected "auto" or text length greater or equal to 9, got text of length 3',
    ],
    [
      "/v",
      Type.Union([Type.BigInt(), Type.Array(Type.Null()), Type.Object({})]),
      text("5"),
      "5",
      "expected integer of at most 64 bits, list or map, got text of length 1",
    ],
  ])(
    "names the place %s inside the member that it fits furthest, or what the union expects",
    (path, schema, item, value, reason) => {
      const expected = { path, message: `schema-mismatch at ${path}: ${reason}` };
      expectError(() => readValue(schema, item), "schema-mismatch", expected);
      expectError(() => hexOfValue(schema, value), "schema-mismatch", expected);
    },
  );

  test.each([
    [
      "/v/choice/kind",
      { list: [], choice: { kind: "z" } },
      'expected "x" or "y", got text of length 1',
    ],
    ["/v/choice/kind", { list: [], choice: { leaf: "x" } }, 'expected "x" or "y", got nothing'],
    ["/v/choice", { list: [], choice: [] }, "expected null or map, got list of 0"],
    [
      "/v/choice/leaf",
      { list: [], choice: { kind: "x" } },
      "expected a required property, got nothing",
    ],
    ["/v/list", {}, "expected a required property, got nothing"],
    ["/v/list/0", { list: [[null]] }, "expected list to have 2 elements, got list of 1"],
  ])("names the place %s of what is missing", (path, value, reason) => {
    expectError(() => hexOfValue(place(Type.String()), value), "schema-mismatch", {
      path,
      message: `schema-mismatch at ${path}: ${reason}`,
    });
  });

  test("names the first fault in the order of the schema", () => {
    const schema = Type.Object({
      a: Type.Null(),
      b: Type.Object({ c: Type.Null() }),
      d: Type.Null(),
    });
    const item = map(text("d"), TRUE, text("b"), map(text("c"), TRUE), text("a"), NULL);
    expect(errorOf(() => readValue(schema, item)).path).toBe("/v/b/c");
  });

  /** Each kind, a schema of it, and how an item of it is named. */
  const kinds: readonly (readonly [string, TSchema, Uint8Array, string])[] = [
    ["text", Type.String(), text("8080"), "text of length 4"],
    ["integer", Type.Integer(), integer(5), "integer"],
    ["number", Type.Number(), double(1.5), "number"],
    ["integer of at most 64 bits", Type.BigInt(), integer(2n ** 60n), "integer beyond ±(2^53−1)"],
    ["date", Type.Date(), double(0.5), "number"],
    ["boolean", Type.Boolean(), TRUE, "boolean"],
    ["null", Type.Null(), NULL, "null"],
    ["bytes", Type.Uint8Array(), byteString(fromHex("0102")), "bytes of length 2"],
    ["list", Type.Array(Type.Null()), array(NULL), "list of 1"],
    ["list", Type.Tuple([Type.Null()]), array(NULL, NULL), "list of 2"],
    ["map", Type.Object({}), map(text("a"), NULL), "map"],
    ["map", Type.Record(Type.String(), Type.Null()), map(text("a"), NULL), "map"],
  ];

  test.each(kinds)(
    "says that %s was expected, and what came, of every kind",
    (expected, schema) => {
      const words = new Set<string>();
      for (const [, , item, received] of kinds) {
        const error = attempt(() => readValue(schema, item));
        if (error === undefined) continue;
        expect(error.message).toEndWith(`, got ${received}`);
        words.add(/: expected ([^,]*), got/.exec(error.message)?.[1] ?? "");
      }
      expect([...words].toSorted()[0]).toStartWith(expected);
      // No name of JavaScript's or TypeBox's alone.
      expect([...words].join()).not.toMatch(/Uint8Array|Date|bigint|string|array|object|tuple/);
    },
  );

  test("says that a port is a text", () => {
    const port = Type.Object({ port: Type.Integer() });
    expectError(() => readValue(port, map(text("port"), text("8080"))), "schema-mismatch", {
      message: "schema-mismatch at /v/port: expected integer, got text of length 4",
    });
  });

  test("tells a program that a Map of JavaScript's is no object, and keeps the words of a pattern", () => {
    const what = errorOf(() => hexOfValue(Type.Object({}), new Map())).message;
    expect(what).toEndWith("expected map, got JavaScript Map");
    const pattern = Type.String({ pattern: "^string Date bigint$" });
    expect(errorOf(() => readValue(pattern, text("x"))).message).toContain(
      "expected text to match '^string Date bigint$'",
    );
  });

  test("tells a program that a number is no bigint, and a buffer no bytes", () => {
    const row = (schema: TSchema, value: unknown): string =>
      errorOf(() => hexOfValue(schema, value)).message;
    expect(row(Type.BigInt(), 5)).toEndWith(
      "at /v: expected a bigint, such as 1n, got JavaScript number",
    );
    for (const buffer of [new ArrayBuffer(2), new Uint8ClampedArray(2), new Float64Array(1)]) {
      expect(row(Type.Uint8Array(), buffer)).toEndWith(
        "at /v: expected bytes, got JavaScript buffer that is no Uint8Array",
      );
    }
  });

  test("says which key has no place before it says that there are too few", () => {
    const few = { minProperties: 1 };
    const rows: readonly (readonly [TSchema, object])[] = [
      [Type.Record(Type.Integer(), Type.Null(), few), { "1.5": null }],
      [Type.Record(Type.RegExp(/^x/), Type.Null(), few), { "1.5": null }],
      [
        Type.Object({ a: Type.Optional(Type.Null()) }, { ...few, additionalProperties: false }),
        { "1.5": null },
      ],
    ];
    for (const [schema, value] of rows) {
      expectError(() => hexOfValue(schema, value), "schema-mismatch", { path: "/v/1.5" });
    }
  });

  test("never quotes the value", () => {
    for (const secret of ["geheim", "geheim".repeat(50)]) {
      for (const schema of [
        Type.Integer(),
        Type.String({ maxLength: 1 }),
        Type.Literal("x"),
        Type.Union([Type.Null(), Type.Date()]),
      ]) {
        expect(errorOf(() => readValue(schema, text(secret))).message).not.toContain("geheim");
        expect(errorOf(() => hexOfValue(schema, secret)).message).not.toContain("geheim");
      }
    }
  });
});
