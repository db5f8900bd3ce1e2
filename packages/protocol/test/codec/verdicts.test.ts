// Verdicts on random schemas with every keyword that `defineProtocol` accepts, by judges that are not
// TypeBox: one written from docs/wire.md for all of them, ajv for what JSON Schema has words for. The
// items are what was sent, changed so that they stand at the bounds of what a schema asks. Both paths
// are held to the judges, and what may be delivered can be sent. TYPEWIRE_CASES runs it longer: 100 takes
// about five seconds. (ajv: MIT, kept up, the validator of JSON Schema that most programs use; only the
// tests have it.)

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";
import fc from "fast-check";

import { arbitrarySample } from "../support/arbitrary-protocol.ts";
import { type CodecPaths, codecPathsOf, outcomeOf } from "../support/codec-paths.ts";
import { judged } from "../support/judged.ts";
import { itemOfJson } from "../support/json-schema/item-of-json.ts";
import { AJV_DIFFERS } from "../support/json-schema/known-differences.ts";
import { ajvOf, ajvVerdict, jsonOf } from "../support/json-schema/to-json-schema.ts";
import { arbitraryMutation, bytesOfPlain, mutated } from "../support/mutation.ts";
import { judge, type Plain } from "../support/profile-oracle.ts";
import { isSame } from "../support/schema-judge.ts";
import { payloadWith, type ValueMessage } from "../support/value-codec.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 25);
const TIMEOUT_MS = 20_000 + CASES * 200;

/** Schemas, each with a value and with changes to its item. */
const cases = arbitrarySample({ depth: 2 }).chain(({ schema, values }) =>
  fc.record({
    schema: fc.constant(schema),
    value: values,
    mutations: fc.array(fc.array(arbitraryMutation, { minLength: 1, maxLength: 2 }), {
      minLength: 1,
      maxLength: 8,
    }),
  }),
);

/** The item of a message's `v`, read by the judge of the profile. */
function itemOf(payload: Uint8Array): Plain {
  const { value } = judge(payload, { allowUndefined: true });
  return (value as ReadonlyMap<string, Plain>).get("v");
}

/** Expects both paths to read `item` as the judge does, and to send again what was delivered. */
function expectVerdict(schema: TSchema, paths: CodecPaths, item: Plain): boolean {
  const payload = payloadWith(bytesOfPlain(item));
  const expected = judged(schema, payload);
  for (const [path, codec] of Object.entries(paths)) {
    const read = outcomeOf(() => codec.decode(payload));
    const agrees =
      expected === undefined
        ? read === undefined
        : read !== undefined && isSame(read.value, expected.value);
    expect({ path, item, agrees, read, expected }).toMatchObject({ agrees: true });
    if (expected === undefined) continue;
    const sent = outcomeOf(() => codec.encode(expected.value as ValueMessage));
    const arrival = sent && judged(schema, sent.value);
    const returns = arrival !== undefined && isSame(arrival.value, expected.value);
    expect({ path, item, returns, sent, arrival }).toMatchObject({ returns: true });
  }
  return expected !== undefined;
}

describe("the verdict on an item", () => {
  test.each(Object.entries(AJV_DIFFERS))("is not that of ajv: %s", (_, difference) => {
    const { schema, value, isTaken } = difference;
    expect(ajvOf(schema)(value)).toBe(!isTaken);
    const payload = payloadWith(itemOfJson(value));
    for (const codec of Object.values(codecPathsOf(schema))) {
      expect(outcomeOf(() => codec.decode(payload)) !== undefined).toBe(isTaken);
    }
  });

  test(
    "is that of the judges, whatever the schema",
    () => {
      const counts = { taken: 0, refused: 0, byAjv: 0 };
      fc.assert(
        fc.property(cases, ({ schema, value, mutations }) => {
          const paths = codecPathsOf(schema);
          const ajv = ajvVerdict(Type.Object({ v: schema }));
          const item = itemOf(paths.reference.encode({ type: "m", v: value }));
          const items = mutations.map((each) => each.reduce(mutated, item));
          for (const each of [item, ...items]) {
            const isTaken = expectVerdict(schema, paths, each);
            counts[isTaken ? "taken" : "refused"] += 1;
            const json = jsonOf(each);
            if (ajv === undefined || json === undefined) continue;
            counts.byAjv += 1;
            expect({ item: each, isTaken }).toEqual({ item: each, isTaken: ajv({ v: json }) });
          }
        }),
        { numRuns: CASES },
      );
      // Neither verdict is rare, and ajv has been asked.
      expect(Math.min(counts.taken, counts.refused, counts.byAjv)).toBeGreaterThan(CASES / 2);
    },
    TIMEOUT_MS,
  );
});
