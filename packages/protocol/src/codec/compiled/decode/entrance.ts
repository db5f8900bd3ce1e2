// Finds the decoder of a message by the bytes of its name, without making a text of them. For a few
// messages that is generated code, which the engine compiles together with the decoders; for many it is a
// table, whose messages share a place where their names share three bytes. Each decoder compares the whole
// name itself.

import type { DecodeLimits } from "../../../limits.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import { Source } from "../source.ts";
import { mostTelling } from "./choose.ts";
import { differs } from "./emitter.ts";
import type { CompiledDecode, DecodeState } from "./module.ts";
import { MISS } from "./read.ts";

/** Reads the message in `bytes[start, end)`; `MISS` where no decoder can. */
export type DecodeEntrance = (
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: DecodeLimits,
) => AnyMessage | typeof MISS;

/**
 * The generated entrance is made anew with each message, and the engine has to learn it anew. With this
 * many messages it is as fast as the table.
 */
export const GENERATED_UP_TO = 32;

const TYPE_KEY = bytesOfLiteral("type");

/** The entrance to some decoders, by the names of their messages. `state` is that of the decoders. */
export function decodeEntrance(
  state: DecodeState,
  decoders: ReadonlyMap<string, CompiledDecode>,
): DecodeEntrance {
  return decoders.size > GENERATED_UP_TO
    ? tabledEntrance(state, decoders)
    : generatedEntrance(state, decoders);
}

/** The bytes of a name, and the expression that is its decoder. */
interface Target {
  readonly bytes: readonly number[];
  readonly decode: string;
}

/**
 *     return function decode(b, start, e, limits) {
 *       let p = b[start] === 0xb8 ? start + 2 : start + 1;
 *       …the head of a map, and the key "type"…
 *       s.items = limits.maxItems;
 *       s.levels = limits.maxNesting;
 *       switch (b[p + 1]) {
 *         case 115: return message1(b, start, p, e);
 *         default: return MISS;
 *       }
 *     };
 */
function generatedEntrance(
  state: DecodeState,
  decoders: ReadonlyMap<string, CompiledDecode>,
): DecodeEntrance {
  const source = new Source();
  const targets = [...decoders].map(([name, decode]): Target => {
    return { bytes: bytesOfLiteral(name), decode: source.constant(decode, "message") };
  });
  const shortest = Math.min(...targets.map(({ bytes }) => bytes.length));
  source.block(
    "return function decode(b, start, e, limits) {",
    () => {
      source.line("let p = b[start] === 0xb8 ? start + 2 : start + 1;");
      source.line("if (p === start + 1 && (b[start] < 0xa1 || b[start] > 0xb7)) return MISS;");
      const least = TYPE_KEY.length + shortest;
      source.line(`if (p + ${least} > e || ${differs(TYPE_KEY, "p")}) return MISS;`);
      source.line(`p += ${TYPE_KEY.length};`);
      source.line("s.items = limits.maxItems;");
      source.line("s.levels = limits.maxNesting;");
      emitTargets(source, targets);
    },
    "};",
  );
  return source.evaluate({ MISS, s: state }) as DecodeEntrance;
}

/** Calls the decoder of the only name of `targets` that may stand at `p`. */
function emitTargets(source: Source, targets: readonly Target[]): void {
  const [first, ...others] = targets;
  if (first !== undefined && others.length === 0) {
    source.line(`return ${first.decode}(b, start, p, e);`);
    return;
  }
  const place = mostTelling(targets);
  source.block(`switch (b[p + ${place}]) {`, () => {
    for (const [byte, group] of Map.groupBy(targets, ({ bytes }) => bytes[place])) {
      source.block(`case ${byte}:`, () => emitTargets(source, group), "");
    }
    source.line("default: return MISS;");
  });
}

/** How many places there are for three bytes of a name. */
const PLACES = 256;

/** One decoder, and the next at its place. */
interface Entry {
  readonly decode: CompiledDecode;
  readonly next: Entry | undefined;
}

function tabledEntrance(
  state: DecodeState,
  decoders: ReadonlyMap<string, CompiledDecode>,
): DecodeEntrance {
  const places: (Entry | undefined)[] = Array.from({ length: PLACES });
  for (const [name, decode] of decoders) {
    const place = placeOf(Uint8Array.from(bytesOfLiteral(name)), 0);
    places[place] = { decode, next: places[place] };
  }
  return (bytes, start, end, limits) => {
    const head = bytes[start] as number;
    const name = start + (head === 0xb8 ? 7 : 6);
    // The head of a map, the key "type", and a byte at least.
    if (head < 0xa1 || head > 0xb8 || name >= end) return MISS;
    if (
      ((bytes[name - 5] as number) ^ 0x64) |
      ((bytes[name - 4] as number) ^ 0x74) |
      ((bytes[name - 3] as number) ^ 0x79) |
      ((bytes[name - 2] as number) ^ 0x70) |
      ((bytes[name - 1] as number) ^ 0x65)
    ) {
      return MISS;
    }
    for (let entry = places[placeOf(bytes, name)]; entry !== undefined; entry = entry.next) {
      state.items = limits.maxItems;
      state.levels = limits.maxNesting;
      const message = entry.decode(bytes, start, name, end);
      if (message !== MISS) return message;
    }
    return MISS;
  };
}

/** A number below `PLACES` that depends on the length of the name at `at`, its first character and its last or its 23rd. */
function placeOf(bytes: Uint8Array, at: number): number {
  const head = bytes[at] as number;
  const first = bytes[at + 1] as number;
  const last = bytes[at + (head & 0x1f)] as number;
  return (head ^ (first << 1) ^ (last << 3)) & (PLACES - 1);
}
