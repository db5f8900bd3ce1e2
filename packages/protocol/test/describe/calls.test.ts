// What the fingerprint of a protocol says of its calls.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { defineProtocol } from "../../src/define-protocol.ts";
import type { CallDefinitions } from "../../src/schema/call-definition.ts";

const text = Type.Object({ text: Type.String() });

function fingerprintOf(calls?: CallDefinitions, auth?: TSchema): string {
  const { fingerprint } = defineProtocol({
    name: "test",
    version: 1,
    server: { said: text },
    client: { say: text },
    ...(calls === undefined ? {} : { calls }),
    ...(auth === undefined ? {} : { auth }),
  });
  return fingerprint;
}

describe("the fingerprint", () => {
  test("of a protocol without calls is as if there were no such thing", () => {
    expect(fingerprintOf({})).toBe(fingerprintOf());
  });

  test("says each part of a call, each error, and how a client authenticates", () => {
    const definitions: readonly CallDefinitions[] = [
      {},
      { a: {} },
      { b: {} },
      { a: {}, b: {} },
      { a: { input: text } },
      { a: { input: Type.String() } },
      { a: { sends: text } },
      { a: { yields: text } },
      { a: { output: text } },
      { a: { input: text, output: text } },
      { a: { errors: { none: text } } },
      { a: { errors: { other: text } } },
      { a: { errors: { none: Type.Null() } } },
      { a: { errors: { none: text, other: text } } },
      { a: { idempotent: true } },
    ];
    const auths = [undefined, text, Type.String()];
    const all = definitions.flatMap((calls) => auths.map((auth) => fingerprintOf(calls, auth)));
    expect(new Set(all).size).toBe(definitions.length * auths.length);
  });

  test("does not depend on their order, nor on what is as good as absent", () => {
    const one = fingerprintOf({
      a: { input: text, output: text, errors: { none: text, other: text } },
      b: {},
    });
    const two = fingerprintOf({
      b: { errors: {}, idempotent: false },
      a: { errors: { other: text, none: text }, output: text, input: text },
    });
    expect(two).toBe(one);
  });
});
