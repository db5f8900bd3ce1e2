// Changes to an item that leave it in the profile: another value in a place of it, one beside it, a key
// more or less. What bytes cannot reach by chance, such as one over a bound, is reached here.

import fc from "fast-check";

import { array, byteString, double, integer, map, NULL, text, TRUE, UNDEFINED } from "./cbor.ts";
import type { Plain } from "./profile-oracle.ts";

/** One change; the numbers choose the place and what happens there. */
export interface Mutation {
  readonly place: number;
  readonly change: number;
}

export const arbitraryMutation: fc.Arbitrary<Mutation> = fc.record(
  { place: fc.nat(999), change: fc.nat(999) },
  { noNullPrototype: true },
);

const VALUES: readonly Plain[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  5,
  9,
  10,
  -1,
  1.5,
  0.07,
  143.48,
  3e-7,
  70_000,
  2 ** 53,
  1e300,
  86_400_000,
  2n ** 53n,
  2n ** 63n,
  -(2n ** 63n) - 1n,
  2n ** 64n - 1n,
  "",
  "a",
  "é",
  "🎉",
  "🎉🎉",
  "a\n",
  "x",
  "abcdef",
  "n01",
  "n1.",
  "v1-true",
  "fixed",
  new Uint8Array(),
  Uint8Array.of(1, 2, 3, 4, 5),
  [],
  [1],
  [1, 1],
  [null, "a"],
  new Map(),
  new Map<string, Plain>([["a", 1]]),
  new Map<number, Plain>([[1, "a"]]),
  new Map<string, Plain>([
    ["named", 1],
    ["x", 2],
  ]),
];

type MapOfPlain = ReadonlyMap<string | number | bigint, Plain>;

/** `item` with this change, somewhere inside it. */
export function mutated(item: Plain, { place, change }: Mutation): Plain {
  const target = place % countOf(item);
  let seen = -1;
  const visit = (part: Plain): Plain => {
    seen += 1;
    if (seen === target) return changed(part, change);
    if (Array.isArray(part)) return part.map((inner: Plain) => visit(inner));
    if (!(part instanceof Map)) return part;
    return new Map([...(part as MapOfPlain)].map(([key, inner]) => [key, visit(inner)]));
  };
  return visit(item);
}

function countOf(item: Plain): number {
  const parts = Array.isArray(item) ? item : item instanceof Map ? [...item.values()] : [];
  return (parts as readonly Plain[]).reduce((sum: number, part) => sum + countOf(part), 1);
}

function changed(part: Plain, change: number): Plain {
  const neighbours = neighboursOf(part);
  const choices = [...neighbours, ...neighbours, ...VALUES];
  return choices[change % choices.length];
}

/** What is nearly the same. */
function neighboursOf(part: Plain): readonly Plain[] {
  if (typeof part === "number") return [part + 1, part - 1, -part, part / 10, part + 0.5];
  if (typeof part === "string") return [`${part}x`, part.slice(1), part.toUpperCase(), `${part}🎉`];
  if (part instanceof Uint8Array) return [part.slice(1), Uint8Array.of(...part, 0)];
  if (Array.isArray(part)) {
    const items = part as readonly Plain[];
    return [[...items, ...items.slice(-1)], items.slice(1), [...items, null], items.toReversed()];
  }
  if (!(part instanceof Map)) return [];
  const entries = [...(part as MapOfPlain)];
  const withKey = (key: string | number): Plain => new Map([...entries, [key, true]]);
  const [first] = entries;
  return [
    new Map(entries.slice(1)),
    new Map(entries.slice(0, -1)),
    withKey("unheard of"),
    withKey("x"),
    withKey("c"),
    withKey(7),
    ...(first === undefined ? [] : [new Map([["c", first[1]] as const, ...entries.slice(1)])]),
  ];
}

/** The bytes of an item, as docs/wire.md has it written. */
export function bytesOfPlain(item: Plain): Uint8Array {
  if (item === null) return NULL;
  if (item === undefined) return UNDEFINED;
  if (typeof item === "boolean") return item ? TRUE : Uint8Array.of(0xf4);
  if (typeof item === "bigint") return integer(item);
  if (typeof item === "string") return text(item);
  if (typeof item === "number") {
    return Number.isSafeInteger(item) && !Object.is(item, -0) ? integer(item) : double(item);
  }
  if (item instanceof Uint8Array) return byteString(item);
  if (Array.isArray(item)) return array(...item.map(bytesOfPlain));
  const entries = [...(item as MapOfPlain)];
  return map(...entries.flatMap(([key, part]) => [bytesOfPlain(key), bytesOfPlain(part)]));
}
