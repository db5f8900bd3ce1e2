import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { KEEP_APART } from "../../src/schema/discriminators.ts";
import { assertUnambiguous } from "../../src/schema/ambiguity.ts";
import { toCheckSchema } from "../../src/schema/check-schema.ts";
import { holdsRecursiveUnion } from "../../src/schema/recursion.ts";
import { shapeOf } from "../../src/schema/shape-of.ts";
import type { Shape } from "../../src/schema/shape.ts";
import { array, integer, map, NULL, text } from "../support/cbor.ts";
import { cpuMilliseconds } from "../support/cpu.ts";
import { errorOf, expectError, outcomeOf } from "../support/errors.ts";
import { hexOfValue, payloadWith, roundTrip, valueCodec } from "../support/value-codec.ts";

function shapeFor(schema: TSchema): Shape {
  return shapeOf(toCheckSchema(schema), "/x");
}

function judge(schema: TSchema): void {
  assertUnambiguous(shapeFor(schema), "/x");
}

const EXPONENTIAL =
  "Cannot define protocol at /x: two members lead back to this union by the same property, so telling " +
  `them apart could take exponential time; ${KEEP_APART}`;

/** What a row is about, and the members of a union that may contain it. */
type Row = readonly [what: string, members: (This: TSchema) => TSchema[]];

describe("assertTractable", () => {
  const REFUSED: readonly Row[] = [
    [
      "objects of which one has more",
      (This) => [Type.Object({ left: This }), Type.Object({ left: This, right: This })],
    ],
    [
      "a property here and an entry there",
      (This) => [Type.Object({ a: This }), Type.Record(Type.String(), This)],
    ],
    [
      "two records",
      (This) => [Type.Record(Type.String(), This), Type.Record(Type.Integer(), This)],
    ],
    ["an array and a tuple", (This) => [Type.Array(This), Type.Tuple([This, This])]],
    [
      "objects whose literals overlap",
      (This) => [
        Type.Object({ k: Type.Literal("a"), to: This }),
        Type.Object({ k: Type.Union([Type.Literal("a"), Type.Literal("b")]), to: This }),
      ],
    ],
    [
      "objects that lead back by a longer way",
      (This) => [
        Type.Object({ a: Type.Object({ b: Type.Array(This) }) }),
        Type.Object({ a: Type.Object({ c: This }) }),
      ],
    ],
  ];

  test.each(REFUSED)("refuses %s", (_, members) => {
    const schema = Type.Recursive((This) => Type.Union([Type.Null(), ...members(This)]));
    expectError(() => judge(schema), "protocol-invalid", { path: "/x", message: EXPONENTIAL });
  });

  const ACCEPTED: readonly Row[] = [
    [
      "JSON",
      (This) => [Type.String(), Type.Number(), Type.Array(This), Type.Record(Type.String(), This)],
    ],
    [
      "objects told apart by a literal",
      (This) => [
        Type.Object({ op: Type.Literal("+"), left: This, right: This }),
        Type.Object({ op: Type.Literal("-"), left: This, right: This }),
      ],
    ],
    [
      "objects that lead back by other properties",
      (This) => [Type.Object({ a: This }), Type.Object({ b: This })],
    ],
    [
      "objects of which only one leads back",
      (This) => [Type.Object({ a: This }), Type.Object({ a: Type.String(), b: Type.Null() })],
    ],
    ["tuples of two lengths", (This) => [Type.Tuple([This]), Type.Tuple([This, This])]],
    [
      "itself or null further down",
      (This) => [Type.Object({ next: Type.Union([This, Type.Null()]) }), Type.String()],
    ],
  ];

  test.each(ACCEPTED)("accepts %s", (_, members) => {
    expect(() => judge(Type.Recursive((This) => Type.Union(members(This))))).not.toThrow();
  });

  test("refuses a union that is its own member, straight or by another's", () => {
    const straight = Type.Recursive((This) => Type.Union([Type.Null(), This]));
    const crossed = Type.Module({
      A: Type.Union([Type.Null(), Type.Ref("B")]),
      B: Type.Union([Type.String(), Type.Ref("A")]),
    });
    for (const schema of [
      straight,
      crossed.Import("A"),
      crossed.Import("B"),
      Type.Array(straight),
    ]) {
      const error = errorOf(() => judge(schema));
      expect(error.message).toEndWith(": a union cannot be a member of itself");
    }
  });
});

describe("holdsRecursiveUnion", () => {
  test("tells unions that contain themselves from those that do not", () => {
    const list = Type.Recursive((This) => Type.Object({ next: Type.Optional(This) }));
    const tree = Type.Recursive((This) => Type.Union([Type.Null(), Type.Array(This)]));
    const nullable = Type.Recursive((This) =>
      Type.Object({ next: Type.Union([This, Type.Null()]) }),
    );
    expect(holdsRecursiveUnion(shapeFor(list))).toBe(false);
    expect(holdsRecursiveUnion(shapeFor(Type.Union([list, Type.Null()])))).toBe(false);
    expect(holdsRecursiveUnion(shapeFor(tree))).toBe(true);
    expect(holdsRecursiveUnion(shapeFor(nullable))).toBe(true);
    expect(holdsRecursiveUnion(shapeFor(Type.Object({ a: Type.Array(tree) })))).toBe(true);
  });
});

describe("a recursive union", () => {
  // The literal stands last, where TypeBox's own check looks at it last.
  const expression = Type.Recursive((This) =>
    Type.Union([
      Type.Null(),
      Type.Object({ of: This, at: Type.Date(), op: Type.Literal("+") }),
      Type.Object({ of: This, at: Type.Date(), op: Type.Literal("-") }),
      Type.Object({ of: This, at: Type.Date(), op: Type.Literal("*") }),
    ]),
  );
  const value = (depth: number): unknown =>
    depth === 0 ? null : { of: value(depth - 1), at: new Date(depth), op: "*" };
  /** The item of `value`, whose innermost part is `leaf`. */
  const item = (depth: number, leaf: Uint8Array): Uint8Array =>
    depth === 0
      ? leaf
      : map(text("of"), item(depth - 1, leaf), text("at"), integer(depth), text("op"), text("*"));

  /** Runs deeper and deeper and stops at the first depth that takes long: exponential time would hold the tests for hours. */
  function expectLinearTime(run: (depth: number) => void): void {
    for (const depth of [4, 8, 11, 12, 13, 14, 16, 18, 20, 22, 24, 27, 29]) {
      const isSlow = cpuMilliseconds(() => run(depth)) > 300;
      expect({ depth, isSlow }).toEqual({ depth, isSlow: false });
    }
  }

  test("travels at every depth, in linear time", () => {
    expectLinearTime((depth) => {
      expect(roundTrip(expression, value(depth))).toStrictEqual(value(depth));
    });
    expect(roundTrip(expression, value(31))).toStrictEqual(value(31));
    expectError(() => roundTrip(expression, value(32)), "cbor-limit");
  });

  test("is refused for its innermost fault in linear time, and by its path", () => {
    const codec = valueCodec(expression);
    expectLinearTime((depth) => {
      for (const [leaf, inside] of [
        [integer(5), ""],
        [array(), ""],
        [map(), "/op"],
        [map(text("op"), text("/")), "/op"],
        [text("x"), ""],
      ] as const) {
        const payload = payloadWith(item(depth, leaf));
        const error = errorOf(() => codec.decode(payload));
        expect([error.code, error.path]).toEqual([
          "schema-mismatch",
          `/v${"/of".repeat(depth)}${inside}`,
        ]);
      }
    });
  });

  test("inside a union without literals keeps linear time", () => {
    const choice = Type.Union([
      Type.Object({ tree: expression }),
      Type.Object({ tree: expression, name: Type.Optional(Type.String()) }),
    ]);
    const codec = valueCodec(choice);
    expectLinearTime((depth) => {
      const named = { tree: value(depth), name: "x" };
      expect(roundTrip(choice, named)).toStrictEqual(named);
      for (const leaf of [NULL, integer(5), map(text("x"), NULL)]) {
        const fields = [text("tree"), item(depth, leaf), text("z"), NULL];
        outcomeOf(() => codec.decode(payloadWith(map(...fields))));
      }
    });
  });

  test("is entered through a union that refers to it", () => {
    const tree = Type.Recursive((This) =>
      Type.Union([
        Type.Object({ kind: Type.Literal("leaf"), at: Type.Date() }),
        Type.Object({ kind: Type.Literal("node"), left: Type.Union([This, Type.Null()]) }),
      ]),
    );
    const nested = {
      kind: "node",
      left: { kind: "node", left: { kind: "leaf", at: new Date(7) } },
    };
    expect(roundTrip(tree, nested)).toStrictEqual(nested);
    expect(roundTrip(tree, { kind: "node", left: null })).toStrictEqual({
      kind: "node",
      left: null,
    });
    expect(() => hexOfValue(tree, { kind: "node", left: { kind: "leaf" } })).toThrow("/v/left/at");
  });
});
