// What the sender takes, the receiver takes: the sender judges the message that will leave, without the
// properties that are undefined or that no schema describes, and without `type`.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";
import fc from "fast-check";

import { defineProtocol, defineReferenceProtocol } from "../../src/define-protocol.ts";
import { TypewireError } from "../../src/errors.ts";
import { arbitraryMessage } from "../support/arbitrary-protocol.ts";
import { codecPathsOf } from "../support/codec-paths.ts";
import { errorOf, expectError } from "../support/errors.ts";
import { randomFrom } from "../support/random.ts";
import type { ValueMessage } from "../support/value-codec.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 50);
const TIMEOUT_MS = 20_000 + CASES * 100;

type Fields = Readonly<Record<string, unknown>>;

/** Both codecs of the message `m` with this body. */
function codecsFor(body: TSchema) {
  const definition = { name: "test", version: 1, server: { m: body }, client: {} };
  return [defineProtocol(definition).server, defineReferenceProtocol(definition).server];
}

/** Expects `sent` to arrive as `arrives`, by both paths. */
function expectArrival(body: TSchema, sent: Fields, arrives: Fields): void {
  for (const codec of codecsFor(body)) {
    const payload = codec.encode({ type: "m", ...sent } as ValueMessage);
    for (const reader of codecsFor(body)) {
      expect(reader.decode(payload)).toEqual({ type: "m", ...arrives } as ValueMessage);
    }
  }
}

function expectRefusal(body: TSchema, sent: Fields, path: string, reason: string): void {
  const where = path === "" ? "" : ` at ${path}`;
  for (const codec of codecsFor(body)) {
    const message = `schema-mismatch${where}: ${reason}`;
    const send = (): unknown => codec.encode({ type: "m", ...sent } as ValueMessage);
    expectError(send, "schema-mismatch", { path, message });
  }
}

const a = Type.Optional(Type.Number());
const b = Type.Optional(Type.Number());

describe("the number of properties", () => {
  const some = Type.Object({ a, b }, { minProperties: 1 });
  const one = Type.Object({ a, b }, { maxProperties: 1 });
  const FEW = "expected map to have at least 1 properties, got map";
  const MANY = "expected map to have no more than 1 properties, got map";

  test("of a message does not count its type", () => {
    expectRefusal(some, {}, "", FEW);
    expectArrival(some, { a: 1 }, { a: 1 });
    expectArrival(one, { a: 1 }, { a: 1 });
    expectRefusal(one, { a: 1, b: 2 }, "", MANY);
  });

  test.each([
    ["undefined", { a: undefined }],
    ["not described", { c: 1 }],
    ["both", { a: undefined, c: 1, d: undefined }],
  ])("does not count what is %s", (_, fields) => {
    expectRefusal(some, fields, "", FEW);
    expectArrival(one, { b: 2, ...fields }, { b: 2 });
    for (const [schema, value] of [
      [Type.Object({ v: some }), { v: fields }],
      [Type.Object({ v: Type.Array(Type.Union([some, Type.Null()])) }), { v: [null, fields] }],
    ] as const) {
      expectRefusal(schema, value, Array.isArray(value.v) ? "/v/1" : "/v", FEW);
    }
    const either = Type.Object({ v: Type.Union([one, Type.Object({ z: Type.Null() })]) });
    expectArrival(either, { v: { b: 2, ...fields } }, { v: { b: 2 } });
  });

  test("of a message is counted in each member of a union", () => {
    const union = Type.Union([one, Type.Object({ z: Type.Null() }, { maxProperties: 1 })]);
    expectArrival(union, { a: 1 }, { a: 1 });
    expectArrival(union, { z: null }, { z: null });
  });

  test("counts what a getter of a class gives, once", () => {
    class Point {
      get a(): number {
        return 1;
      }
    }
    const schema = Type.Object({ v: some });
    expectArrival(schema, { v: new Point() }, { v: { a: 1 } });
  });

  test("of a record counts keys that have a value", () => {
    const record = Type.Record(Type.String(), Type.Unknown(), { minProperties: 1 });
    const schema = Type.Object({ v: record });
    expectRefusal(schema, { v: { x: undefined } }, "/v", FEW);
    expectArrival(schema, { v: { x: undefined, y: 1 } }, { v: { y: 1 } });
  });
});

describe("a property that nothing describes", () => {
  test("is not read: a getter that throws is never called, whatever path writes", () => {
    const v = Object.defineProperty({}, "secret", {
      enumerable: true,
      get(): never {
        throw new Error("read");
      },
    });
    for (const codec of Object.values(codecPathsOf(Type.Object({})))) {
      expect(codec.decode(codec.encode({ type: "m", v }))).toEqual({ type: "m", v: {} });
    }
  });
});

describe("a value that is judged when it is written", () => {
  /** Beside a Not nothing is judged before. */
  const beside = (v: TSchema) => Type.Object({ not: Type.Optional(Type.Not(Type.Null())), v });

  test.each<[string, TSchema, unknown, string]>([
    ["undefined", Type.Undefined(), 5, "expected undefined, got integer"],
    ["void", Type.Void(), null, "expected undefined, got null"],
    ["a date", Type.Date(), Object.create(Date.prototype), "got JavaScript object with"],
    ["bytes", Type.Uint8Array(), Object.create(Uint8Array.prototype), "got JavaScript object with"],
    ["a bigint", Type.BigInt(), 5, "expected a bigint, such as 1n, got JavaScript number"],
    ["null", Type.Null(), undefined, "expected null, got undefined"],
  ])("is refused where it is another: %s", (_, schema, value, reason) => {
    for (const codec of Object.values(codecPathsOf(beside(schema)))) {
      const error = errorOf(() => codec.encode({ type: "m", v: { v: value } }));
      expect(error).toMatchObject({ code: "schema-mismatch", path: "/v/v" });
      expect(error.message).toContain(reason);
    }
  });
});

describe("a value without a wire form", () => {
  const schemas: readonly TSchema[] = [
    Type.Unknown(),
    Type.Union([Type.Unknown(), Type.String()]),
    Type.Union([Type.Not(Type.Null()), Type.Null()]),
  ];

  test.each<[string, unknown, string]>([
    ["a function", () => 1, "expected a value that can travel, got function"],
    ["a Map", new Map(), "expected a plain object, got JavaScript Map"],
    ["a buffer", new Uint16Array(2), "expected a plain object, got JavaScript buffer"],
  ])(
    "is refused for that wherever anything is taken, after any number of uses: %s",
    (_, v, reason) => {
      for (const codec of schemas.flatMap((schema) => Object.values(codecPathsOf(schema)))) {
        for (let use = 0; use < 100; use += 1) codec.encode({ type: "m", v: "x" });
        const error = errorOf(() => codec.encode({ type: "m", v }));
        expect(error).toMatchObject({ code: "schema-mismatch", path: "/v" });
        expect(error.message).toContain(reason);
      }
    },
  );
});

describe("a date in the place of an object", () => {
  test("is told in the same words after any number of uses", () => {
    const members = [Type.Object({ a: Type.Null() }), Type.Object({})];
    const { reference } = codecPathsOf(Type.Union(members));
    const refusal = () => errorOf(() => reference.encode({ type: "m", v: new Date(0) })).message;
    const before = refusal();
    expect(before).toContain("expected map, got date");
    for (let use = 0; use < 200; use += 1) reference.encode({ type: "m", v: {} });
    expect(refusal()).toBe(before);
  });
});

describe("items that have to differ", () => {
  const schema = Type.Object({ v: Type.Array(Type.Object({ a }), { uniqueItems: true }) });

  test("differ in what will arrive", () => {
    const reason = "expected an item unlike all others, got one that is equal to item 0";
    expectRefusal(
      schema,
      {
        v: [
          { a: 1, c: 1 },
          { a: 1, c: 2 },
        ],
      },
      "/v/1",
      reason,
    );
    expectRefusal(schema, { v: [{}, { a: undefined }] }, "/v/1", reason);
    expectArrival(
      schema,
      {
        v: [
          { a: 1, c: 1 },
          { a: 2, c: 1 },
        ],
      },
      { v: [{ a: 1 }, { a: 2 }] },
    );
  });
});

describe("items that have to be there", () => {
  test("are looked for in what will arrive", () => {
    const contains = Type.Object({ c: Type.Number() });
    const schema = Type.Object({ v: Type.Array(Type.Object({ a }), { contains }) });
    const reason = "expected list to contain at least one matching value, got list of 1";
    expectRefusal(schema, { v: [{ a: 1, c: 1 }] }, "/v", reason);
  });
});

/** A copy of a message as a careless sender has it: properties that are undefined, of no schema, or of another value. */
function careless(value: unknown, random: () => number): unknown {
  if (random() < 0.05) return [undefined, null, "x", 5, {}, [], { x: 1 }][Math.floor(random() * 7)];
  if (Array.isArray(value)) return value.map((item) => careless(item, random));
  if (typeof value !== "object" || value === null) return value;
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value) as null)) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) {
    if (random() < 0.05) continue;
    copy[name] = random() < 0.05 ? undefined : careless(part, random);
  }
  if (random() < 0.3) copy["unheard of"] = random() < 0.5 ? undefined : { x: [random()] };
  return copy;
}

describe("a message of any schema", () => {
  test(
    "that the sender takes is taken by the receiver",
    () => {
      let taken = 0;
      fc.assert(
        fc.property(arbitraryMessage(), fc.nat(), (sample, seed) => {
          const random = randomFrom(seed);
          const [compiled, reference] = codecsFor(sample.body);
          if (compiled === undefined || reference === undefined) throw new Error("two codecs");
          for (let round = 0; round < 5; round += 1) {
            const { type: _, ...body } = sample.message;
            const sent = { ...(careless(body, random) as object), type: "m" as const };
            const written = [compiled, reference].map((codec) => {
              try {
                return codec.encode(sent as unknown as ValueMessage);
              } catch (error) {
                if (error instanceof TypewireError) return error.code;
                throw error;
              }
            });
            expect(written[0]).toEqual(written[1]);
            const [payload] = written;
            if (!(payload instanceof Uint8Array)) continue;
            const arrived = compiled.decode(payload);
            expect(reference.decode(payload)).toStrictEqual(arrived);
            expect(reference.encode(arrived)).toEqual(payload);
            taken += 1;
          }
        }),
        { numRuns: CASES },
      );
      expect(taken).toBeGreaterThan(CASES);
    },
    TIMEOUT_MS,
  );
});

describe("a property that is undefined, in a union", () => {
  const Named = Type.Object({ inner: Type.Undefined() });

  test.each([
    ["any other value", Type.Object({}, { additionalProperties: Type.Not(Type.Literal("a")) })],
    ["anything", Type.Object({}, { additionalProperties: true })],
    ["nothing else", Type.Object({ other: Type.Optional(Type.String()) })],
    ["a record", Type.Record(Type.String(), Type.Unknown())],
  ])("is written by the member that names it, though one that takes %s stands first", (_, open) => {
    for (const members of [
      [open, Named],
      [Named, open],
    ]) {
      for (const codec of codecsFor(Type.Object({ v: Type.Union(members) }))) {
        const payload = codec.encode({ type: "m", v: { inner: undefined } } as ValueMessage);
        for (const reader of codecsFor(Type.Object({ v: Type.Union(members) }))) {
          const { v } = reader.decode(payload) as unknown as { v: object };
          expect(Object.keys(v)).toEqual(["inner"]);
        }
      }
    }
  });

  test("is left out where no member takes it", () => {
    const open = Type.Object({}, { additionalProperties: true });
    const body = Type.Object({ v: Type.Union([open, Type.Null()]), other: Type.Undefined() });
    const other = undefined;
    expectArrival(body, { v: { a: "x", b: undefined }, other }, { v: { a: "x" }, other });
  });
});
