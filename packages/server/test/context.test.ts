// What a server makes of what `authenticate` returned.

import { expect, test } from "bun:test";

import { admit } from "../src/context.ts";

const admitted = (authenticated: unknown) => {
  let context: unknown;
  const admission = admit({ hold: (held) => (context = held) }, authenticated);
  return { context, ...admission };
};

test("says of an end that is no date what came", () => {
  for (const [expiresAt, got] of [
    ["tomorrow", "a text"],
    [1_700_000_000, "1700000000"],
    [undefined, "undefined"],
    [new Date(Number.NaN), "one of no time"],
  ] as const) {
    expect(() => admitted({ context: {}, expiresAt })).toThrow(
      `authenticate: expected a Date as expiresAt, got ${got}`,
    );
  }
});

test("takes for an end nothing but the two properties together", () => {
  expect(admitted({ expiresAt: "tomorrow" })).toEqual({ context: { expiresAt: "tomorrow" } });
  const both = { context: 1, expiresAt: "tomorrow", user: "ana" };
  expect(admitted(both)).toEqual({ context: both });
});
