// One meaning, for the messages of calls: with random schemas as input, items, output and data of an error,
// the compiled path and the reference path agree on the bytes, on the value, or on the error's code, path and
// call. A failure prints its seed and the shrunk counterexample. TYPEWIRE_CASES runs it longer.

import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import type { Codec } from "../../../src/codec/codec.ts";
import { CallMisfit, TypewireError } from "../../../src/errors.ts";
import type { CallMessage } from "../../../src/schema/control.ts";
import { isPrintable } from "../../../src/schema/names.ts";
import type { Sample } from "../../support/arbitrary-leaves.ts";
import { arbitrarySample } from "../../support/arbitrary-protocol.ts";
import { HOSTILE_NAMES, PLAIN_NAMES } from "../../support/arbitrary-values.ts";
import { callPathsOf, decodeCall, encodeCall } from "../../support/call-paths.ts";
import { arbitraryDamage, damaged } from "../../support/damage.ts";
import { recode } from "../../support/recode.ts";

const CASES = Number(process.env["TYPEWIRE_CASES"] ?? 25);
const TIMEOUT_MS = 20_000 + CASES * 200;

/** A call of its name, and a message of it with the side that writes it. */
interface CallSample {
  readonly paths: ReturnType<typeof callPathsOf>;
  readonly name: string;
  readonly other: string;
  readonly writer: "server" | "client";
  readonly message: CallMessage;
}

const arbitraryName = fc
  .constantFrom(...PLAIN_NAMES, ...HOSTILE_NAMES)
  .filter((name) => !["__proto__", "", "then"].includes(name) && !name.startsWith("$"))
  .filter(isPrintable);

const arbitraryId = fc.oneof(
  fc.nat(30),
  fc.integer(),
  fc.constantFrom(2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 32, -25),
);

/** A value and the schema that it has. */
function valued(sample: Sample) {
  return sample.values.map((value) => ({ schema: sample.schema, value }));
}

const arbitraryCall: fc.Arbitrary<CallSample> = fc
  .record({
    name: arbitraryName,
    other: arbitraryName,
    id: arbitraryId,
    timeoutMs: fc.option(fc.nat(), { nil: undefined }),
    code: arbitraryName,
    text: fc.string(),
    value: arbitrarySample({ depth: 2 }).chain(valued),
    kind: fc.constantFrom("call", "sent", "yielded", "output", "error"),
  })
  .map(({ name, other, id, timeoutMs, code, text, value: { schema, value }, kind }) => {
    const writer = kind === "call" || kind === "sent" ? "client" : "server";
    const part = { call: "input", sent: "sends", yielded: "yields", output: "output", error: "" }[
      kind
    ];
    const definition =
      kind === "error" ? { errors: { [code]: schema, another: schema } } : { [part]: schema };
    const paths = callPathsOf({ [name]: definition, [`${other} other`]: definition });
    const messages: Readonly<Record<typeof kind, CallMessage>> = {
      call: {
        type: "$call",
        call: name,
        id,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        input: value,
      },
      sent: { type: "$item", id, item: value },
      yielded: { type: "$item", id, item: value },
      output: { type: "$result", id, output: value },
      error: { type: "$result", id, error: { code, message: text, data: value } },
    };
    return { paths, name, other: `${other} other`, writer, message: messages[kind] };
  });

/** What an attempt comes to: a value, or what is told of a TypewireError. */
function outcomeOf(attempt: () => unknown): unknown {
  try {
    return { value: attempt() };
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    const { code, path, of } = error;
    const whose = error instanceof CallMisfit ? { id: error.id, call: error.call } : {};
    return { code, path, of, ...whose };
  }
}

/** What each path makes of `payload`, where the calls of all ids are `name`, or none is open. */
function expectAgreement({ paths, writer }: CallSample, payload: Uint8Array, name?: string): void {
  const read = (codec: Codec<never>) => outcomeOf(() => decodeCall(codec, payload, () => name));
  const expected = read(paths.reference[writer]);
  expect(read(paths.compiled[writer])).toStrictEqual(expected);
  expect(read(paths.dense[writer])).toStrictEqual(expected);
}

describe("the compiled and the reference path, of a call", () => {
  test(
    "write the same bytes and read the same value",
    () => {
      fc.assert(
        fc.property(arbitraryCall, ({ paths, name, writer, message }) => {
          const payload = encodeCall(paths.compiled[writer], message, name);
          expect(payload).toEqual(encodeCall(paths.reference[writer], message, name));
          for (const codecs of Object.values(paths)) {
            const read: unknown = decodeCall(codecs[writer], payload, () => name);
            expect(read).toStrictEqual(message);
          }
        }),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "agree on another layout, on damage, and on whose it is",
    () => {
      const arbitraryHarm = fc.record({
        layout: fc.record({ shuffle: fc.nat(1000), widen: fc.nat(1000), extra: fc.nat(1000) }),
        damages: fc.array(arbitraryDamage, { minLength: 1, maxLength: 3 }),
      });
      fc.assert(
        fc.property(
          arbitraryCall,
          fc.array(arbitraryHarm, { minLength: 1, maxLength: 4 }),
          (sample, harms) => {
            const { paths, name, other, writer, message } = sample;
            const payload = encodeCall(paths.reference[writer], message, name);
            for (const owner of [other, undefined, "no such call"]) {
              expectAgreement(sample, payload, owner);
            }
            for (const { layout, damages } of harms) {
              expectAgreement(sample, recode(payload, layout), name);
              expectAgreement(sample, damages.reduce(damaged, payload), name);
            }
          },
        ),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );

  test(
    "agree on the values of another call",
    () => {
      fc.assert(
        fc.property(arbitraryCall, arbitraryCall, (one, two) => {
          const { paths, name, writer } = one;
          const write = (codec: Codec<never>) =>
            outcomeOf(() => encodeCall(codec, two.message, name));
          const expected = write(paths.reference[writer]);
          expect(write(paths.compiled[writer])).toStrictEqual(expected);
          expect(write(paths.dense[writer])).toStrictEqual(expected);
          const foreign = encodeCall(two.paths.reference[two.writer], two.message, two.name);
          expectAgreement(one, foreign, name);
        }),
        { numRuns: CASES },
      );
    },
    TIMEOUT_MS,
  );
});
