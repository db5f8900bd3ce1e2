// What may be a call, and what a protocol tells of its calls.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { callErrorCodes } from "../../src/call-error.ts";
import { defineProtocol } from "../../src/define-protocol.ts";
import type { CallDefinitions } from "../../src/schema/call-definition.ts";
import { errorOf, expectError } from "../support/errors.ts";

const text = Type.Object({ text: Type.String() });

/** A protocol whose client sends `say`, with these calls, whatever they are. */
function define(calls: unknown, auth?: TSchema) {
  const definition = {
    name: "test",
    version: 1,
    server: { said: text },
    client: { say: text },
    calls: calls as CallDefinitions,
  };
  return defineProtocol(auth === undefined ? definition : { ...definition, auth });
}

describe("the calls of a protocol", () => {
  test("are told by what they have", () => {
    const { calls, hasAuth } = define({
      quote: { input: text, output: text, errors: { none: text, closed: text }, idempotent: true },
      chat: { sends: text, yields: text, idempotent: false },
      join: {},
      // As if they were not there.
      left: { input: undefined, errors: undefined, idempotent: undefined },
    });
    expect(hasAuth).toBe(false);
    const none = {
      hasInput: false,
      sends: false,
      yields: false,
      hasOutput: false,
      errors: [],
      idempotent: false,
    };
    expect(Object.values(calls)).toEqual([
      {
        name: "quote",
        hasInput: true,
        sends: false,
        yields: false,
        hasOutput: true,
        errors: ["none", "closed"],
        idempotent: true,
      },
      { ...none, name: "chat", sends: true, yields: true },
      { ...none, name: "join" },
      { ...none, name: "left" },
    ]);
  });

  test("cannot be changed, and have no prototype", () => {
    const { calls } = define({ quote: { errors: { none: text } } });
    expect([calls, calls["quote"], calls["quote"]?.errors].every(Object.isFrozen)).toBe(true);
    expect(calls["toString"]).toBeUndefined();
    expect(Object.keys(define({}).calls)).toEqual([]);
  });

  test("do not include how a client authenticates", () => {
    const { calls, hasAuth, client } = define({}, text);
    expect(Object.keys(calls)).toEqual([]);
    expect(hasAuth).toBe(true);
    expect(client.messageNames).toEqual(["say"]);
  });

  test.each([
    "said",
    "on call",
    "a.b",
    "a/b",
    "toString",
    "constructor",
    "then_",
    "Then",
    "ñ",
    "input",
    "a$",
  ])("may be called %j", (name) =>
    expect(Object.keys(define({ [name]: { input: text } }).calls)).toEqual([name]),
  );

  test.each([
    ["", "a call needs a name"],
    ["$quote", 'names that start with "$" are for built-in calls'],
    ["$authenticate", 'names that start with "$" are for built-in calls'],
    ["__proto__", "a call cannot be called __proto__"],
    [
      "then",
      "a call cannot be called then: `await client.call` would take it for a promise and make the call",
    ],
    ["a\udc00", "the name of a call must be well-formed Unicode"],
    ["say", "the client also sends a message of this name; the server has one handler for a name"],
  ])("may not be called %j", (name, reason) => {
    const path = `/calls/${name}`;
    const calls = Object.fromEntries([[name, { input: text }]]);
    const message = `Cannot define protocol at ${path}: ${reason}`;
    expectError(() => define(calls), "protocol-invalid", { path, message });
  });

  test.each([
    [undefined, "/calls/quote"],
    [null, "/calls/quote"],
    ["input", "/calls/quote"],
    [text, "/calls/quote"],
    [{ inputs: text }, "/calls/quote/inputs"],
    [{ input: text, outputs: text }, "/calls/quote/outputs"],
    [{ "a/b": 1 }, "/calls/quote/a~1b"],
    [{ toString: text }, "/calls/quote/toString"],
    [{ idempotent: "yes" }, "/calls/quote/idempotent"],
    [{ errors: text }, "/calls/quote/errors"],
    [{ errors: ["none"] }, "/calls/quote/errors"],
    [{ errors: new Map([["none", text]]) }, "/calls/quote/errors"],
    [{ errors: "none" }, "/calls/quote/errors"],
    [{ errors: { none: undefined } }, "/calls/quote/errors/none"],
    [{ errors: { none: Type.Function([], Type.Null()) } }, "/calls/quote/errors/none"],
    [{ errors: { "": text } }, "/calls/quote/errors/"],
    [{ errors: { "a\udc00": text } }, "/calls/quote/errors/a\udc00"],
    [{ errors: Object.fromEntries([["__proto__", text]]) }, "/calls/quote/errors/__proto__"],
  ])("may not be %p", (definition, path) => {
    expectError(() => define({ quote: definition }), "protocol-invalid", { path });
  });

  test.each([...callErrorCodes])("may not declare the error %s, which is ours", (code) => {
    const path = `/calls/quote/errors/${code}`;
    const definition = { quote: { errors: { [code]: text } } };
    expectError(() => define(definition), "protocol-invalid", { path });
  });

  test.each([
    [{ type: "object" }, ""],
    [Type.Function([], Type.Null()), ""],
    [Type.Object({ f: Type.Function([], Type.Null()) }), "/f"],
    [Type.Object({ n: Type.Integer({ min: 5 }) }), "/n"],
    [Type.Object({ n: Type.Union([Type.Integer(), Type.Date()]) }), "/n"],
    [Type.String({ minLength: 5, maxLength: 4 }), ""],
    [Type.Never(), ""],
    [Type.Optional(Type.String()), ""],
    [Type.Union([Type.Integer(), Type.Date()]), ""],
    [Type.Recursive((self) => Type.Object({ next: self })), ""],
    [Type.Transform(Type.String()).Decode(Number).Encode(String), ""],
    [5, ""],
    [null, ""],
  ])("may not carry %p, wherever it stands", (schema, inside) => {
    for (const part of ["input", "sends", "yields", "output"]) {
      const path = `/calls/quote/${part}${inside}`;
      const { path: found, code } = errorOf(() => define({ quote: { [part]: schema } }));
      expect(code).toBe("protocol-invalid");
      expect(found).toStartWith(path);
    }
    expect(errorOf(() => define({ quote: { errors: { none: schema } } })).path).toStartWith(
      `/calls/quote/errors/none${inside}`,
    );
    if (schema !== null)
      expect(errorOf(() => define({}, schema as TSchema)).path).toStartWith(`/auth${inside}`);
  });

  test.each([null, "quote", 5, text])("may not be %p", (calls) => {
    expectError(() => define(calls), "protocol-invalid", { path: "/calls" });
  });

  test("are those that were defined, whatever becomes of the definition", () => {
    const definition: Record<string, { input: TSchema }> = { quote: { input: Type.Integer() } };
    const protocol = define(definition);
    definition["other"] = { input: text };
    definition["quote"] = { input: text };
    expect(Object.keys(protocol.calls)).toEqual(["quote"]);
  });
});
