// Descriptions judged by ajv: over random schemas, whatever is sent is valid by the description, and what is
// refused is not, where JSON Schema has words for it. TYPEWIRE_CASES runs it longer. ajv makes code of
// schemas, so this is left out where that is forbidden.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type as TypeBox } from "@sinclair/typebox";
import Ajv2020 from "ajv/dist/2020.js";
import fc from "fast-check";

import { defineProtocol } from "../../src/define-protocol.ts";
import type { ProtocolDescription } from "../../src/describe/description.ts";
import { Type } from "../../src/schema/type.ts";
import { arbitrarySample } from "../support/arbitrary-protocol.ts";
import { codecPathsOf, outcomeOf } from "../support/codec-paths.ts";
import { jsonOf } from "../support/json-schema/to-json-schema.ts";
import { arbitraryMutation, bytesOfPlain, mutated } from "../support/mutation.ts";
import { judge, type Plain } from "../support/profile-oracle.ts";
import { payloadWith } from "../support/value-codec.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 25);
const MOST_ROUNDS = 4;

function describing(v: TSchema): ProtocolDescription {
  const server = { m: Type.Object({ v }) };
  return defineProtocol({ name: "test", version: 1, server, client: {} }).description;
}

/** What ajv says of the body of the message `m`. Lengths count UTF-16 units, as docs/wire.md says. */
function validatorOf(description: ProtocolDescription): (body: unknown) => boolean {
  const ajv = new Ajv2020({
    strict: false,
    unicode: false,
    ownProperties: true,
    validateFormats: false,
    logger: false,
  });
  const validate = ajv.compile({ ...description, $ref: "#/server/m" });
  return (body) => validate(body);
}

/** Asks what JSON Schema, or ajv, does not judge as docs/wire.md does, or judges where properties are dropped. */
const OTHERWISE =
  /"(multipleOf|typewireAsks|format|uniqueItems|contains|minProperties|maxProperties)":|"required":\[("[^\]]*",)?""[,\]]/;
const REPLACED = /"typewire":"(bytes|bigint|undefined|integer-keys)"/;

/** An item as JSON, with bytes as hexadecimal text and integer keys as text; undefined where JSON has none. */
function replaced(item: Plain): unknown {
  if (item instanceof Uint8Array) return item.toHex();
  if (typeof item === "bigint") return Number(item);
  if (Array.isArray(item)) {
    const parts = (item as readonly Plain[]).map(replaced);
    return parts.includes(undefined) ? undefined : parts;
  }
  if (!(item instanceof Map)) return jsonOf(item);
  const entries = [...(item as ReadonlyMap<unknown, Plain>)].map(
    ([key, part]): [string, unknown] => [String(key), replaced(part)],
  );
  return entries.some(([, part]) => part === undefined) ? undefined : Object.fromEntries(entries);
}

describe("a description", () => {
  const cases = arbitrarySample({ depth: 2 }).chain(({ schema, values }) =>
    fc.record({
      schema: fc.constant(schema),
      value: values,
      mutations: fc.array(arbitraryMutation, { minLength: 1, maxLength: 6 }),
    }),
  );

  test(
    "admits what is sent, and refuses what is refused, whatever the schema",
    () => {
      const counts = { sent: 0, taken: 0, refused: 0 };
      const judgeCases = (): void => {
        fc.assert(
          fc.property(cases, ({ schema, value, mutations }) => {
            const description = describing(schema);
            const text = JSON.stringify(description);
            const isValid = validatorOf(description);
            const { reference } = codecPathsOf(schema);
            const { value: sent } = judge(reference.encode({ type: "m", v: value }), {
              allowUndefined: true,
            });
            const item = (sent as ReadonlyMap<string, Plain>).get("v");
            const json = replaced(item);
            const isJudged = !OTHERWISE.test(text) && !text.includes('"not":');
            if (json !== undefined && isJudged) {
              counts.sent += 1;
              expect({ json, isValid: isValid({ v: json }) }).toEqual({ json, isValid: true });
            }
            if (!isJudged || REPLACED.test(text)) return;
            for (const each of mutations.map((mutation) => mutated(item, mutation))) {
              const other = jsonOf(each);
              if (other === undefined) continue;
              const payload = payloadWith(bytesOfPlain(each));
              const isTaken = outcomeOf(() => reference.decode(payload)) !== undefined;
              counts[isTaken ? "taken" : "refused"] += 1;
              const verdict = { other, isTaken: isValid({ v: other }) };
              expect(verdict).toEqual({ other, isTaken });
            }
          }),
          { numRuns: CASES },
        );
      };
      // None of these is rare: few cases may lack one of them by chance, many may not.
      const fewest = (): number => Math.min(counts.sent, counts.taken, counts.refused);
      for (let round = 0; round < MOST_ROUNDS && fewest() <= CASES / 10; round += 1) judgeCases();
      expect(fewest()).toBeGreaterThan(CASES / 10);
    },
    20_000 + CASES * 200,
  );

  test.each([
    ["a date out of its range", Type.Date(), 8.64e15 + 1],
    ["a text key of integer keys", Type.Record(Type.Integer(), Type.Null()), { a: null }],
    ["any value of JSON for undefined", Type.Undefined(), null],
    ["a number for bytes", Type.Uint8Array(), 1],
    ["a fraction for a big integer", Type.BigInt(), 0.5],
    ["a missing property", TypeBox.Object({ a: Type.Unknown() }), {}],
  ])("refuses %s", (_, schema, value) => {
    expect(validatorOf(describing(schema))({ v: value })).toBeFalse();
  });
});
