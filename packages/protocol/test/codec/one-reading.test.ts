// A getter or a Proxy may answer otherwise each time it is asked. What it answered when it was written is what is
// judged: whatever a path sends of it, every path reads.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { codecPathsOf, outcomeOf } from "../support/codec-paths.ts";

/** More often than any path asks for a property. */
const ASKED = 6;

/** An object whose `a` is `first` so many times, and then `then`. */
function changing(first: unknown, then: unknown, times: number): object {
  let asked = 0;
  return {
    get a(): unknown {
      asked += 1;
      return asked > times ? then : first;
    },
  };
}

/** A Proxy that is `first` for so many questions of any kind, and then `then`. */
function shifting(first: object, then: object, times: number): object {
  let asked = 0;
  const now = (): object => {
    asked += 1;
    return asked > times ? then : first;
  };
  return new Proxy(
    {},
    {
      get: (_, name): unknown => Reflect.get(now(), name),
      has: (_, name) => Reflect.has(now(), name),
      ownKeys: () => Reflect.ownKeys(now()),
      getOwnPropertyDescriptor(_, name) {
        const descriptor = Reflect.getOwnPropertyDescriptor(now(), name);
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
}

/** Says 5, then 4, then 5. */
class LyingDate extends Date {
  #asked = 0;
  override getTime(): number {
    this.#asked += 1;
    return 5 - (this.#asked % 2);
  }
}

const A = Type.Object({ kind: Type.Literal("a"), a: Type.Number() });
const B = Type.Object({ kind: Type.Literal("b"), b: Type.String() });
const X = Type.Object({ x: Type.Number() });
const Y = Type.Object({ y: Type.Number() }, { additionalProperties: false });

describe("a property that answers otherwise the next time", () => {
  test.each<[string, TSchema, first: unknown, then: unknown]>([
    ["a bound of text", Type.String({ maxLength: 3 }), "abc", "abcdef"],
    ["a kind", Type.Number(), 5, "five"],
    ["an integer", Type.Integer(), 5, 5.5],
    ["a finite number", Type.Number(), 5, Number.NaN],
    ["a literal", Type.Literal("x"), "x", "y"],
    ["null", Type.Null(), null, 0],
    ["undefined", Type.Undefined(), undefined, null],
    ["a bigint", Type.BigInt({ maximum: 5n }), 5n, 6n],
    ["bytes", Type.Uint8Array({ maxByteLength: 2 }), new Uint8Array(2), new Uint8Array(3)],
    ["a date", Type.Date({ minimumTimestamp: 5 }), new Date(5), new Date(4)],
    ["a lying date", Type.Date({ minimumTimestamp: 5 }), new LyingDate(5), new LyingDate(5)],
    ["a list", Type.Array(Type.Number(), { maxItems: 1 }), [1], [1, 2]],
    ["a tuple", Type.Tuple([Type.Number()]), [1], [1, 2]],
    ["an optional", Type.Optional(Type.Number()), 1, undefined],
    ["a required property", Type.Number(), 1, undefined],
    ["a union of leaves", Type.Union([Type.Number(), Type.String()]), 1, true],
    ["a bounded union", Type.Union([Type.Date({ minimumTimestamp: 5 }), A]), new LyingDate(5), 1],
    ["a union by a literal", Type.Union([A, B]), { kind: "a", a: 1 }, { kind: "b", a: 1 }],
    ["a union", Type.Union([X, Y]), { x: 1 }, { y: "no" }],
    ["a record", Type.Record(Type.String(), Type.Number()), { x: 1 }, { x: "1" }],
    ["a number of properties", Type.Object({}, { maxProperties: 0 }), {}, { x: 1 }],
    ["what is excluded", Type.Not(Type.String()), 1, "x"],
  ])("is judged by what is written: %s", (_, schema, first, then) => {
    const a = Type.Object({ a: schema });
    let sent = 0;
    for (const body of [a, Type.Union([a, Type.Object({ z: Type.Null() })])]) {
      const paths = codecPathsOf(body);
      for (let times = 0; times < ASKED; times += 1) {
        for (const v of [
          changing(first, then, times),
          shifting({ a: first }, { a: then }, times),
          shifting({ a: first }, {}, times),
          shifting({ a: first }, { a: first, b: 1 }, times),
        ]) {
          for (const [path, codec] of Object.entries(paths)) {
            const payload = outcomeOf(() => codec.encode({ type: "m", v }))?.value;
            if (payload === undefined) continue;
            sent += 1;
            const arrival = outcomeOf(() => paths.reference.decode(payload));
            if (arrival === undefined) throw new Error(`sent by ${path} after ${times} answers`);
          }
        }
      }
    }
    // Or the rows would show nothing.
    expect(sent).toBeGreaterThan(0);
  });

  test("is judged by the number of items that are written, where a list is a Proxy", () => {
    const paths = codecPathsOf(Type.Array(Type.Integer(), { maxItems: 2, minItems: 1 }));
    for (let times = 0; times < ASKED; times += 1) {
      for (const codec of Object.values(paths)) {
        let asked = 0;
        const v = new Proxy([1, 2, 3], {
          get(items, name): unknown {
            if (name !== "length") return Reflect.get(items, name);
            asked += 1;
            return asked > times ? 3 : 2;
          },
        });
        const payload = outcomeOf(() => codec.encode({ type: "m", v }))?.value;
        if (payload !== undefined) {
          expect(paths.reference.decode(payload)).toMatchObject({ type: "m" });
        }
      }
    }
  });
});
