// Random schemas, random values, random damage. A failure prints the seed and the shrunk counterexample.
// TYPEWIRE_CASES runs it longer.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";
import fc from "fast-check";

import { defineProtocol } from "../../src/define-protocol.ts";
import { TypewireError } from "../../src/errors.ts";
import { toCheckSchema } from "../../src/schema/check-schema.ts";
import { compileCheck } from "../../src/schema/check.ts";
import { findFault } from "../../src/schema/fault.ts";
import { shapeOf } from "../../src/schema/shape-of.ts";
import type { Sample } from "../support/arbitrary-leaves.ts";
import {
  arbitraryMessage,
  arbitrarySample,
  type MessageSample,
} from "../support/arbitrary-protocol.ts";
import { arbitraryUnknown } from "../support/arbitrary-values.ts";
import { cpuMilliseconds } from "../support/cpu.ts";
import { arbitraryDamage, damaged } from "../support/damage.ts";
import { judge } from "../support/profile-oracle.ts";
import { verdictOf } from "../support/scan.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 25);

setDefaultTimeout(20_000 + CASES * 100);

function codecFor({ body }: MessageSample) {
  return defineProtocol({ name: "random", version: 1, server: { m: body }, client: {} }).server;
}

describe("any message of any schema", () => {
  test("arrives as it was sent, in a payload of our profile", () => {
    fc.assert(
      fc.property(arbitraryMessage(), (sample) => {
        const codec = codecFor(sample);
        const payload = codec.encode(sample.message);
        expect(judge(payload, { allowUndefined: true }).verdict).toBe("accepted");
        expect(codec.decode(payload)).toStrictEqual(sample.message);
      }),
      { numRuns: 4 * CASES },
    );
  });

  test("is written the same way when what arrived is sent on", () => {
    fc.assert(
      fc.property(arbitraryMessage(), (sample) => {
        const codec = codecFor(sample);
        const payload = codec.encode(sample.message);
        expect(codec.encode(codec.decode(payload))).toEqual(payload);
      }),
      { numRuns: 2 * CASES },
    );
  });

  test("in damaged bytes is refused by a TypewireError or read as a message that can be sent on", () => {
    fc.assert(
      fc.property(
        arbitraryMessage(),
        fc.array(arbitraryDamage, { minLength: 1, maxLength: 12 }),
        (sample, damages) => {
          const codec = codecFor(sample);
          const payload = codec.encode(sample.message);
          for (const damage of damages) {
            const spent = cpuMilliseconds(() => {
              const message = attempt(() => codec.decode(damaged(payload, damage)));
              if (message !== undefined)
                expect(codec.decode(codec.encode(message))).toStrictEqual(message);
            });
            expect(spent).toBeLessThan(500);
          }
        },
      ),
      { numRuns: 3 * CASES },
    );
  });
});

/** What `run` gives; undefined where it throws a TypewireError. */
function attempt<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof TypewireError) return undefined;
    throw error;
  }
}

describe("any bytes", () => {
  test("are judged by the scanner as by the second opinion", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.boolean(), (bytes, allowUndefined) => {
        expect(verdictOf(bytes, { allowUndefined })).toBe(judge(bytes, { allowUndefined }).verdict);
      }),
      { numRuns: 60 * CASES },
    );
  });

  test("of a damaged item are judged by the scanner as by the second opinion, and read alike", () => {
    const codec = codecFor({ body: Type.Object({ v: Type.Unknown() }), message: { type: "m" } });
    fc.assert(
      fc.property(arbitraryUnknown, arbitraryDamage, (value, damage) => {
        const payload = damaged(codec.encode({ type: "m", v: value } as { type: "m" }), damage);
        const opinion = judge(payload);
        const verdict = verdictOf(payload);
        if (verdict !== "cbor-limit") expect(verdict).toBe(opinion.verdict);
        const message = attempt(() => codec.decode(payload));
        if (message !== undefined) {
          const fields = opinion.value as ReadonlyMap<string, unknown>;
          expect((message as { readonly v?: unknown }).v).toStrictEqual(plain(fields.get("v")));
        }
      }),
      { numRuns: 30 * CASES },
    );
  });

  /** Maps as objects. */
  function plain(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(plain);
    if (!(value instanceof Map)) return value;
    return Object.fromEntries([...value].map(([key, part]) => [key, plain(part)]));
  }
});

describe("the check", () => {
  const samples = arbitrarySample();
  const schemas = samples.map(({ schema }) => schema);
  const others = arbitraryUnknown.filter((value) => !holdsBytes(value));

  test("finds no fault in what satisfies the schema", () => {
    fc.assert(
      fc.property(samples.chain(withValue), ({ schema, value }) => {
        const copy = toCheckSchema(schema);
        const shape = shapeOf(copy, "");
        expect(findFault(shape, value)?.message).toBeUndefined();
        expect(compileCheck(copy, shape).passes(value)).toBe(true);
      }),
      { numRuns: 3 * CASES },
    );
  });

  test("fails exactly where a fault is found", () => {
    fc.assert(
      fc.property(schemas, fc.array(others, { minLength: 5, maxLength: 5 }), (schema, values) => {
        const copy = toCheckSchema(schema);
        const shape = shapeOf(copy, "");
        const check = compileCheck(copy, shape);
        for (const value of values)
          expect(findFault(shape, value) === undefined).toBe(check.passes(value));
      }),
      { numRuns: 3 * CASES },
    );
  });

  function withValue({
    schema,
    values,
  }: Sample): fc.Arbitrary<{ schema: TSchema; value: unknown }> {
    return values.map((value) => ({ schema, value }));
  }

  /** Bytes pass for objects with TypeBox, and not with us. */
  function holdsBytes(value: unknown): boolean {
    if (value instanceof Uint8Array) return true;
    return typeof value === "object" && value !== null && Object.values(value).some(holdsBytes);
  }
});
