// Schemas that TypeBox 0.34 has not made: the error names what made them, and the way out.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { defineProtocol, Type as Ours, TypewireError } from "../../src/index.ts";

/** As TypeBox 1 makes them: the kind is a hidden property instead of a symbol. */
function typeBox1(kind: string, schema: object): TSchema {
  return Object.defineProperty(schema, "~kind", { value: kind, enumerable: false }) as TSchema;
}

/** A schema that the compiler would refuse, as JavaScript, or a cast, lets it through. */
function plain(schema: unknown): TSchema {
  return schema as TSchema;
}

function refusalOf(schema: TSchema): TypewireError {
  try {
    defineProtocol({ name: "p", version: 1, server: { m: schema }, client: {} });
  } catch (error) {
    if (error instanceof TypewireError) return error;
  }
  throw new Error("expected defineProtocol to refuse the schema with a TypewireError");
}

const text = typeBox1("String", { type: "string" });
const record = Type.Record(Type.String(), Type.Null());

describe("a schema of TypeBox 1", () => {
  test.each([
    ["a message", typeBox1("Object", { type: "object", properties: {} }), "/server/m"],
    ["a property", Type.Object({ a: text }), "/server/m/a"],
    ["an item", Type.Object({ a: Type.Array(text) }), "/server/m/a/items"],
    ["an item of a tuple", Type.Object({ a: Type.Tuple([Type.Null(), text]) }), "/server/m/a/1"],
    [
      "a member of a union",
      Type.Object({ a: Type.Union([Type.Null(), text]) }),
      "/server/m/a/anyOf/1",
    ],
    [
      "a part of an intersection",
      Type.Intersect([Type.Object({ a: Type.Null() }), typeBox1("Object", { type: "object" })]),
      "/server/m/allOf/1",
    ],
    [
      "the values of a record",
      Type.Object({ a: Type.Record(Type.String(), text) }),
      "/server/m/a/values",
    ],
    [
      "what an object has besides",
      Type.Object({}, { additionalProperties: text }),
      "/server/m/additionalProperties",
    ],
    ["what a value is not", Type.Object({ a: Type.Not(text) }), "/server/m/a/not"],
    [
      "what an array contains",
      Type.Object({ a: Type.Array(Type.Null(), { contains: text }) }),
      "/server/m/a/contains",
    ],
    [
      "a definition of a module",
      Type.Module({ M: Type.Object({ a: text }) }).Import("M"),
      "/server/m/$defs/M/a",
    ],
  ])("is refused as %s, with its place, its package and the one to take", (_, schema, path) => {
    const error = refusalOf(schema);
    expect(error.code).toBe("protocol-invalid");
    expect(error.path).toBe(path);
    expect(error.message).toContain(`at ${path}: `);
    expect(error.message).toContain('TypeBox 1, the package "typebox"');
    expect(error.message).toContain("@sinclair/typebox 0.34");
    expect(error.message).toContain('import { Type } from "typewire"');
  });
});

describe("a plain JSON Schema", () => {
  test.each([
    [{ type: "object", properties: { a: { type: "string" } } }, "Type.Object"],
    [{ type: "string", minLength: 1 }, "Type.String"],
    [{ type: "integer" }, "Type.Integer"],
    [{ type: "array", items: {} }, "Type.Array"],
    [{ anyOf: [] }, "Type.Union"],
    [{ allOf: [] }, "Type.Intersect"],
    [{ const: 1 }, "Type.Literal"],
    [{ enum: ["a"] }, "Type.Union"],
    [{ $ref: "#/a" }, "Type.Ref"],
    [{ type: "array", prefixItems: [{}] }, "Type.Tuple"],
    [{ type: "object", patternProperties: { "^a": {} } }, "Type.Record"],
    [{ type: ["integer", "null"] }, "Type.Union([Type.Integer(), Type.Null()])"],
    [{ type: "string", nullable: true }, "Type.Union([Type.String(), Type.Null()])"],
    [{ type: "string", contentEncoding: "base64" }, "Type.Uint8Array()"],
    [
      { type: "object", additionalProperties: { type: "string" } },
      "Type.Record(Type.String(), … )",
    ],
    [{ type: "Set" }, "Type.Array(…, { uniqueItems: true })"],
    [{}, "Type.Unknown"],
  ])("%j is refused, with what to write", (schema, instead) => {
    const { message, path } = refusalOf(Type.Object({ a: plain(schema) }));
    expect(path).toBe("/server/m/a");
    expect(message).toContain("a plain JSON Schema");
    expect(message).toContain(`; write ${instead}`);
    expect(message).toContain('import { Type } from "typewire"');
  });
});

describe("a schema of TypeBox 1 that 0.34 has copied", () => {
  test("has lost its mark, and its package is named all the same", () => {
    const { message } = refusalOf(Type.Object({ a: Type.Optional(text) }));
    expect(message).toContain('"typebox"');
    expect(message).toContain('import { Type } from "typewire"');
  });
});

describe("a schema of another library", () => {
  test("is refused with the name that it gives itself", () => {
    const zod = { "~standard": { version: 1, vendor: "zod", validate: () => ({ value: 1 }) } };
    const { message } = refusalOf(plain(zod));
    expect(message).toContain("a schema of zod");
    expect(message).toContain('import { Type } from "typewire"');
  });

  test("is refused where it is no object at all", () => {
    expect(refusalOf(Type.Object({ a: plain("string") })).message).toContain(
      "expected a TypeBox type, got text of length 6; write Type.String()",
    );
  });
});

describe("what stands for a type elsewhere", () => {
  const standard = { version: 1, vendor: "arktype", validate: () => ({ value: 1 }) };

  test.each<readonly [what: string, given: unknown, advice: string]>([
    ["true", true, "Type.Unknown()"],
    ["false", false, "Type.Optional(Type.Never())"],
    ["String", String, "Type.String()"],
    ["Date", Date, "Type.Date()"],
    ["Uint8Array", Uint8Array, "Type.Uint8Array()"],
    ["a regular expression", /^a/, "Type.RegExp(/…/)"],
    ["a list of types", [Type.String()], "Type.Array(…), or Type.Tuple([ … ])"],
    ["a word that is none of a type", "open", 'write Type.Literal("open")'],
    ["a number", 5, "write Type.Literal(5)"],
    ["null", null, "write Type.Null()"],
    ["undefined", undefined, "leave it out, or import the type before it is used"],
    ["an enum", { Up: "up", Down: 2 }, "write Type.Enum(…)"],
    ["a function of Type's", Ours.String, "write Type.String(…), which calls it"],
    ["a function of TypeBox's", Type.Partial, "write Type.Partial(…), which calls it"],
    ["a class", class Odd {}, "describe the data that travels"],
    ["types by their names", { a: Type.String() }, "Type.Object({ … })"],
    ["a function", () => Type.String(), 'import { Type } from "typewire"'],
    ["a promise", Promise.resolve(Type.String()), "await it, or describe its value"],
    ["a schema that is a function", Object.assign(() => 1, { "~standard": standard }), "arktype"],
  ])("is refused with what to write: %s", (_, given, advice) => {
    const { message, path } = refusalOf(Type.Object({ a: plain(given) }));
    expect(path).toBe("/server/m/a");
    expect(message).toContain(advice);
    expect(message).not.toContain("plain JSON Schema");
  });

  test("an object that stands in itself is refused at the second place", () => {
    const node = Type.Object({ next: Type.Optional(Type.Null()) });
    node.properties.next = Type.Array(node) as never;
    const { message, path } = refusalOf(Type.Object({ a: node }));
    expect(path).toBe("/server/m/a/next/items");
    expect(message).toContain("contains itself; write Type.Recursive(");
    const twice = Type.Object({ a: record, b: record, c: Type.Optional(record) });
    expect(() =>
      defineProtocol({ name: "p", version: 1, server: { twice }, client: {} }),
    ).not.toThrow();
  });

  test("a note for readers has an end", () => {
    const endless: unknown[] = [];
    endless.push({ a: endless });
    for (const note of ["default", "examples", "x-note"]) {
      const { message } = refusalOf(Type.Object({ a: Type.String({ [note]: endless }) }));
      expect(message).toContain(`${note}: expected a value that does not contain itself`);
    }
  });
});

describe("what is no schema", () => {
  test("may be anything: defaults, examples and enumerated values are not looked into", () => {
    const options = { default: { type: "string" }, examples: [{ properties: { a: {} } }] };
    const messages = {
      m: Type.Object({ a: Type.String(options), b: record, c: Type.Optional(Type.Any(options)) }),
    };
    expect(() =>
      defineProtocol({ name: "p", version: 1, server: messages, client: {} }),
    ).not.toThrow();
  });

  test("nor is what an unsafe type holds", () => {
    const inside = { type: "object", properties: { a: { type: "string" } } } as const;
    const { message } = refusalOf(Type.Object({ a: Type.Unsafe(inside) }));
    expect(message).toContain("Type.Unsafe says nothing about the value");
  });

  test("a type that no value has is one", () => {
    const messages = { m: Type.Object({ a: Type.Optional(Type.Never()) }) };
    expect(() =>
      defineProtocol({ name: "p", version: 1, server: messages, client: {} }),
    ).not.toThrow();
  });

  test("a schema that refers to itself is looked into once", () => {
    const node = Type.Recursive((This) => Type.Object({ next: Type.Optional(This) }));
    expect(() =>
      defineProtocol({ name: "p", version: 1, server: { node }, client: {} }),
    ).not.toThrow();
  });
});
