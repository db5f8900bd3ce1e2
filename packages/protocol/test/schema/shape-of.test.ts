import { describe, expect, test } from "bun:test";

import { Kind, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";

import { toCheckSchema } from "../../src/schema/check-schema.ts";
import { shapeOf } from "../../src/schema/shape-of.ts";
import { resolveShape, type Shape } from "../../src/schema/shape.ts";
import { expectError } from "../support/errors.ts";

/** A shape in one line: `{a: text, b?: [integer]}`; `…` where it is already under way. */
function sketch(shape: Shape, path: readonly unknown[] = []): string {
  const resolved = resolveShape(shape);
  if (resolved === undefined) return "unbuilt";
  if (path.includes(resolved)) return "…";
  const inner = (part: Shape): string => sketch(part, [...path, resolved]);
  switch (resolved.kind) {
    case "literal":
      return JSON.stringify(resolved.value);
    case "array":
      return `[${inner(resolved.items)}*]`;
    case "tuple":
      return `[${resolved.items.map(inner).join(", ")}]`;
    case "union":
      return resolved.members.map((member) => inner(member.shape)).join(" | ");
    case "object": {
      const rest = typeof resolved.rest === "object" ? inner(resolved.rest) : resolved.rest;
      const parts = [
        ...resolved.properties.map(
          ({ name, optional, shape: part }) => `${name}${optional ? "?" : ""}: ${inner(part)}`,
        ),
        ...resolved.entries.map(
          (entries) => `<${entries.keys} ${entries.pattern.source}>: ${inner(entries.shape)}`,
        ),
        ...(rest === "drop" ? [] : [`...${rest}`]),
      ];
      return `{${parts.join(", ")}}`;
    }
    default:
      return resolved.kind;
  }
}

function shapeFor(schema: TSchema): string {
  return sketch(shapeOf(toCheckSchema(schema), "/x"));
}

describe("shapeOf", () => {
  test.each([
    ["Any", Type.Any(), "any"],
    ["Unknown", Type.Unknown(), "any"],
    ["Not", Type.Not(Type.String()), "any"],
    ["Never", Type.Never(), "never"],
    ["Null", Type.Null(), "null"],
    ["Undefined", Type.Undefined(), "undefined"],
    ["Void", Type.Void(), "undefined"],
    ["Boolean", Type.Boolean(), "boolean"],
    ["Number", Type.Number(), "number"],
    ["Integer", Type.Integer(), "integer"],
    ["BigInt", Type.BigInt(), "bigint"],
    ["String", Type.String(), "text"],
    ["TemplateLiteral", Type.TemplateLiteral("a${0|1}"), "text"],
    ["RegExp", Type.RegExp(/^a+$/), "text"],
    ["Uint8Array", Type.Uint8Array(), "bytes"],
    ["Date", Type.Date(), "date"],
    ["Literal text", Type.Literal("a"), '"a"'],
    ["Literal number", Type.Literal(1.5), "1.5"],
    ["Literal boolean", Type.Literal(true), "true"],
    ["Const", Type.Const({ a: 1, b: ["x"] } as const), '{a: 1, b: ["x"]}'],
    ["Enum", Type.Enum({ A: "a", B: 2 }), '"a" | 2'],
    ["Enum without members", Type.Enum({}), "never"],
    ["Array", Type.Array(Type.Integer()), "[integer*]"],
    ["Tuple", Type.Tuple([Type.String(), Type.Null()]), "[text, null]"],
    ["empty Tuple", Type.Tuple([]), "[]"],
    [
      "Object",
      Type.Object({ a: Type.String(), b: Type.Optional(Type.Date()) }),
      "{a: text, b?: date}",
    ],
    ["Readonly, Optional", Type.Object({ a: Type.ReadonlyOptional(Type.Null()) }), "{a?: null}"],
    ["Object that is closed", Type.Object({}, { additionalProperties: false }), "{...refuse}"],
    ["Object that is open", Type.Object({}, { additionalProperties: true }), "{...any}"],
    ["Object with a rest", Type.Object({}, { additionalProperties: Type.Date() }), "{...date}"],
    [
      "Record of text keys",
      Type.Record(Type.String(), Type.Date()),
      "{<text ^[\\s\\S]*$>: date, ...refuse}",
    ],
    [
      "Record of Any keys",
      Type.Record(Type.Any(), Type.Null()),
      "{<text ^[\\s\\S]*$>: null, ...refuse}",
    ],
    [
      "Record of a pattern",
      Type.Record(Type.String({ pattern: "^x" }), Type.Null()),
      "{<text ^x>: null, ...refuse}",
    ],
    [
      "Record of a RegExp",
      Type.Record(Type.RegExp(/^x/), Type.Null()),
      "{<text ^x>: null, ...refuse}",
    ],
    [
      "Record of a template",
      Type.Record(Type.TemplateLiteral("k${string}"), Type.Null()),
      "{<text ^k(.*)$>: null, ...refuse}",
    ],
    [
      "Record of Integer",
      Type.Record(Type.Integer(), Type.Null()),
      "{<integer ^(0|-?[1-9][0-9]*)$>: null, ...refuse}",
    ],
    [
      "Record of Number",
      Type.Record(Type.Number(), Type.Null()),
      "{<integer ^(0|-?[1-9][0-9]*)$>: null, ...refuse}",
    ],
    [
      "Record of literals",
      Type.Record(Type.Union([Type.Literal("a"), Type.Literal(1)]), Type.Null()),
      "{1: null, a: null}",
    ],
    ["Record of Boolean", Type.Record(Type.Boolean(), Type.Null()), "{true: null, false: null}"],
    ["Union", Type.Union([Type.String(), Type.Null()]), "text | null"],
    ["Union of one", Type.Union([Type.String()]), "text"],
    ["Union of none", Type.Union([]), "never"],
    [
      "Union in a Union",
      Type.Union([Type.Union([Type.Null(), Type.String()]), Type.Boolean()]),
      "null | text | boolean",
    ],
    ["KeyOf", Type.KeyOf(Type.Object({ a: Type.Null(), b: Type.Null() })), '"a" | "b"'],
    ["Index", Type.Index(Type.Object({ a: Type.Date() }), ["a"]), "date"],
    ["Pick", Type.Pick(Type.Object({ a: Type.Date(), b: Type.Null() }), ["a"]), "{a: date}"],
    ["Omit", Type.Omit(Type.Object({ a: Type.Date(), b: Type.Null() }), ["a"]), "{b: null}"],
    ["Partial", Type.Partial(Type.Object({ a: Type.Date() })), "{a?: date}"],
    ["Required", Type.Required(Type.Partial(Type.Object({ a: Type.Date() }))), "{a: date}"],
    [
      "Composite",
      Type.Composite([Type.Object({ a: Type.Date() }), Type.Object({ b: Type.Null() })]),
      "{a: date, b: null}",
    ],
    [
      "Mapped",
      Type.Mapped(Type.KeyOf(Type.Object({ a: Type.Null() })), () => Type.Date()),
      "{a: date}",
    ],
    ["Extract", Type.Extract(Type.Union([Type.Null(), Type.Date()]), Type.Date()), "date"],
    ["Exclude", Type.Exclude(Type.Union([Type.Null(), Type.Date()]), Type.Null()), "date"],
    ["Awaited", Type.Awaited(Type.Promise(Type.Date())), "date"],
    ["a schema with an $id", Type.Object({ a: Type.Date() }, { $id: "Dated" }), "{a: date}"],
    [
      "properties of hostile names",
      Type.Object({
        constructor: Type.Null(),
        toString: Type.Null(),
        patternProperties: Type.Date(),
        $id: Type.Null(),
        $ref: Type.Null(),
        $defs: Type.Null(),
      }),
      "{constructor: null, toString: null, patternProperties: date, $id: null, $ref: null, $defs: null}",
    ],
  ] as const)("boils %s down", (_, schema, sketched) => {
    expect(shapeFor(schema)).toBe(sketched);
  });

  test.each([
    [
      "Function",
      Type.Function([], Type.Null()),
      "a function cannot travel; send a message that asks for the call",
    ],
    [
      "Constructor",
      Type.Constructor([], Type.Null()),
      "a constructor cannot travel; send the data it is built from",
    ],
    [
      "Promise",
      Type.Promise(Type.Null()),
      "a promise cannot travel; send its value when it is there",
    ],
    ["Symbol", Type.Symbol(), "a symbol cannot travel; send a string"],
    ["Iterator", Type.Iterator(Type.Null()), "an iterator cannot travel; send an array"],
    [
      "AsyncIterator",
      Type.AsyncIterator(Type.Null()),
      "an iterator cannot travel; send its items as messages",
    ],
    [
      "Unsafe",
      Type.Unsafe<string>({ type: "string" }),
      "Type.Unsafe says nothing about the value; write Type.String()",
    ],
    [
      "Transform",
      Type.Transform(Type.String()).Decode(Number).Encode(String),
      "a Transform cannot travel: the two ends would have different types",
    ],
    [
      "a free Ref",
      Type.Ref("Elsewhere"),
      'the reference "Elsewhere" names nothing here; put the type itself in its place, or use Type.Module or Type.Recursive',
    ],
    [
      "a Not that refers",
      Type.Recursive((This) => Type.Not(Type.Array(This))),
      "a Not cannot refer to other types",
    ],
    [
      "JSON Schema without a kind",
      { type: "string" } as unknown as TSchema,
      "expected a TypeBox type with a wire form, got none; write the type that travels, such as Type.String(), and convert at both ends",
    ],
    ["undefined", undefined as unknown as TSchema, "expected a TypeBox type, got undefined"],
    ["null", null as unknown as TSchema, "expected a TypeBox type, got null"],
    ["a string", "string" as unknown as TSchema, "expected a TypeBox type, got text of length 6"],
  ] as const)(
    "refuses %s wherever it stands, with its path and the reason",
    (_, schema, reason) => {
      const places: readonly [path: string, schema: TSchema][] = [
        ["/x", schema],
        ["/x/items", Type.Array(schema)],
        ["/x/1", Type.Tuple([Type.Null(), schema])],
        ["/x/a~1b/c~0d", Type.Object({ "a/b": Type.Object({ "c~d": schema }) })],
        [
          "/x/values",
          { ...Type.Record(Type.RegExp(/^x/), Type.Null()), patternProperties: { "^x": schema } },
        ],
        ["/x/additionalProperties", { ...Type.Object({}), additionalProperties: schema }],
        ["/x/anyOf/1", { ...Type.Union([Type.Null(), Type.Date()]), anyOf: [Type.Null(), schema] }],
        [
          "/x/allOf/1",
          {
            ...Type.Intersect([Type.Object({}), Type.Object({})]),
            allOf: [Type.Object({}), schema],
          },
        ],
      ];
      for (const [path, placed] of places) {
        // Without a schema there, an object with no further properties is described.
        if (path === "/x/additionalProperties" && (typeof schema !== "object" || schema === null))
          continue;
        expectError(() => shapeFor(placed), "protocol-invalid", {
          path,
          message: `Cannot define protocol at ${path}: ${reason}`,
        });
      }
    },
  );

  test("refuses a kind of one's own", () => {
    TypeRegistry.Set("Odd", () => true);
    expectError(() => shapeFor({ [Kind]: "Odd" } as TSchema), "protocol-invalid", {
      message:
        "Cannot define protocol at /x: expected a TypeBox type with a wire form, got Odd; write the type that travels, such as Type.String(), and convert at both ends",
    });
    TypeRegistry.Delete("Odd");
  });

  test("refuses a property named __proto__", () => {
    const schema = Type.Object({
      a: Type.Object(Object.fromEntries([["__proto__", Type.Null()]])),
    });
    expectError(() => shapeFor(schema), "protocol-invalid", {
      path: "/x/a/__proto__",
      message:
        "Cannot define protocol at /x/a/__proto__: a property named __proto__ cannot travel; rename it",
    });
  });
});

describe("shapeOf, of types that contain themselves,", () => {
  test("closes the circle of a Recursive", () => {
    const list = Type.Recursive((This) =>
      Type.Object({ value: Type.Date(), next: Type.Optional(This) }),
    );
    expect(shapeFor(list)).toBe("{value: date, next?: …}");
    expect(shapeFor(Type.Object({ a: list, b: list }))).toBe(
      "{a: {value: date, next?: …}, b: {value: date, next?: …}}",
    );
    expect(shapeFor(Type.Optional(list))).toBe("{value: date, next?: …}");
  });

  test("closes the circle of a Recursive inside another", () => {
    const schema = Type.Recursive((Outer) =>
      Type.Object({
        inner: Type.Recursive((Inner) =>
          Type.Object({ inner: Type.Array(Inner), outer: Type.Array(Outer) }),
        ),
      }),
    );
    expect(shapeFor(schema)).toBe("{inner: {inner: […*], outer: […*]}}");
  });

  test("tells two types apart that were given the same $id", () => {
    const one = Type.Recursive((This) => Type.Object({ one: Type.Array(This) }), { $id: "Node" });
    const two = Type.Recursive((This) => Type.Object({ two: Type.Array(This), in: one }), {
      $id: "Node",
    });
    expect(shapeFor(Type.Tuple([one, two]))).toBe("[{one: […*]}, {two: […*], in: {one: […*]}}]");
  });

  test("closes the circles of a Module, and tells apart those of two", () => {
    const tree = Type.Module({
      Tree: Type.Object({
        left: Type.Optional(Type.Ref("Leaf")),
        right: Type.Array(Type.Ref("Tree")),
      }),
      Leaf: Type.Union([Type.Null(), Type.Ref("Dated")]),
      Dated: Type.Object({ at: Type.Date(), tree: Type.Optional(Type.Ref("Tree")) }),
    });
    const other = Type.Module({ Leaf: Type.Object({ text: Type.String() }) });
    expect(shapeFor(tree.Import("Tree"))).toBe("{left?: null | {at: date, tree?: …}, right: […*]}");
    expect(shapeFor(Type.Tuple([tree.Import("Leaf"), other.Import("Leaf")]))).toBe(
      "[null | {at: date, tree?: {left?: …, right: […*]}}, {text: text}]",
    );
  });

  test("builds what a Module computes", () => {
    const module = Type.Module({
      Point: Type.Object({ x: Type.Number(), y: Type.Number() }),
      Some: Type.Partial(Type.Ref("Point")),
      X: Type.Pick(Type.Ref("Point"), Type.Literal("x")),
      Names: Type.KeyOf(Type.Ref("Point")),
    });
    expect(shapeFor(module.Import("Some"))).toBe("{x?: number, y?: number}");
    expect(shapeFor(module.Import("X"))).toBe("{x: number}");
    expect(shapeFor(module.Import("Names"))).toBe('"x" | "y"');
  });

  test("refuses a type that is nothing but itself", () => {
    const self = Type.Module({ A: Type.Ref("B"), B: Type.Ref("A") });
    expectError(() => shapeFor(self.Import("A")), "protocol-invalid", {
      message: 'Cannot define protocol at /x: "A" refers only to itself',
    });
    expectError(() => shapeFor(Type.Recursive((This) => This)), "protocol-invalid");
  });

  test("refuses a name that the Module has not", () => {
    const broken = Type.Module({ A: Type.Object({ b: Type.Array(Type.Ref("B")) }) });
    expectError(() => shapeFor(broken.Import("A")), "protocol-invalid", {
      path: "/x/b/items",
      message:
        'Cannot define protocol at /x/b/items: the reference "B" names nothing here; put the type itself in its place, or use Type.Module or Type.Recursive',
    });
  });
});
