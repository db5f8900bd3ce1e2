// Finds the decoder of a message by the bytes of its name, without making a text of them. For a few
// messages that is generated code, which the engine compiles together with the decoders; for many it is a
// table. Each decoder compares the whole name itself. For messages of calls, what finds their call stands
// in the place of a decoder.

import type { DecodeLimits } from "../../../limits.ts";
import type { OpenCalls } from "../../../schema/call-table.ts";
import type { MessageEntry } from "../../../schema/message-entry.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import { Source } from "../source.ts";
import { callFinders } from "./calls.ts";
import { mostTelling } from "./choose.ts";
import { differs } from "./emitter.ts";
import type { CompiledDecode, DecodeState } from "./module.ts";
import { Places } from "./places.ts";
import { MISS } from "./read.ts";

/** Reads the message in `bytes[start, end)`; `MISS` where no decoder can. `openCalls` says which call an id belongs to. */
export type DecodeEntrance = (
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: DecodeLimits,
  openCalls: OpenCalls | undefined,
) => AnyMessage | typeof MISS;

/**
 * The generated entrance is made anew with each message, and the engine has to learn it anew. With this
 * many messages it is as fast as the table.
 */
export const GENERATED_UP_TO = 32;

const TYPE_KEY = bytesOfLiteral("type");

/** Decoders, or what finds them, by the types of messages. */
type Decoders = ReadonlyMap<string, CompiledDecode>;

/** The entrance to some decoders. `state` is that of the decoders. */
export function decodeEntrance(
  state: DecodeState,
  decoders: ReadonlyMap<MessageEntry, CompiledDecode>,
): DecodeEntrance {
  const messages = new Map<string, CompiledDecode>();
  for (const [entry, decode] of decoders) {
    if (entry.call === undefined) messages.set(entry.type, decode);
  }
  const finders = callFinders(state, decoders);
  return messages.size > GENERATED_UP_TO
    ? tabledEntrance(state, new Map([...messages, ...finders]))
    : generatedEntrance(state, messages, finders);
}

/** The bytes of a name, and the expression that reads its message. */
interface Target {
  readonly bytes: readonly number[];
  readonly decode: string;
}

/**
 *     return function decode(b, start, e, limits, o) {
 *       let p = b[start] === 0xb8 ? start + 2 : start + 1;
 *       …the head of a map, and the key "type"…
 *       s.items = limits.maxItems;
 *       s.levels = limits.maxNesting;
 *       switch (b[p + 1]) {
 *         case 36: return find2(b, start, p, e, o);
 *         case 115: return message1(b, start, p, e);
 *         default: return MISS;
 *       }
 *     };
 */
function generatedEntrance(
  state: DecodeState,
  messages: Decoders,
  finders: Decoders,
): DecodeEntrance {
  const source = new Source();
  const targets = [
    ...[...messages].map(([type, decode]): Target => {
      const name = source.constant(decode, "message");
      return { bytes: bytesOfLiteral(type), decode: `${name}(b, start, p, e)` };
    }),
    ...[...finders].map(([type, find]): Target => {
      const name = source.constant(find, "find");
      return { bytes: bytesOfLiteral(type), decode: `${name}(b, start, p, e, o)` };
    }),
  ];
  const shortest = Math.min(...targets.map(({ bytes }) => bytes.length));
  source.block(
    "return function decode(b, start, e, limits, o) {",
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
    source.line(`return ${first.decode};`);
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

function tabledEntrance(state: DecodeState, decoders: Decoders): DecodeEntrance {
  const places = new Places();
  for (const [type, decode] of decoders) places.add(type, decode);
  return (bytes, start, end, limits, openCalls) => {
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
    for (let entry = places.at(bytes, name); entry !== undefined; entry = entry.next) {
      state.items = limits.maxItems;
      state.levels = limits.maxNesting;
      const message = entry.decode(bytes, start, name, end, openCalls);
      if (message !== MISS) return message;
    }
    return MISS;
  };
}
