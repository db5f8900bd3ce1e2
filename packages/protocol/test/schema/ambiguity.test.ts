import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { KEEP_APART } from "../../src/schema/discriminators.ts";
import { assertUnambiguous } from "../../src/schema/ambiguity.ts";
import { toCheckSchema } from "../../src/schema/check-schema.ts";
import { shapeOf } from "../../src/schema/shape-of.ts";
import { errorOf, expectError } from "../support/errors.ts";

function judge(schema: TSchema): void {
  assertUnambiguous(shapeOf(toCheckSchema(schema), "/x"), "/x");
}

const {
  Array: List,
  BigInt: Big,
  Date: Time,
  Null,
  Number: Num,
  Object: Obj,
  String: Text,
  Union,
} = Type;
const Kind = (kind: string, fields: Record<string, TSchema>): TSchema =>
  Obj({ kind: Type.Literal(kind), ...fields });
const unknownAndDate =
  "a Date or BigInt and an unknown value are the same bytes, so a union of both cannot travel";

const dateAndNumber = "a Date and a number are the same bytes, so a union of both cannot travel";
const numberAndDate = "a number and a Date are the same bytes, so a union of both cannot travel";

describe("assertUnambiguous", () => {
  test.each([
    ["Date and Number", Union([Time(), Num()]), dateAndNumber],
    ["Number and Date", Union([Num(), Time()]), numberAndDate],
    ["Integer and Date", Union([Type.Integer(), Time()]), numberAndDate],
    ["Literal number and Date", Union([Type.Literal(1), Time()]), numberAndDate],
    ["Enum of numbers and Date", Union([Type.Enum({ A: 1, B: "b" }), Time()]), numberAndDate],
    [
      "BigInt and Integer",
      Union([Big(), Type.Integer()]),
      "a BigInt and a number are the same bytes, so a union of both cannot travel",
    ],
    [
      "Date and BigInt",
      Union([Time(), Big()]),
      "a Date and a BigInt are the same bytes, so a union of both cannot travel",
    ],
    ["Unknown and Date", Union([Type.Unknown(), Time()]), unknownAndDate],
    ["BigInt and Any", Union([Big(), Type.Any()]), unknownAndDate],
    ["Not and Date", Union([Type.Not(Text()), Time()]), unknownAndDate],
    [
      "Unknown and an object with a Date deep inside",
      Union([Type.Unknown(), Obj({ a: List(Obj({ b: Time() })) })]),
      unknownAndDate,
    ],
    [
      "Unknown and a record of Dates",
      Union([Type.Unknown(), Type.Record(Text(), Time())]),
      unknownAndDate,
    ],
    [
      "Unknown and a tuple with a Date",
      Union([Type.Unknown(), Type.Tuple([Text(), Time()])]),
      unknownAndDate,
    ],
    [
      "Unknown and a rest of Dates",
      Union([Type.Unknown(), Obj({}, { additionalProperties: Time() })]),
      unknownAndDate,
    ],
    ["arrays of Date and of Number", Union([List(Time()), List(Num())]), dateAndNumber],
    [
      "an array of Dates and a tuple of numbers",
      Union([List(Time()), Type.Tuple([Text(), Num()])]),
      dateAndNumber,
    ],
    [
      "tuples of one length",
      Union([Type.Tuple([Text(), Time()]), Type.Tuple([Text(), Num()])]),
      dateAndNumber,
    ],
    [
      "objects with a Date and a Number of one name",
      Union([Obj({ at: Time() }), Obj({ at: Num() })]),
      dateAndNumber,
    ],
    [
      "objects whose optional parts differ",
      Union([Obj({ at: Type.Optional(Time()) }), Obj({ at: Type.Optional(Num()) })]),
      dateAndNumber,
    ],
    [
      "objects that only an optional literal tells apart",
      Union([
        Obj({ k: Type.Optional(Type.Literal("a")), at: Time() }),
        Obj({ k: Type.Literal("b"), at: Num() }),
      ]),
      dateAndNumber,
    ],
    [
      "objects whose literals overlap",
      Union([
        Obj({ k: Union([Type.Literal("a"), Type.Literal("b")]), at: Time() }),
        Obj({ k: Type.Literal("b"), at: Num() }),
      ]),
      dateAndNumber,
    ],
    [
      "an object with a Date and a record of numbers",
      Union([Obj({ at: Time() }), Type.Record(Text(), Num())]),
      dateAndNumber,
    ],
    [
      "records of Date and of Number",
      Union([Type.Record(Text(), Time()), Type.Record(Text(), Num())]),
      dateAndNumber,
    ],
    [
      "a rest of Dates and a record of numbers",
      Union([Obj({}, { additionalProperties: Time() }), Type.Record(Text(), Num())]),
      dateAndNumber,
    ],
    [
      "objects that differ at depth",
      Union([Obj({ a: Obj({ b: List(Time()) }) }), Obj({ a: Obj({ b: List(Num()) }) })]),
      dateAndNumber,
    ],
    [
      "a union inside a union",
      Union([Text(), Union([Null(), Union([Time(), Num()])])]),
      dateAndNumber,
    ],
    [
      "unions of which one member clashes",
      Union([Obj({ a: Union([Text(), Time()]) }), Obj({ a: Union([Null(), Num()]) })]),
      dateAndNumber,
    ],
  ] as const)("refuses a union of %s", (_, schema, reason) => {
    expectError(() => judge(schema), "protocol-invalid", {
      path: "/x",
      message: `Cannot define protocol at /x: ${reason}; ${KEEP_APART}`,
    });
  });

  test.each([
    ["Date and text", Union([Time(), Text()])],
    [
      "Date, null, boolean, bytes, text",
      Union([Time(), Null(), Type.Boolean(), Type.Uint8Array(), Text()]),
    ],
    ["Number, Integer and a numeric literal", Union([Num(), Type.Integer(), Type.Literal(5)])],
    ["BigInt and undefined", Union([Big(), Type.Undefined()])],
    ["Unknown and numbers", Union([Type.Unknown(), Num()])],
    ["Unknown and an object of text", Union([Type.Unknown(), Obj({ a: List(Text()) })])],
    ["an array and an object", Union([List(Time()), Obj({ at: Num() })])],
    ["a Date and an array of numbers", Union([Time(), List(Num())])],
    ["tuples of two lengths", Union([Type.Tuple([Time()]), Type.Tuple([Num(), Num()])])],
    [
      "objects told apart by a literal",
      Union([Kind("a", { at: Time() }), Kind("b", { at: Num() })]),
    ],
    [
      "objects told apart by sets of literals",
      Union([
        Obj({ k: Type.Enum({ A: 1, B: 2 }), at: Time() }),
        Obj({ k: Type.Enum({ C: 3 }), at: Num() }),
      ]),
    ],
    [
      "objects told apart by boolean literals",
      Union([
        Obj({ ok: Type.Literal(true), at: Time() }),
        Obj({ ok: Type.Literal(false), at: Num() }),
      ]),
    ],
    ["objects with other names", Union([Obj({ at: Time() }), Obj({ n: Num() })])],
    [
      "two objects with the same Date",
      Union([Obj({ at: Time() }), Obj({ at: Time(), text: Text() })]),
    ],
    [
      "records with integer and text keys",
      Union([Type.Record(Type.Integer(), Time()), Type.Record(Text(), Time())]),
    ],
  ] as const)("accepts a union of %s", (_, schema) => {
    expect(() => judge(schema)).not.toThrow();
  });

  test.each([
    ["/x/items", List(Union([Time(), Num()]))],
    ["/x/1", Type.Tuple([Null(), Union([Time(), Num()])])],
    ["/x/a~1b", Obj({ "a/b": Union([Time(), Num()]) })],
    ["/x/values", Type.Record(Text(), Union([Time(), Num()]))],
    ["/x/1/c", Union([Text(), Obj({ c: Union([Time(), Num()]) })])],
  ])("names the place %s", (path, schema) => {
    expect(errorOf(() => judge(schema)).path).toBe(path);
  });

  test("finds an ambiguity on the way round a circle", () => {
    const schema = Type.Recursive((This) =>
      Union([Kind("a", { next: This, at: Time() }), Kind("b", { at: Union([Num(), Time()]) })]),
    );
    expect(errorOf(() => judge(schema)).path).toBe("/x/1/at");
  });

  test("compares shapes that contain themselves", () => {
    const dates = Type.Recursive((This) => Obj({ at: Time(), next: Type.Optional(This) }));
    const numbers = Type.Recursive((This) => Obj({ at: Num(), next: Type.Optional(This) }));
    const texts = Type.Recursive((This) => Obj({ text: Text(), next: Type.Optional(This) }));
    const deep = Type.Recursive((This) => Obj({ next: Union([This, Time()]) }));
    expect(() => judge(Union([dates, texts]))).not.toThrow();
    expect(() => judge(deep)).not.toThrow();
    expectError(() => judge(Union([dates, numbers])), "protocol-invalid");
  });
});
