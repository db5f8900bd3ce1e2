// What the delivery test is made of: a schema of every kind, items that fit one of them and items with the
// shape of one and the content of another, places where a schema may stand, and values to be sent.

import { type TSchema, Type } from "@sinclair/typebox";

import { fromHex } from "./bytes.ts";
import {
  array,
  byteString,
  double,
  head,
  integer,
  map,
  NULL,
  text,
  TRUE,
  UNDEFINED,
} from "./cbor.ts";

/** A schema of each kind, made anew for each use since TypeBox numbers recursive types. */
export const KINDS: Readonly<Record<string, () => TSchema>> = {
  null: () => Type.Null(),
  undefined: () => Type.Undefined(),
  void: () => Type.Void(),
  boolean: () => Type.Boolean(),
  integer: () => Type.Integer(),
  "small integer": () => Type.Integer({ minimum: 1, maximum: 10, multipleOf: 5 }),
  number: () => Type.Number(),
  "decimal number": () => Type.Number({ multipleOf: 0.1 }),
  "small number": () => Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 2 }),
  bigint: () => Type.BigInt(),
  "even bigint": () => Type.BigInt({ multipleOf: 2n }),
  "large bigint": () => Type.BigInt({ minimum: 2n ** 63n }),
  date: () => Type.Date(),
  "late date": () => Type.Date({ minimumTimestamp: 2 }),
  text: () => Type.String(),
  "short text": () => Type.String({ minLength: 1, maxLength: 2 }),
  pattern: () => Type.String({ pattern: "^na" }),
  RegExp: () => Type.RegExp(/^NA/i),
  template: () => Type.TemplateLiteral("v${1|2}"),
  "literal text": () => Type.Literal("name"),
  "literal number": () => Type.Literal(1.5),
  "literal boolean": () => Type.Literal(true),
  enum: () => Type.Enum({ A: "a", B: 5 }),
  bytes: () => Type.Uint8Array(),
  "few bytes": () => Type.Uint8Array({ minByteLength: 1, maxByteLength: 2 }),
  unknown: () => Type.Unknown(),
  any: () => Type.Any(),
  "not text": () => Type.Not(Type.String()),
  integers: () => Type.Array(Type.Integer()),
  "some texts": () => Type.Array(Type.String(), { minItems: 1, maxItems: 2 }),
  unknowns: () => Type.Array(Type.Unknown()),
  records: () => Type.Array(Type.Record(Type.Integer(), Type.String())),
  tuple: () => Type.Tuple([Type.String(), Type.Integer()]),
  "empty tuple": () => Type.Tuple([]),
  "tuple of maps": () =>
    Type.Tuple([Type.Object({ name: Type.Null() }), Type.Record(Type.Integer(), Type.Null())]),
  object: () => Type.Object({ name: Type.String() }),
  "closed object": () => Type.Object({ name: Type.String() }, { additionalProperties: false }),
  "optional object": () => Type.Object({ name: Type.Optional(Type.Integer()) }),
  "empty object": () => Type.Object({}),
  "object of unknown": () => Type.Object({ name: Type.Unknown() }),
  "object of anything or text": () =>
    Type.Object({ name: Type.Union([Type.String(), Type.Unknown()]) }),
  "object of undefined": () => Type.Object({ name: Type.Undefined() }),
  "object of undefined or null": () =>
    Type.Object({ name: Type.Union([Type.Null(), Type.Undefined()]) }),
  "object of not null": () => Type.Object({ name: Type.Not(Type.Null()) }),
  "object of a record": () => Type.Object({ name: Type.Record(Type.Integer(), Type.String()) }),
  "object a": () => Type.Object({ kind: Type.Literal("a"), name: Type.String() }),
  "object b": () => Type.Object({ kind: Type.Literal("b"), at: Type.Date() }),
  "object a or 5": () => Type.Object({ kind: Type.Enum({ A: "a", B: 5 }), at: Type.BigInt() }),
  "open object": () =>
    Type.Object({ name: Type.String() }, { additionalProperties: Type.Integer() }),
  "inheriting object": () => Type.Object({ toString: Type.Optional(Type.String()) }),
  "required inheritance": () => Type.Object({ toString: Type.Unknown() }),
  "two objects": () =>
    Type.Intersect([Type.Object({ name: Type.String() }), Type.Object({ at: Type.Date() })]),
  "object open to anything": () =>
    Type.Object({ name: Type.String() }, { additionalProperties: true }),
  "nothing of that name": () => Type.Object({ name: Type.Optional(Type.Never()) }),
  "open record": () =>
    Type.Record(Type.RegExp(/^na/), Type.String(), { additionalProperties: true }),
  "closed intersection": () =>
    Type.Intersect(
      [Type.Object({ name: Type.String() }), Type.Object({ at: Type.Optional(Type.Date()) })],
      { unevaluatedProperties: false },
    ),
  "letters only": () => Type.String({ pattern: "^\\p{L}+$" }),
  "number in text": () => Type.TemplateLiteral("n${number}"),
  "integers, two of them odd": () =>
    Type.Array(Type.Integer(), {
      contains: Type.Integer({ minimum: 2 }),
      minContains: 0,
      maxContains: 1,
    }),
  "one property or more": () =>
    Type.Object(
      { name: Type.Optional(Type.String()), at: Type.Optional(Type.Date()) },
      { minProperties: 1 },
    ),
  "one property at most": () =>
    Type.Object(
      { name: Type.Optional(Type.String()), at: Type.Optional(Type.Date()) },
      { maxProperties: 1 },
    ),
  "one key": () =>
    Type.Record(Type.String(), Type.String(), { minProperties: 1, maxProperties: 1 }),
  "different objects": () =>
    Type.Array(Type.Object({ name: Type.Optional(Type.String()) }), { uniqueItems: true }),
  "objects of which one has more": () =>
    Type.Array(Type.Object({ name: Type.Optional(Type.String()) }), {
      contains: Type.Object({ extra: Type.Integer() }),
    }),
  "anything with an integer": () => Type.Array(Type.Unknown(), { contains: Type.Integer() }),
  "not an object with more": () => Type.Not(Type.Object({ extra: Type.Integer() })),
  record: () => Type.Record(Type.String(), Type.String()),
  "record of unknown": () => Type.Record(Type.String(), Type.Unknown()),
  "record of integers": () => Type.Record(Type.String(), Type.Integer()),
  "record by pattern": () => Type.Record(Type.RegExp(/^na/), Type.String()),
  "record by pattern and more": () =>
    Type.Record(Type.RegExp(/^na/), Type.String(), { additionalProperties: Type.Null() }),
  "record by integer": () => Type.Record(Type.Integer(), Type.String()),
  "dates by integer": () => Type.Record(Type.Number(), Type.Date()),
  "unknown by integer": () => Type.Record(Type.Integer(), Type.Unknown()),
  list: () =>
    Type.Recursive((This) => Type.Object({ value: Type.Integer(), next: Type.Optional(This) })),
  tree: () =>
    Type.Recursive((This) =>
      Type.Union([
        Type.Array(This),
        Type.Object({ leaf: Type.Record(Type.Integer(), Type.Null()) }),
      ]),
    ),
  import: () =>
    Type.Module({
      Box: Type.Object({ name: Type.Ref("Inner") }),
      Inner: Type.Union([Type.Null(), Type.Record(Type.Integer(), Type.String())]),
    }).Import("Box"),
};

const LEAVES: readonly Uint8Array[] = [
  NULL,
  TRUE,
  fromHex("f4"),
  UNDEFINED,
  ...[0, 1, -1, 5, 10, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n), -(2n ** 64n)].map(
    (value) => integer(value),
  ),
  ...[1.5, 5, -0, 2 ** 60, 1e300, Number.NaN, Infinity].map(double),
  ...["", "a", "name", "v1", "vv", "Añil", "n0.5", "n-1", "n01"].map((value) => text(value)),
  byteString(fromHex("")),
  byteString(fromHex("01ff")),
  byteString(fromHex("010203")),
];

const INTRUDER = map(text("admin"), TRUE);
const key = (name: string): Uint8Array => text(name);

/** Items to be received: of every kind, and with the shape of one and the content of another. */
export const ITEMS: readonly Uint8Array[] = [
  ...LEAVES,
  array(),
  ...LEAVES.slice(0, 6).map((leaf) => array(leaf)),
  array(text("a")),
  array(text("a"), text("b")),
  array(text("a"), integer(1)),
  array(text("a"), integer(1), NULL),
  array(integer(1), text("a")),
  array(INTRUDER),
  array(map(integer(1), text("x"))),
  array(map(text("name"), NULL), map(integer(1), NULL)),
  array(map(text("name"), text("x")), map(text("name"), text("x"), text("extra"), integer(1))),
  array(map(text("name"), text("x")), map(text("name"), text("y"))),
  array(map(text("name"), NULL), map(text("name"), NULL)),
  array(map(text("name"), NULL), map(integer(1), TRUE)),
  array(array(map(text("leaf"), map(integer(1), NULL)))),
  array(array(map(text("leaf"), map(text("name"), NULL)))),
  map(),
  INTRUDER,
  ...LEAVES.map((leaf) => map(key("name"), leaf)),
  ...LEAVES.slice(0, 8).map((leaf) => map(integer(1), leaf)),
  map(key("name"), array(integer(1), INTRUDER)),
  map(key("name"), map(integer(1), text("x"))),
  map(key("name"), map(key("name"), text("x"))),
  map(key("name"), map(integer(1), INTRUDER)),
  map(key("name"), text("x"), key("extra"), INTRUDER),
  map(key("name"), text("x"), key("extra"), integer(1)),
  map(key("extra"), NULL, key("name"), text("x")),
  map(key("name"), text("x"), key("at"), integer(5)),
  map(key("at"), double(1.5), key("name"), text("x")),
  map(key("nap"), text("x")),
  map(key("nap"), integer(1)),
  map(key("1"), text("x")),
  map(integer(1), text("x")),
  map(integer(-7), text("x"), integer(2), text("y")),
  map(integer(1), text("x"), key("name"), text("y")),
  map(integer(1), text("x"), key("1"), text("y")),
  map(integer(2n ** 53n), text("x")),
  map(head("unsigned", 1, 8), text("x")),
  map(key("kind"), text("a"), key("name"), text("x")),
  map(key("kind"), text("a"), key("name"), INTRUDER),
  map(key("kind"), text("a"), key("at"), integer(5)),
  map(key("kind"), text("a")),
  map(key("kind"), text("b"), key("at"), integer(5)),
  map(key("kind"), text("b"), key("at"), text("x")),
  map(key("kind"), text("c"), key("name"), text("x"), key("at"), integer(5)),
  map(key("kind"), integer(5), key("at"), integer(2n ** 63n)),
  map(key("kind"), double(5), key("at"), integer(5)),
  map(key("value"), integer(1), key("next"), map(key("value"), integer(2))),
  map(key("value"), integer(1), key("next"), map(key("name"), text("x"))),
  map(key("leaf"), map(integer(1), NULL)),
  map(key("leaf"), map(key("name"), NULL)),
  map(key("leaf"), map(integer(1), INTRUDER)),
  map(key("toString"), text("x")),
  map(key("toString"), integer(1)),
];

/** Where a schema may stand in the message's `v`, and how an item stands there. */
export const PLACES: Readonly<
  Record<
    string,
    readonly [within: (schema: TSchema) => TSchema, wrap: (item: Uint8Array) => Uint8Array]
  >
> = {
  array: [(schema) => Type.Array(schema), (item) => array(item)],
  tuple: [(schema) => Type.Tuple([Type.Null(), schema]), (item) => array(NULL, item)],
  "an optional property": [
    (schema) => Type.Object({ p: Type.Optional(schema) }),
    (item) => map(key("p"), item),
  ],
  "a required property": [
    (schema) => Type.Object({ p: schema, q: Type.Optional(Type.Null()) }),
    (item) => map(key("p"), item),
  ],
  "further properties": [
    (schema) => Type.Object({ p: Type.Null() }, { additionalProperties: schema }),
    (item) => map(key("p"), NULL, key("q"), item),
  ],
  record: [(schema) => Type.Record(Type.String(), schema), (item) => map(key("p"), item)],
  "an integer record": [
    (schema) => Type.Record(Type.Integer(), schema),
    (item) => map(integer(3), item),
  ],
  "a union": [(schema) => Type.Union([schema, Type.Literal("other")]), (item) => item],
  "a union of arrays": [
    (schema) => Type.Union([Type.Tuple([Type.Literal("other")]), Type.Array(schema)]),
    (item) => array(item),
  ],
  "a union of objects": [
    (schema) => Type.Union([Type.Object({ other: Type.Null() }), Type.Object({ p: schema })]),
    (item) => map(key("p"), item),
  ],
  "a recursive list": [
    (schema) => Type.Recursive((This) => Type.Object({ p: schema, next: Type.Optional(This) })),
    (item) => map(key("p"), item, key("next"), map(key("p"), item)),
  ],
  "a recursive union": [
    (schema) =>
      Type.Recursive((This) =>
        Type.Union([
          Type.Object({ kind: Type.Literal("one"), only: This }),
          Type.Object({ kind: Type.Literal("leaf"), p: schema }),
        ]),
      ),
    (item) =>
      map(key("kind"), text("one"), key("only"), map(key("kind"), text("leaf"), key("p"), item)),
  ],
  "a module": [
    (schema) =>
      schema.$id === undefined
        ? Type.Module({ Box: Type.Object({ p: Type.Ref("Inner") }), Inner: schema }).Import("Box")
        : schema,
    (item) => map(key("p"), item),
  ],
};

class Surprise {
  readonly name = "x";
}

/** Values to be sent: what is delivered somewhere, and what is nowhere. */
export const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  1,
  5,
  1.5,
  2 ** 60,
  Number.NaN,
  5n,
  2n ** 63n,
  2n ** 64n,
  "",
  "a",
  "name",
  "v1",
  "vv",
  "\ud800",
  new Date(5),
  new Date(Number.NaN),
  new Uint8Array(0),
  new Uint8Array(2),
  [],
  [1],
  ["a"],
  ["a", 1],
  [undefined],
  [{ 1: "x" }],
  [{ name: null }, { 1: null }],
  [{ name: null }, { name: null }],
  [[{ leaf: { 1: null } }]],
  [[{ leaf: { name: null } }]],
  {},
  { admin: true },
  { name: "x" },
  { name: null },
  { name: undefined },
  { name: 1 },
  { name: new Date(5) },
  { name: new Uint8Array(1) },
  { name: [1, { admin: true }] },
  { name: { 1: "x" } },
  { name: { name: "x" } },
  { name: "x", extra: { admin: true } },
  { name: "x", extra: 1 },
  { name: undefined, extra: undefined },
  { name: "x", at: undefined },
  { extra: 1 },
  { extra: undefined },
  [{ name: "x" }, { name: "x", extra: 1 }],
  [{}, { name: undefined }],
  [{ name: "x" }, { name: "y", extra: 1 }],
  { name: "x", at: new Date(5) },
  { name: "x", at: 5 },
  { nap: "x" },
  { get: "x" },
  { 1: "x" },
  { 1: new Date(5) },
  { 1: "x", name: "y" },
  { "01": "x" },
  { kind: "a", name: "x" },
  { kind: "a", at: 5n },
  { kind: "a" },
  { kind: "b", at: new Date(5) },
  { kind: "b", at: 5 },
  { kind: "c", name: "x", at: new Date(5) },
  { kind: 5, at: 2n ** 63n },
  { value: 1, next: { value: 2 } },
  { value: 1, next: { name: "x" } },
  { leaf: { 1: null } },
  { leaf: { name: null } },
  { toString: "x" },
  { toString: 1 },
  new Map([["name", "x"]]),
  new Surprise(),
  () => "x",
  Symbol("x"),
];
