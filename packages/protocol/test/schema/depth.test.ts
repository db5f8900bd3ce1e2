// How deep types may stand inside one another: at the bound everything that is made of a schema is made, one over
// is refused, and no depth fills the stack.

import { describe, expect, test } from "bun:test";

import type { TSchema } from "@sinclair/typebox";

import { defineProtocol, Type } from "../../src/index.ts";
import { MOST_REFERRED_LEVELS, MOST_TYPE_LEVELS } from "../../src/schema/depth.ts";
import { errorOf } from "../support/errors.ts";

/** Far beyond what a stack takes. */
const BOTTOMLESS = 30_000;

const kinds: readonly [string, (inner: TSchema) => TSchema][] = [
  ["tuples", (inner) => Type.Tuple([inner])],
  ["arrays", (inner) => Type.Array(inner)],
  ["what arrays contain", (inner) => Type.Array(Type.Unknown(), { contains: inner })],
  ["objects", (inner) => Type.Object({ v: inner })],
  ["optional properties", (inner) => Type.Object({ v: Type.Optional(inner) })],
  ["open objects", (inner) => Type.Object({}, { additionalProperties: inner })],
  ["records", (inner) => Type.Record(Type.String(), inner)],
  [
    "unions",
    (inner) => ({ ...Type.Union([Type.Null(), Type.String()]), anyOf: [inner, Type.Null()] }),
  ],
  ["intersections", (inner) => Type.Intersect([Type.Object({}), Type.Object({ v: inner })])],
  ["exclusions", (inner) => Type.Not(inner)],
];

function nested(levels: number, wrap: (inner: TSchema) => TSchema): TSchema {
  let schema: TSchema = Type.String();
  for (let level = 1; level < levels; level += 1) schema = wrap(schema);
  return schema;
}

function defineMessage(schema: TSchema) {
  return defineProtocol({ name: "deep", version: 1, server: { m: schema }, client: {} });
}

describe("MOST_TYPE_LEVELS", () => {
  test.each(kinds)(
    "refuses %s without an end, as a message, a value of a call, and shown",
    (_, wrap) => {
      const bottomless = nested(BOTTOMLESS, wrap);
      const sentence = `types stand inside one another more than ${MOST_TYPE_LEVELS} levels deep`;
      for (const [path, define] of [
        ["/server/m", () => defineMessage(Type.Object({ v: bottomless }))],
        [
          "/calls/c/output",
          () =>
            defineProtocol({
              name: "deep",
              version: 1,
              server: {},
              client: {},
              calls: { c: { output: bottomless } },
            }),
        ],
        [
          "/auth",
          () =>
            defineProtocol({ name: "deep", version: 1, server: {}, client: {}, auth: bottomless }),
        ],
      ] as const) {
        const error = errorOf(define);
        expect(error.code).toBe("protocol-invalid");
        expect(error.path).toBe(path);
        expect(error.message).toContain(sentence);
      }
    },
  );

  test("takes so many levels, describes and decodes them, and refuses one more", () => {
    const bottom = nested(MOST_TYPE_LEVELS - 1, (inner) => Type.Tuple([inner]));
    const protocol = defineMessage(Type.Object({ v: Type.Optional(bottom) }));
    expect(protocol.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(protocol.server.decode(protocol.server.encode({ type: "m" }))).toEqual({ type: "m" });
    const over = Type.Object({ v: Type.Tuple([bottom]) });
    expect(errorOf(() => defineMessage(over)).path).toBe("/server/m");
  });

  test("counts what was shown before where it stands again, and deeper", () => {
    const half = nested(MOST_TYPE_LEVELS - 1, (inner) => Type.Tuple([inner]));
    const deeper = Type.Object({ v: Type.Tuple([half]) });
    const error = errorOf(() =>
      defineProtocol({
        name: "deep",
        version: 1,
        server: { shallow: Type.Object({ v: half }), deep: deeper },
        client: {},
      }),
    );
    expect(error.path).toBe("/server/deep");
  });
});

describe("MOST_REFERRED_LEVELS", () => {
  /** Types of a module, each with a property of the next. */
  function chain(length: number): TSchema {
    const types: Record<string, TSchema> = { [`T${length}`]: Type.Null() };
    for (let index = 0; index < length; index += 1) {
      types[`T${index}`] = Type.Object({ v: Type.Optional(Type.Ref(`T${index + 1}`)) });
    }
    return Type.Module(types).Import("T0" as never) as TSchema;
  }

  test("takes a module of 700 types each of which refers to the next", () => {
    const protocol = defineMessage(chain(700));
    expect(protocol.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(protocol.server.decode(protocol.server.encode({ type: "m" }))).toEqual({ type: "m" });
  });

  test("refuses a longer way along references", () => {
    const error = errorOf(() => defineMessage(chain(MOST_REFERRED_LEVELS / 2)));
    expect(error.code).toBe("protocol-invalid");
    expect(error.path).toBe("/server/m");
    expect(error.message).toContain(`more than ${MOST_REFERRED_LEVELS} levels deep`);
  });
});

test("an annotation that is deeper is refused, whatever it says", () => {
  let value: unknown = 1;
  for (let level = 0; level < BOTTOMLESS; level += 1) value = [value];
  for (const keyword of ["default", "examples", "x-note"]) {
    const error = errorOf(() =>
      defineMessage(Type.Object({ v: Type.String({ [keyword]: value }) })),
    );
    expect(error.path).toBe("/server/m/v");
    expect(error.message).toContain(
      `${keyword}: expected a value of at most ${MOST_TYPE_LEVELS} levels`,
    );
  }
});
