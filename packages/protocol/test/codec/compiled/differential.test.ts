// One meaning: for random schemas, random values, other layouts and random damage, the compiled path and
// the reference path agree on the bytes, on the value, or on the error's code and path. A failure prints
// its seed and the shrunk counterexample. TYPEWIRE_CASES runs it longer, as `bun run test:long` does: 300 takes
// about ten seconds.

import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { compileNow } from "../../../src/codec/direction-codec.ts";
import {
  defineDenseProtocol,
  defineProtocol,
  defineReferenceProtocol,
} from "../../../src/define-protocol.ts";
import { TypewireError } from "../../../src/errors.ts";
import { arbitraryMessage, type MessageSample } from "../../support/arbitrary-protocol.ts";
import { arbitraryDamage, damaged } from "../../support/damage.ts";
import { type Layout, recode } from "../../support/recode.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 25);
const TIMEOUT_MS = 20_000 + CASES * 100;

/** Both codecs of one schema; the first is compiled, not to be when it has been used. */
function codecsFor({ body }: MessageSample, define: typeof defineProtocol) {
  const definition = { name: "random", version: 1, server: { m: body }, client: {} };
  const compiled = define(definition).server;
  compileNow(compiled);
  return {
    compiled,
    reference: defineReferenceProtocol(definition).server,
  };
}

/** What a call comes to: a value, or the code and path of a TypewireError. */
function outcomeOf(call: () => unknown): unknown {
  try {
    return { value: call() };
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    return { code: error.code, path: error.path };
  }
}

const arbitraryLayout: fc.Arbitrary<Layout> = fc.record({
  shuffle: fc.nat(1000),
  widen: fc.nat(1000),
  extra: fc.nat(1000),
});

describe.each([
  ["in place", defineProtocol],
  ["dense", defineDenseProtocol],
])("code that is %s and the reference path", (_, define) => {
  test(
    "write the same bytes and read the same value",
    () => {
      fc.assert(
        fc.property(arbitraryMessage(), (sample) => {
          const { compiled, reference } = codecsFor(sample, define);
          const payload = compiled.encode(sample.message);
          expect(payload).toEqual(reference.encode(sample.message));
          expect(compiled.decode(payload)).toStrictEqual(sample.message);
          expect(reference.decode(payload)).toStrictEqual(sample.message);
        }),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "agree on what was written in another layout",
    () => {
      fc.assert(
        fc.property(
          arbitraryMessage(),
          fc.array(arbitraryLayout, { minLength: 1, maxLength: 4 }),
          (sample, layouts) => {
            const { compiled, reference } = codecsFor(sample, define);
            const payload = reference.encode(sample.message);
            for (const layout of layouts) {
              const other = recode(payload, layout);
              expect(outcomeOf(() => compiled.decode(other))).toStrictEqual(
                outcomeOf(() => reference.decode(other)),
              );
            }
          },
        ),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "agree on damaged bytes, wherever they lie in a buffer",
    () => {
      const arbitraryDamages = fc.array(arbitraryDamage, { minLength: 1, maxLength: 3 });
      fc.assert(
        fc.property(
          arbitraryMessage(),
          fc.array(arbitraryDamages, { minLength: 1, maxLength: 6 }),
          (sample, harms) => {
            const { compiled, reference } = codecsFor(sample, define);
            const payload = reference.encode(sample.message);
            for (const damages of harms) {
              const bytes = damages.reduce(damaged, payload);
              const expected = outcomeOf(() => reference.decode(bytes));
              expect(outcomeOf(() => compiled.decode(bytes))).toStrictEqual(expected);
              // What stands behind the payload must not be read: here it is what was cut off, or more of it.
              const padded = new Uint8Array(3 + bytes.length + payload.length);
              padded.set(bytes, 3);
              padded.set(
                payload.subarray(Math.min(bytes.length, payload.length)),
                3 + bytes.length,
              );
              expect(outcomeOf(() => compiled.decode(padded, 3, 3 + bytes.length))).toStrictEqual(
                expected,
              );
            }
          },
        ),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "agree on values of another schema",
    () => {
      fc.assert(
        fc.property(arbitraryMessage(), arbitraryMessage(), (sample, other) => {
          const { compiled, reference } = codecsFor(sample, define);
          const expected = outcomeOf(() => reference.encode(other.message));
          expect(outcomeOf(() => compiled.encode(other.message))).toStrictEqual(expected);
          const foreign = codecsFor(other, define).reference.encode(other.message);
          expect(outcomeOf(() => compiled.decode(foreign))).toStrictEqual(
            outcomeOf(() => reference.decode(foreign)),
          );
        }),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );
});
