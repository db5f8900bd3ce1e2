import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ByteWriter } from "../../../src/byte-writer.ts";
import { literal, Source } from "../../../src/codec/compiled/source.ts";
import { compileNow, generatedCode } from "../../../src/codec/direction-codec.ts";
import { defineProtocol, defineReferenceProtocol } from "../../../src/define-protocol.ts";
import { MOST_NAME_BYTES } from "../../../src/schema/names.ts";
import { replaceUnprintable } from "../../../src/unprintable.ts";
import { errorOf } from "../../support/errors.ts";

/** Names that would end a string, a comment or a line of code, if they ever stood in one. */
const HOSTILE_NAMES = [
  'quote"',
  "quote'",
  "back`tick ${alert}",
  "back\\slash",
  "new\nline",
  "*/ return 1 /*",
  "// comment",
  "\u2028",
  "\u2029",
  "</script>",
  "a\0b",
  "constructor",
  "toString",
  "hasOwnProperty",
  "__proto",
  "x".repeat(1000),
  "ñandú 日本 😀",
];

describe("generated code", () => {
  test.each(HOSTILE_NAMES.map((name) => [name.slice(0, 20), name] as const))(
    "takes the name %j for data",
    (_, name) => {
      // A message may not have every name that a property may.
      const type = replaceUnprintable(name.slice(0, MOST_NAME_BYTES), () => "_");
      const codec = defineProtocol({
        name: "hostile",
        version: 1,
        server: {
          [type]: Type.Object({
            [name]: Type.Literal(name),
            nested: Type.Object({ [name]: Type.Optional(Type.Integer()) }),
            one: Type.Union([Type.Literal(name), Type.Literal(`${name}!`)]),
            record: Type.Record(Type.String(), Type.String()),
          }),
        },
        client: {},
      }).server;
      const message = {
        type,
        [name]: name,
        nested: { [name]: 5 },
        one: `${name}!`,
        record: { [name]: name },
      } as Parameters<typeof codec.encode>[0];
      const { messages } = compileNow(codec);
      expect(messages.map(({ decode, encode }) => [decode.state, encode.state])).toEqual(
        messages.map(() => ["compiled", "compiled"]),
      );
      expect(codec.decode(codec.encode(message))).toStrictEqual(message);
    },
  );

  test("refuses the key __proto__ in a record, coming and going", () => {
    const { server } = defineProtocol({
      name: "p",
      version: 1,
      server: { m: Type.Object({ r: Type.Record(Type.String(), Type.Integer()) }) },
      client: {},
    });
    const record: Record<string, number> = JSON.parse('{"__proto__": 1}');
    expect(errorOf(() => server.encode({ type: "m", r: record })).path).toBe("/r/__proto__");
  });

  test("is there to be read, formatted", () => {
    const { server } = defineProtocol({
      name: "p",
      version: 1,
      server: { welcome: Type.Object({ text: Type.String() }), said: Type.Object({}) },
      client: {},
    });
    const { decoder, encoder } = compileNow(server);
    expect(decoder).toContain('return { "type": "welcome", "text": ');
    const lines = [...decoder.trimEnd().split("\n"), ...encoder.trimEnd().split("\n")];
    expect(lines.every((line) => /^( {2})*[^ ]/.test(line))).toBe(true);
  });

  test("says what it left to the reference path, and why", () => {
    const { server } = defineProtocol({
      name: "p",
      version: 1,
      server: { m: Type.Object({ set: Type.Array(Type.Integer(), { uniqueItems: true }) }) },
      client: {},
    });
    const code = {
      state: "uncompilable",
      reason: "uniqueItems is checked by the reference path",
    } as const;
    expect(compileNow(server).messages[0]).toEqual({ name: "m", decode: code, encode: code });
    expect(errorOf(() => server.encode({ type: "m", set: [1, 1] })).path).toBe("/set/1");
    expect(server.decode(server.encode({ type: "m", set: [1, 2] }))).toEqual({
      type: "m",
      set: [1, 2],
    });
  });

  test("is not made where the protocol asks for the reference path", () => {
    const definition = { name: "p", version: 1, server: { m: Type.Object({}) }, client: {} };
    const { server } = defineReferenceProtocol(definition);
    expect(generatedCode(server)).toEqual({ decoder: "", encoder: "", messages: [] });
    expect(server.decode(server.encode({ type: "m" }))).toEqual({ type: "m" });
  });
});

describe("a generated encoder", () => {
  const { server } = defineProtocol({
    name: "p",
    version: 1,
    server: {
      m: Type.Object({ first: Type.String(), list: Type.Array(Type.Integer()), last: Type.Date() }),
    },
    client: {},
  });

  compileNow(server);

  test.each([
    ["/first", { first: 1, list: [], last: new Date() }],
    ["/list/2", { first: "x", list: [1, 2, "3"], last: new Date() }],
    ["/last", { first: "x", list: [1, 2], last: new Date(Number.NaN) }],
    ["/last", { first: "x", list: [1, 2] }],
  ])("leaves the writer as it was and names %s", (path, body) => {
    const writer = new ByteWriter(8);
    server.encodeInto({ type: "m", first: "before", list: [], last: new Date(0) }, writer);
    const before = writer.copy();
    const error = errorOf(() => server.encodeInto({ type: "m", ...body } as never, writer));
    expect([error.code, error.path]).toEqual(["schema-mismatch", path]);
    expect(writer.copy()).toEqual(before);
  });

  test("makes room in a writer of any size", () => {
    const message = {
      type: "m",
      first: "é".repeat(500),
      list: [1, 300, -70_000],
      last: new Date(7),
    } as const;
    for (let size = 0; size < 64; size += 1) {
      const writer = new ByteWriter(size);
      server.encodeInto({ ...message, list: [...message.list] }, writer);
      expect(server.decode(writer.bytes, 10, writer.length)).toEqual({
        ...message,
        list: [...message.list],
      });
    }
  });
});

describe("Source", () => {
  test("writes any primitive as an expression that gives it back", () => {
    for (const value of [
      "a\u2028\"'`\\\n",
      "",
      -0,
      0,
      1e300,
      5e-324,
      -1.5,
      true,
      false,
      10n,
      -5n,
    ]) {
      const source = new Source();
      source.line(`return ${literal(value)};`);
      expect(Object.is(source.evaluate({}), value) || source.evaluate({}) === value).toBe(true);
    }
  });

  test("keeps names apart and hands constants in", () => {
    const source = new Source();
    const pattern = /x/;
    const name = source.constant(pattern, "pattern");
    expect(source.constant(pattern, "pattern")).toBe(name);
    expect(source.fresh("pattern")).not.toBe(name);
    source.line(`return ${name} === given;`);
    expect(source.evaluate({ given: pattern })).toBe(true);
  });
});
