import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { defineProtocol } from "../src/define-protocol.ts";
import { saludo } from "../src/saludo.ts";
import { isPrintable, MOST_NAME_BYTES } from "../src/schema/names.ts";
import { toHex } from "./support/bytes.ts";
import { errorOf, expectError, outcomeOf } from "./support/errors.ts";

function define(message: string, schema: TSchema): unknown {
  return defineProtocol({ name: "test", version: 1, server: { [message]: schema }, client: {} });
}

const CARRY = "carry the whole under one property: Type.Object({ body: … })";

describe("defineProtocol", () => {
  test("gives a protocol that cannot be changed", () => {
    const protocol = defineProtocol({ name: "test", version: 3, server: {}, client: {} });
    expect([protocol.name, protocol.version]).toEqual(["test", 3]);
    expect(Object.isFrozen(protocol)).toBe(true);
  });

  test.each(["", "\ud800", undefined, 5])("refuses the name %p", (name) => {
    const definition = { name: name as string, version: 1, server: {}, client: {} };
    expectError(() => defineProtocol(definition), "protocol-invalid", {
      message: "Cannot define protocol: it needs a name",
    });
  });

  test("takes a name of 255 characters and no longer, so that $hello can carry it", () => {
    const named = (length: number) => ({
      version: 1,
      server: {},
      client: {},
      name: "ñ".repeat(length),
    });
    expect(defineProtocol(named(255)).name).toHaveLength(255);
    for (const length of [256, 2_000_000]) {
      expectError(() => defineProtocol(named(length)), "protocol-invalid", {
        message: `Cannot define protocol: expected a name of at most 255 characters, got ${length}`,
      });
    }
  });

  test.each([
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    [2 ** 53, "9007199254740992"],
    ["1", "text of length 1"],
    [1n, "integer"],
    [undefined, "undefined"],
  ])("refuses the version %p", (version, got) => {
    const definition = { name: "test", version: version as number, server: {}, client: {} };
    expectError(() => defineProtocol(definition), "protocol-invalid", {
      message: `Cannot define protocol "test": expected a whole number as version, got ${got}`,
    });
  });

  test.each([
    [undefined, "undefined"],
    [null, "null"],
    [5, "integer"],
    [[], "list of 0"],
    [new Map(), "JavaScript Map"],
  ])("refuses %p in the place of a definition", (definition, got) => {
    expectError(() => defineProtocol(definition as never), "protocol-invalid", {
      message: `Cannot define protocol: expected { name, version, server, client }, got ${got}`,
    });
  });

  test.each(["server", "client"])("refuses what is no messages by their names as %s", (side) => {
    const message = Type.Object({ a: Type.String() });
    const none = [undefined, null, [], [message], new Map([["m", message]]), message, "m", true];
    for (const messages of none) {
      const definition = { name: "test", version: 1, server: {}, client: {}, [side]: messages };
      expectError(() => defineProtocol(definition as never), "protocol-invalid", {
        path: `/${side}`,
        message: `Cannot define protocol at /${side}: expected the messages that the ${side} sends by their names, { name: Type.Object({ … }) }, or {} for none`,
      });
    }
  });

  test("refuses calls that have no names, and parts that a protocol has not", () => {
    const protocol = { name: "test", version: 1, server: {}, client: {} };
    for (const calls of [[], new Map(), null, "c", Type.Null()]) {
      expectError(() => defineProtocol({ ...protocol, calls } as never), "protocol-invalid", {
        path: "/calls",
      });
    }
    for (const part of ["call", "messages", "Server", "description"]) {
      expectError(() => defineProtocol({ ...protocol, [part]: {} }), "protocol-invalid", {
        path: `/${part}`,
        message: `Cannot define protocol at /${part}: a protocol has no such part; expected name, version, server, client, calls, auth`,
      });
    }
  });

  test.each(["a\u001b[2J", "a\nb", "a\u202eb", "\u200bsaludo", "\ufeffa"])(
    "refuses a protocol named %j, which no log can show",
    (name) => {
      const error = errorOf(() => defineProtocol({ name, version: 1, server: {}, client: {} }));
      expect(error.message).toEndWith("break a line, drive a terminal or are not to be seen");
      expect(isPrintable(error.message)).toBe(true);
    },
  );

  test("takes messages from a namespace or a bare object", () => {
    const server = Object.assign(Object.create(null), { m: Type.Object({}) });
    expect(() => defineProtocol({ name: "test", version: 1, server, client: {} })).not.toThrow();
  });

  test.each([
    ["", "a message needs a name"],
    ["$ping", 'names that start with "$" are for control messages; call it otherwise'],
    ["$", 'names that start with "$" are for control messages; call it otherwise'],
    ["a\udc00", "a message name must be well-formed Unicode"],
  ])("refuses a message named %j", (name, reason) => {
    const path = `/server/${name}`;
    expectError(() => define(name, Type.Object({})), "protocol-invalid", {
      path,
      message: `Cannot define protocol at ${path}: ${reason}`,
    });
  });

  test.each([
    ["a".repeat(MOST_NAME_BYTES + 1), `it takes 181 bytes of UTF-8, at most ${MOST_NAME_BYTES}`],
    ["\u4e2d".repeat(61), `it takes 183 bytes of UTF-8, at most ${MOST_NAME_BYTES}`],
    ["a".repeat(1_000_000), `it takes 1000000 bytes of UTF-8, at most ${MOST_NAME_BYTES}`],
    ["a\u001b[2J", "it has characters that break a line"],
    ["a\u202eb", "it has characters that break a line"],
    ["a\u00adb", "it has characters that break a line"],
  ])("refuses what a frame or a log line cannot carry, as the name of anything", (name, reason) => {
    const named = { [name]: Type.Object({}) };
    const none = { name: "t", version: 1, server: {}, client: {} };
    for (const [path, definition] of [
      ["/server", { ...none, server: named }],
      ["/client", { ...none, client: named }],
      ["/calls", { ...none, calls: { [name]: { input: Type.Null() } } }],
      ["/calls/c/errors", { ...none, calls: { c: { errors: named } } }],
    ] as const) {
      const error = errorOf(() => defineProtocol(definition));
      expect([error.code, error.path]).toEqual(["protocol-invalid", path]);
      expect(error.message).toContain(reason);
      expect(error.message).toContain(`"a`.slice(0, name.startsWith("a") ? 2 : 1));
      expect(isPrintable(error.message)).toBe(true);
      expect(error.message.length).toBeLessThan(250);
    }
  });

  test("takes names of 180 bytes for messages, calls and errors", () => {
    const name = "\u4e2d".repeat(MOST_NAME_BYTES / 3);
    const protocol = defineProtocol({
      name: "t",
      version: 1,
      server: { [name]: Type.Object({}) },
      client: {},
      calls: { [name]: { errors: { [name]: Type.Null() } } },
    });
    expect(protocol.server.messageNames).toEqual([name]);
    expect(protocol.calls[name]?.errors).toEqual([name]);
  });

  test.each(["open", "close", "onOpen", "a/b", "toString", "constructor", "then", "ñ", " ", "a$"])(
    "accepts a message named %j",
    (name) => {
      const protocol = defineProtocol({
        name: "t",
        version: 1,
        server: { [name]: Type.Object({ a: Type.Null() }) },
        client: {},
      });
      expect(protocol.server.messageNames).toEqual([name]);
      expect(protocol.server.decode(protocol.server.encode({ type: name, a: null }))).toStrictEqual(
        { type: name, a: null },
      );
    },
  );

  test.each([
    ["text", Type.String(), `a message must be a Type.Object; ${CARRY}`],
    ["an array", Type.Array(Type.Null()), `a message must be a Type.Object; ${CARRY}`],
    ["Unknown", Type.Unknown(), `a message must be a Type.Object; ${CARRY}`],
    [
      "a union with null",
      Type.Union([Type.Object({}), Type.Null()]),
      `a message must be a Type.Object; ${CARRY}`,
    ],
    [
      "a record",
      Type.Record(Type.String(), Type.Null()),
      `a message has named properties only; ${CARRY}`,
    ],
    [
      "an open object",
      Type.Object({}, { additionalProperties: true }),
      `a message has named properties only; ${CARRY}`,
    ],
    [
      "an object with a rest",
      Type.Object({}, { additionalProperties: Type.Null() }),
      `a message has named properties only; ${CARRY}`,
    ],
    [
      "a union with a record",
      Type.Union([Type.Object({}), Type.Record(Type.Integer(), Type.Null())]),
      `a message has named properties only; ${CARRY}`,
    ],
  ])("refuses %s as a message", (_, schema, reason) => {
    expectError(() => define("m", schema), "protocol-invalid", {
      path: "/server/m",
      message: `Cannot define protocol at /server/m: ${reason}`,
    });
  });

  test("refuses properties that the envelope keeps for itself, at the top only", () => {
    for (const name of ["$", "$id", "$trace"]) {
      const schema = Type.Object({ [name]: Type.Optional(Type.Null()) });
      expectError(() => define("m", schema), "protocol-invalid", {
        path: `/server/m/${name}`,
        message: `Cannot define protocol at /server/m/${name}: names that start with "$" are for the envelope; call the property otherwise, or ${CARRY}`,
      });
      expect(outcomeOf(() => define("m", Type.Object({ a: schema })))).toBe("accepted");
    }
  });

  test("refuses a property named type, in a union and in an intersection too, but not further down", () => {
    const typed = Type.Object({ type: Type.String() });
    const expected = {
      path: "/server/m/type",
      message: `Cannot define protocol at /server/m/type: "type" names the message; call the property otherwise, or ${CARRY}`,
    };
    for (const schema of [
      typed,
      Type.Union([Type.Object({}), typed]),
      Type.Intersect([Type.Object({}), typed]),
    ]) {
      expectError(() => define("m", schema), "protocol-invalid", expected);
    }
    expect(outcomeOf(() => define("m", Type.Object({ a: typed })))).toBe("accepted");
  });

  test.each([
    [
      "an intersection",
      Type.Intersect([Type.Object({ a: Type.Null() }), Type.Object({ b: Type.Null() })]),
    ],
    ["a union", Type.Union([Type.Object({ a: Type.Null() }), Type.Object({ b: Type.Null() })])],
    ["a closed object", Type.Object({ a: Type.Null() }, { additionalProperties: false })],
    ["a type that contains itself", Type.Recursive((This) => Type.Object({ a: Type.Array(This) }))],
    [
      "a type of a module",
      Type.Module({ M: Type.Object({ a: Type.Ref("A") }), A: Type.Null() }).Import("M"),
    ],
    [
      "a composite",
      Type.Composite([Type.Object({ a: Type.Null() }), Type.Object({ b: Type.Null() })]),
    ],
  ])("accepts %s as a message", (_, schema) => {
    expect(outcomeOf(() => define("m", schema))).toBe("accepted");
  });

  test("refuses a union that is its own member as a message", () => {
    const crossed = Type.Module({
      A: Type.Union([Type.Object({}), Type.Ref("B")]),
      B: Type.Union([Type.Object({}), Type.Ref("A")]),
    });
    expectError(() => define("m", crossed.Import("A")), "protocol-invalid", {
      message: "Cannot define protocol at /server/m: a union cannot be a member of itself",
    });
  });

  test("names the direction of what it refuses", () => {
    const definition = {
      name: "t",
      version: 1,
      server: {},
      client: { m: Type.Object({ f: Type.Symbol() }) },
    };
    expectError(() => defineProtocol(definition), "protocol-invalid", { path: "/client/m/f" });
  });

  test("refuses something that is no schema at all", () => {
    for (const odd of [undefined, null, 5, "text", {}]) {
      expectError(() => define("m", odd as unknown as TSchema), "protocol-invalid", {
        path: "/server/m",
      });
    }
  });
});

describe("saludo", () => {
  test("is the protocol of the design", () => {
    expect([saludo.name, saludo.version]).toEqual(["saludo", 1]);
    expect(saludo.server.messageNames).toEqual(["welcome", "greeting", "said"]);
    expect(saludo.client.messageNames).toEqual(["say"]);
  });

  test("writes the tutorial's greeting with integer keys", () => {
    const words = { 1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor" };
    const frame = saludo.server.encodeFrame({ type: "greeting", words });
    expect(toHex(frame)).toBe(
      "35342020202020202020" +
        "a2" +
        "6474797065" +
        "686772656574696e67" +
        "65776f726473" +
        "a4" +
        "0164486f6c61" +
        "026a4269656e76656e69646f" +
        "0362416c" +
        "04685365727669646f72",
    );
    expect(saludo.server.decode(frame, 10)).toStrictEqual({ type: "greeting", words });
  });

  test("bounds what a client says", () => {
    const say = (text: string): string =>
      outcomeOf(() => saludo.client.encode({ type: "say", text }));
    expect([say(""), say("x"), say("x".repeat(4096)), say("x".repeat(4097))]).toEqual([
      "schema-mismatch",
      "accepted",
      "accepted",
      "schema-mismatch",
    ]);
  });
});
