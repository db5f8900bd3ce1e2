// What a codec benchmark encodes and decodes: message schemas, and several messages of each so that no
// side profits from having seen one value before. Values are those that JSON, Protocol Buffers and Avro
// all carry: text, numbers, booleans, arrays, objects. No dates, big integers or bytes.

import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { SeededRandom } from "@typewire/testkit";

/** Messages of one size and kind. */
export interface Corpus {
  readonly name: string;
  readonly about: string;
  /** Message name to schema, as `defineProtocol` takes it: without `type`. */
  readonly schemas: Readonly<Record<string, TObject>>;
  /** What is encoded, in turn. */
  readonly messages: readonly Message[];
}

/** A message of any corpus. */
export interface Message {
  readonly type: string;
  readonly [property: string]: unknown;
}

/** How many messages a corpus rotates through, where its messages are not large. */
export const VARIANTS = 64;

/** `count` messages, the same in every run. */
export function generate<Made>(
  count: number,
  make: (random: SeededRandom, index: number) => Made,
): readonly Made[] {
  const random = new SeededRandom(0x7e1e);
  return Array.from({ length: count }, (_, index) => make(random, index));
}

/** One of `choices`. */
export function pick<Choice>(
  random: SeededRandom,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  return choices[random.integer(0, choices.length - 1)] ?? choices[0];
}

/** The schema of a corpus's whole messages, `type` included, for sides that have no notion of messages. */
export function messageSchema(corpus: Corpus): TSchema {
  const [first, ...others] = Object.entries(corpus.schemas).map(([name, schema]) =>
    Type.Object({ type: Type.Literal(name), ...schema.properties }),
  );
  if (first === undefined) throw new Error(`${corpus.name}: expected at least one schema`);
  return others.length === 0 ? first : Type.Union([first, ...others]);
}
