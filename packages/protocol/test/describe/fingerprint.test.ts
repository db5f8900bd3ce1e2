import { describe, expect, test } from "bun:test";

import { FormatRegistry, type TSchema, Type } from "@sinclair/typebox";

import { defineProtocol } from "../../src/define-protocol.ts";
import { fingerprintOf } from "../../src/describe/fingerprint.ts";
import type { MessageSchemas } from "../../src/schema/message-table.ts";
import { saludo } from "../../src/saludo.ts";

function of(server: MessageSchemas, client: MessageSchemas = {}): string {
  return defineProtocol({ name: "test", version: 1, server, client }).fingerprint;
}

const body = (v: TSchema): TSchema => Type.Object({ v });

describe("fingerprintOf", () => {
  // Vectors of the authors of FNV (public domain), and Python's for text beyond ASCII.
  test.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["foobar", "85944171f73967e8"],
    ["chongo was here!\n", "46810940eff5f915"],
  ])("is FNV-1a of 64 bits: %j", (text, expected) => {
    expect(fingerprintOf(text)).toBe(expected);
  });

  test("takes the bytes of UTF-8", () => {
    const byBytes = (text: string): string => {
      let hash = 0xcbf29ce484222325n;
      for (const byte of Buffer.from(text)) {
        hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
      }
      return hash.toString(16).padStart(16, "0");
    };
    const texts = ["\u007f\u0080\u07ff\u0800\uffff", "größe", "🎉\u{10ffff}", "a".repeat(1000)];
    for (const text of texts) expect(fingerprintOf(text)).toBe(byBytes(text));
  });
});

describe("protocol.fingerprint", () => {
  test("is sixteen hexadecimal digits, the same in every run", () => {
    expect(of({})).toBe("3da4493af9aa72d9");
    expect(saludo.fingerprint).toBe("32902ed831a4acd4");
  });

  test("does not depend on the order of messages and properties", () => {
    const [a, b] = [
      Type.Object({ x: Type.String(), y: Type.Null() }),
      Type.Object({ y: Type.Null(), x: Type.String() }),
    ];
    expect(of({ a, c: a })).not.toBe(of({ a }, { c: a }));
    expect(of({ a: a, c: b })).toBe(of({ c: a, a: b }));
  });

  test("does not depend on the order in which named types are met", () => {
    const make = (names: readonly string[]): string => {
      const list = Type.Recursive((This) => Type.Object({ next: Type.Optional(This) }));
      const tree = Type.Recursive((This) => Type.Array(This));
      const types: MessageSchemas = { list, tree, user: Type.Object({}, { $id: "user" }) };
      return of({
        m: Type.Object(Object.fromEntries(names.map((name) => [name, types[name] ?? list]))),
      });
    };
    expect(make(["user", "tree", "list"])).toBe(make(["list", "tree", "user"]));
  });

  test("does not depend on how many recursive types were made before", () => {
    const make = (): TSchema => {
      const list = Type.Recursive((This) => Type.Object({ next: Type.Optional(This) }));
      const tree = Type.Recursive((This) => Type.Object({ list, children: Type.Array(This) }));
      return Type.Object({ tree, list });
    };
    const first = of({ m: make() });
    for (let index = 0; index < 12; index += 1) Type.Recursive((This) => Type.Array(This));
    expect(of({ m: make() })).toBe(first);
  });

  test("does not change with what asks nothing of a value, wherever it stands", () => {
    const notes = { title: "t", description: "d", examples: ["e"], default: "f", $comment: "g" };
    const plain = Type.Recursive((This) =>
      Type.Object({ title: Type.String(), a: Type.Array(This) }),
    );
    const noted = Type.Recursive((This) =>
      Type.Object({ title: Type.String(notes), a: Type.Array(This, notes) }, notes),
    );
    expect(of({ m: body(noted) })).toBe(of({ m: body(plain) }));
    // Two types of which only one is described are still one.
    const both = Type.Object({ a: noted, b: plain });
    expect(of({ m: both })).toBe(of({ m: Type.Object({ a: plain, b: plain }) }));
    // A property of such a name is no annotation.
    expect(of({ m: Type.Object({ title: Type.Null() }) })).not.toBe(of({ m: Type.Object({}) }));
  });

  test("does not depend on whether one type was made once or twice", () => {
    const make = (): TSchema => Type.Object({ a: Type.Null() }, { $id: "shared" });
    const one = make();
    expect(of({ m: Type.Object({ a: make(), b: make() }) })).toBe(
      of({ m: Type.Object({ a: one, b: one }) }),
    );
  });

  test("changes with the direction, the name, the type and every constraint", () => {
    FormatRegistry.Set("fingerprinted", () => true);
    const schemas: readonly TSchema[] = [
      Type.Object({}),
      Type.Object({}, { additionalProperties: false }),
      Type.Object({ a: Type.String() }),
      Type.Object({ b: Type.String() }),
      Type.Object({ a: Type.Optional(Type.String()) }),
      Type.Object({ a: Type.Optional(Type.String()) }, { minProperties: 1 }),
      ...[
        Type.String({ minLength: 1 }),
        Type.String({ minLength: 2 }),
        Type.String({ maxLength: 1 }),
        Type.String({ pattern: "a" }),
        Type.String({ format: "fingerprinted" }),
        Type.RegExp(/a/),
        Type.RegExp(/a/i),
        Type.RegExp(/b/i),
        Type.TemplateLiteral("a${number}"),
        Type.Number(),
        Type.Number({ multipleOf: 0.1 }),
        Type.Integer(),
        Type.Integer({ minimum: 0 }),
        Type.BigInt(),
        Type.BigInt({ minimum: 0n }),
        Type.BigInt({ minimum: 1n }),
        Type.BigInt({ maximum: 2n ** 63n }),
        Type.BigInt({ maximum: 2n ** 63n - 1n }),
        Type.Date(),
        Type.Date({ minimumTimestamp: 0 }),
        Type.Uint8Array(),
        Type.Uint8Array({ minByteLength: 1 }),
        Type.Uint8Array({ maxByteLength: 1 }),
        Type.Literal(1),
        Type.Literal("1"),
        Type.Literal(true),
        Type.Boolean(),
        Type.Null(),
        Type.Undefined(),
        Type.Unknown(),
        Type.Not(Type.String()),
        Type.Array(Type.String()),
        Type.Array(Type.String(), { uniqueItems: true }),
        Type.Array(Type.String(), { contains: Type.Literal("a") }),
        Type.Array(Type.String(), { contains: Type.Literal("a"), minContains: 2 }),
        Type.Tuple([]),
        Type.Tuple([Type.String()]),
        Type.Tuple([Type.String(), Type.Null()]),
        Type.Tuple([Type.Null(), Type.String()]),
        Type.Union([Type.String(), Type.Null()]),
        Type.Union([Type.Null(), Type.String()]),
        Type.Object({}),
        Type.Object({}, { additionalProperties: true }),
        Type.Intersect([Type.Object({ a: Type.Null() }), Type.Object({ b: Type.Null() })]),
        Type.Record(Type.String(), Type.Null()),
        Type.Record(Type.String({ pattern: "^a" }), Type.Null()),
        Type.Record(Type.Integer(), Type.Null()),
        Type.Recursive((This) => Type.Array(This)),
        Type.Recursive((This) => Type.Array(Type.Array(This))),
      ].map(body),
    ];
    const prints = schemas.flatMap((m) => [of({ m }), of({}, { m }), of({ n: m })]);
    expect(new Set(prints).size).toBe(prints.length);
  });

  test("tells apart recursive types that refer to different ones", () => {
    const nest = (pick: (outer: TSchema, inner: TSchema) => TSchema): string =>
      of({
        m: Type.Recursive((Outer) =>
          Type.Object({
            inner: Type.Recursive((Inner) => Type.Object({ next: Type.Array(pick(Outer, Inner)) })),
          }),
        ),
      });
    expect(nest((outer) => outer)).not.toBe(nest((_, inner) => inner));
  });
});
