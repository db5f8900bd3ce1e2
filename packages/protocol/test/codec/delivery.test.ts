// The one promise: a handler gets what its schema says, or nothing. Unions of every two kinds, and three,
// at every place, are given items of every kind and items with the shape of one kind and the content of
// another; a judge that shares nothing with the codec says what may be delivered. Both paths are held to
// it, and the sender to what the judge would let its receiver deliver. By default each kind beside itself
// and one pair in 24, in one order, meet one item in 60, drawn anew in each run; `bun run test:long` takes
// half of the pairs and a fifth of the items, and TYPEWIRE_CASES=3000 all, in two minutes.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { TypewireError } from "../../src/errors.ts";
import { fromHex, toHex } from "../support/bytes.ts";
import { message } from "../support/cbor.ts";
import { type CodecPaths, codecPathsOf, outcomeOf } from "../support/codec-paths.ts";
import { ITEMS, KINDS, PLACES, VALUES } from "../support/delivery-cases.ts";
import { expectError } from "../support/errors.ts";
import { judged } from "../support/judged.ts";
import { newSeed, randomFrom } from "../support/random.ts";
import { isSame } from "../support/schema-judge.ts";
import { payloadWith, type ValueMessage } from "../support/value-codec.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 25);
const TIMEOUT_MS = 60_000 + CASES * 1000;
const DRAWS_ALL = CASES >= 3000;

const seed = newSeed();
const random = randomFrom(seed);

function draw<Item>(items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** A part of what there is, or all of it. */
function drawn<Item>(items: readonly Item[]): readonly Item[] {
  return DRAWS_ALL ? items : items.filter(() => random() < CASES / 1500);
}

/** Both paths of a schema; undefined where it is refused. */
function pathsOf(schema: TSchema): CodecPaths | undefined {
  try {
    return codecPathsOf(schema);
  } catch (error) {
    if (error instanceof TypewireError && error.code === "protocol-invalid") return undefined;
    throw error;
  }
}

/** A schema on one line, for a failure. */
function inShort(schema: TSchema): string {
  return JSON.stringify(schema, (_, part: unknown) =>
    typeof part === "bigint" ? `${part}n` : part,
  );
}

/** Expects each path to deliver of each payload what the judge says. */
function expectDeliveries(
  schema: TSchema,
  paths: CodecPaths,
  payloads: readonly Uint8Array[],
): void {
  const failures: unknown[] = [];
  for (const payload of payloads) {
    const expected = judged(schema, payload);
    for (const [path, codec] of Object.entries(paths)) {
      const delivered = outcomeOf(() => codec.decode(payload));
      const agrees =
        expected === undefined
          ? delivered === undefined
          : delivered !== undefined && isSame(delivered.value, expected.value);
      if (!agrees)
        failures.push({
          schema: inShort(schema),
          path,
          payload: toHex(payload),
          delivered,
          expected,
        });
    }
  }
  expect({ seed, failures }).toEqual({ seed, failures: [] });
}

/** Expects each path to send only what its receiver may deliver, and to send again what was delivered. */
function expectSending(schema: TSchema, paths: CodecPaths, values: readonly unknown[]): void {
  const failures: unknown[] = [];
  const messages = [{ type: "m" }, ...values.map((v) => ({ type: "m", v }))];
  for (const sent of messages as ValueMessage[]) {
    const written = outcomeOf(() => paths.reference.encode(sent));
    for (const codec of [paths.compiled, paths.dense]) {
      const compiled = outcomeOf(() => codec.encode(sent));
      if (!isSame(written?.value, compiled?.value))
        failures.push({ schema: inShort(schema), sent, written, compiled });
    }
    if (written === undefined) continue;
    const arrival = judged(schema, written.value);
    if (arrival === undefined)
      failures.push({ schema: inShort(schema), sent, payload: toHex(written.value) });
    const again = outcomeOf(() => paths.reference.encode(arrival?.value as ValueMessage));
    const returned = again && judged(schema, again.value);
    if (!isSame(returned?.value, arrival?.value))
      failures.push({ schema: inShort(schema), sent, arrival, returned });
  }
  expect({ seed, failures }).toEqual({ seed, failures: [] });
}

const NOTHING = message("m");
const PAYLOADS = [NOTHING, ...ITEMS.map(payloadWith)];

const kinds = Object.entries(KINDS);

/** The unions of the kind at `place` with those behind it, as far as `defineProtocol` accepts them. */
function* pairs(first: () => TSchema, place: number): Generator<readonly [TSchema, CodecPaths]> {
  for (const [, second] of kinds.slice(place)) {
    if (!DRAWS_ALL && second !== first && random() > CASES / 600) continue;
    const isDrawn = random() < 0.5;
    for (const isForwards of DRAWS_ALL ? [true, false] : [isDrawn]) {
      const schema = Type.Union(isForwards ? [first(), second()] : [second(), first()]);
      const paths = pathsOf(schema);
      if (paths !== undefined) yield [schema, paths];
    }
  }
}

describe("what is delivered", () => {
  test("is never a text-keyed map for a record with integer keys", () => {
    const schema = Type.Union([
      Type.Object({ name: Type.String() }),
      Type.Record(Type.Integer(), Type.String()),
    ]);
    const paths = pathsOf(schema) as CodecPaths;
    const payload = fromHex("a2 64 74797065 61 6d 61 76 a1 64 6e616d65 82 01 a1 65 61646d696e f5");
    for (const codec of Object.values(paths)) {
      expectError(() => codec.decode(payload), "schema-mismatch", {
        path: "/v/name",
        message: "schema-mismatch at /v/name: expected text, got list of 2",
      });
    }
  });

  test("is never a message without a required property, whatever its schema", () => {
    for (const [, kind] of kinds) {
      for (const schema of [kind(), Type.Union([kind(), Type.Unknown()])]) {
        const paths = pathsOf(schema);
        if (paths === undefined) continue;
        for (const codec of Object.values(paths)) {
          expectError(() => codec.decode(NOTHING), "schema-mismatch", { path: "/v" });
          expectError(() => codec.encode({ type: "m" } as ValueMessage), "schema-mismatch", {
            path: "/v",
          });
        }
      }
    }
  });

  test.each(kinds)("fits the schema: %s", (_, kind) => {
    const schema = kind();
    const paths = pathsOf(schema) as CodecPaths;
    expectDeliveries(schema, paths, PAYLOADS);
    expectSending(schema, paths, VALUES);
  });

  test.each(kinds.map(([name, kind], place) => [name, kind, place] as const))(
    "fits a union of two: %s and another",
    (_, first, place) => {
      let unions = 0;
      for (const [schema, paths] of pairs(first, place)) {
        expectDeliveries(schema, paths, drawn(PAYLOADS));
        expectSending(schema, paths, drawn(VALUES));
        unions += 1;
      }
      expect(unions).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  test.each(Object.entries(PLACES))(
    "fits a union in %s",
    (_, [within, wrap]) => {
      let unions = 0;
      while (unions < CASES / 20) {
        const members = Array.from({ length: draw([2, 3]) }, () => draw(kinds)[1]());
        const schema = within(Type.Union(members));
        const paths = pathsOf(schema);
        if (paths === undefined) continue;
        const payloads = ITEMS.flatMap((item) => [wrap(item), item]).map(payloadWith);
        expectDeliveries(schema, paths, [NOTHING, ...payloads]);
        unions += 1;
      }
    },
    TIMEOUT_MS,
  );

  test(
    "fits unions of three, in places within places",
    () => {
      let unions = 0;
      while (unions < CASES / 5) {
        const members = Array.from({ length: 3 }, () => draw(kinds)[1]());
        const [outer, inner] = [draw(Object.values(PLACES)), draw(Object.values(PLACES))];
        const schema = outer[0](Type.Union([inner[0](Type.Union(members)), draw(kinds)[1]()]));
        const paths = pathsOf(schema);
        if (paths === undefined) continue;
        const payloads = ITEMS.flatMap((item) => [outer[1](inner[1](item)), outer[1](item)]);
        expectDeliveries(schema, paths, payloads.map(payloadWith));
        expectSending(
          schema,
          paths,
          payloads.flatMap((item) => {
            const arrival = judged(schema, payloadWith(item));
            return arrival === undefined ? [] : [(arrival.value as ValueMessage).v];
          }),
        );
        unions += 1;
      }
    },
    TIMEOUT_MS,
  );
});
