// A value costs the same in a union of five hundred members as in one of two, wherever it is judged. Times
// are ratios to the small union in the same process, the least of several, in processor time.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { compileNow } from "../src/codec/direction-codec.ts";
import { defineProtocol, defineReferenceProtocol } from "../src/define-protocol.ts";
import { cpuMilliseconds } from "./support/cpu.ts";
import { errorOf } from "./support/errors.ts";

setDefaultTimeout(120_000);

const MEMBERS = 500;
const ITEMS = 2000;
/** A walk over all members would be some two hundred times. */
const MOST_TIMES = 10;

interface Case {
  readonly member: (index: number) => TSchema;
  readonly value: (index: number) => unknown;
  /** Members beside those. */
  readonly others?: readonly TSchema[];
}

const word = (index: number): string => `word ${index}`;
const cases: Readonly<Record<string, Case>> = {
  texts: { member: (index) => Type.Literal(word(index)), value: word },
  numbers: { member: (index) => Type.Literal(index * 3), value: (index) => index * 3 },
  "texts and null": {
    member: (index) => Type.Literal(word(index)),
    value: (index) => (index % 2 === 0 ? word(index) : null),
    others: [Type.Null()],
  },
  "texts and short ones": {
    member: (index) => Type.Literal(word(index)),
    value: (index) => (index % 2 === 0 ? word(index) : "a"),
    others: [Type.String({ maxLength: 2 })],
  },
  "texts and dates": {
    member: (index) => Type.Literal(word(index)),
    value: (index) => (index % 2 === 0 ? word(index) : new Date(index)),
    others: [Type.Date()],
  },
  "texts, numbers and booleans": {
    member: (index) => Type.Literal(index % 2 === 0 ? word(index) : index),
    value: (index) => (index % 2 === 0 ? word(index) : index % 3 === 0 || index),
    others: [Type.Boolean()],
  },
  objects: {
    member: (index) => Type.Object({ kind: Type.Literal(word(index)), n: Type.Integer() }),
    value: (index) => ({ kind: word(index), n: index }),
  },
  "objects and null": {
    member: (index) => Type.Object({ kind: Type.Literal(word(index)), n: Type.Integer() }),
    value: (index) => (index % 2 === 0 ? { kind: word(index), n: index } : null),
    others: [Type.Null()],
  },
};

function definitionOf({ member, others = [] }: Case, count: number) {
  const union = Type.Union([
    ...Array.from({ length: count }, (_, index) => member(index)),
    ...others,
  ]);
  const server = { m: Type.Object({ v: Type.Array(union) }) };
  return { name: "p", version: 1, server, client: {} };
}

function messageOf({ value }: Case, count: number) {
  return {
    type: "m" as const,
    v: Array.from({ length: ITEMS }, (_, index) => value(index % count)),
  };
}

/** Less says nothing: code may be compiled meanwhile. A walk over all members takes seconds. */
const FLOOR_MS = 5;
const RUNS = 4;

/** The least time that `work` took in four runs, the first of which warms up. One below `enoughMs` is the last. */
function leastMs(work: () => unknown, enoughMs = 0): number {
  let least = Infinity;
  for (let run = 0; run < RUNS && least >= enoughMs; run += 1) {
    least = Math.min(least, cpuMilliseconds(work));
  }
  return least;
}

type Define = typeof defineProtocol;

/** What a message of `ITEMS` members takes, in milliseconds. */
interface Costs {
  readonly encode: number;
  readonly decode: number;
  readonly refuse: number;
}

/** The costs with so many members; each is measured until it is below that in `enough`. */
function costsOf(each: Case, count: number, define: Define, enough?: Costs): Costs {
  const { server: codec } = define(definitionOf(each, count));
  compileNow(codec);
  const message = messageOf(each, count);
  const payload = codec.encode(message);
  expect(codec.decode(payload)).toEqual(message);
  const wrong = { type: "m" as const, v: [...message.v, "none of them"] };
  return {
    encode: leastMs(() => codec.encode(message), enough?.encode),
    decode: leastMs(() => codec.decode(payload), enough?.decode),
    refuse: leastMs(() => errorOf(() => codec.encode(wrong)), enough?.refuse),
  };
}

/** `defineProtocol`, where the large union has code in both ways; otherwise the path that serves it. */
function defineAsLarge(each: Case): Define {
  const [code] = compileNow(defineProtocol(definitionOf(each, MEMBERS)).server).messages;
  const isCompiled = code?.decode.state === "compiled" && code.encode.state === "compiled";
  return isCompiled ? defineProtocol : defineReferenceProtocol;
}

/** What is so many `times` as much as `ms`. */
function timesMs(times: number, ms: number): number {
  return times * Math.max(ms, FLOOR_MS);
}

describe.each(Object.entries(cases))("a union of hundreds: %s", (_, each) => {
  test.each(["with code", "without code"])("costs what a union of four does, %s", (code) => {
    const define = code === "with code" ? defineAsLarge(each) : defineReferenceProtocol;
    const few = costsOf(each, 4, define);
    const most: Costs = {
      encode: timesMs(MOST_TIMES, few.encode),
      decode: timesMs(MOST_TIMES, few.decode),
      refuse: timesMs(MOST_TIMES, few.refuse),
    };
    const many = costsOf(each, MEMBERS, define, most);
    expect(many.encode).toBeLessThan(most.encode);
    expect(many.decode).toBeLessThan(most.decode);
    expect(many.refuse).toBeLessThan(most.refuse);
  });

  test("is defined in time in proportion to its members", () => {
    const few = definitionOf(each, MEMBERS);
    const many = definitionOf(each, 8 * MEMBERS);
    const least = { few: Infinity, many: Infinity };
    // Of pairs there are 64 times as many, eight million.
    const mostMs = () => timesMs(32, least.few);
    // A long run meets other processes more often than a short one: measured again where that may be why.
    for (let attempt = 0; attempt < 3 && least.many >= mostMs(); attempt += 1) {
      least.few = Math.min(
        least.few,
        leastMs(() => defineProtocol(few)),
      );
      least.many = Math.min(
        least.many,
        leastMs(() => defineProtocol(many), mostMs()),
      );
    }
    expect(least.many).toBeLessThan(mostMs());
  });
});

describe("a union of many literals", () => {
  const texts = Array.from({ length: 100 }, (_, index) => Type.Literal(word(index)));
  const both = (schema: TSchema) => {
    const definition = {
      name: "p",
      version: 1,
      server: { m: Type.Object({ v: schema }) },
      client: {},
    };
    const { server } = defineProtocol(definition);
    compileNow(server);
    return [server, defineReferenceProtocol(definition).server] as const;
  };

  test("tells apart what is alike in JavaScript", () => {
    const numbers = Array.from({ length: 100 }, (_, index) => Type.Literal(index));
    for (const codec of both(Type.Union([...texts, ...numbers]))) {
      for (const v of [0, 99, word(0), word(99), -0]) {
        const message = { type: "m" as const, v };
        expect(codec.decode(codec.encode(message))).toStrictEqual(message);
      }
      for (const v of ["0", "99", 100, -1, 0.5, "", true, false, null, 1n, Number.NaN]) {
        expect(errorOf(() => codec.encode({ type: "m", v })).code).toBe("schema-mismatch");
      }
    }
  });

  test("still says what is wrong with a value of its other members", () => {
    const union = Type.Union([...texts, Type.Object({ n: Type.Integer({ maximum: 5 }) })]);
    for (const codec of both(union)) {
      expect(errorOf(() => codec.encode({ type: "m", v: { n: 6 } })).path).toBe("/v/n");
      expect(errorOf(() => codec.encode({ type: "m", v: "word 100" })).path).toBe("/v");
    }
  });
});
