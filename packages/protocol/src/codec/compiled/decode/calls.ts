// Finds the decoder of a message of a call: of a `$call` by the bytes of the call's name, of a `$item` or
// `$result` by the call that its id belongs to. Each decoder compares everything itself, so what is found
// here only has to be likely.

import type { OpenCalls } from "../../../schema/call-table.ts";
import type { MessageEntry } from "../../../schema/message-entry.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import type { CompiledDecode, DecodeState } from "./module.ts";
import { type Placed, Places } from "./places.ts";
import { MISS, readInteger } from "./read.ts";

/** From the head of the text `$call` to that of the call's name. */
const TO_NAME = bytesOfLiteral("$call").length + bytesOfLiteral("call").length;

/** The decoder of messages of one type and call. */
interface CallDecoder {
  readonly type: string;
  readonly call: string;
  readonly decode: CompiledDecode;
}

/** What finds the decoders of calls' messages among `decoders`, by their types. `state` is that of the decoders. */
export function callFinders(
  state: DecodeState,
  decoders: ReadonlyMap<MessageEntry, CompiledDecode>,
): ReadonlyMap<string, CompiledDecode> {
  const ofCalls = [...decoders].flatMap(([{ type, call }, decode]): readonly CallDecoder[] =>
    call === undefined ? [] : [{ type, call, decode }],
  );
  const finders = [...Map.groupBy(ofCalls, ({ type }) => type)].map(
    ([type, group]) =>
      [type, type === "$call" ? findNamed(state, group) : findAnswers(state, type, group)] as const,
  );
  return new Map(finders);
}

/** For `$call`. */
function findNamed(state: DecodeState, decoders: readonly CallDecoder[]): CompiledDecode {
  const named = new Places();
  for (const { call, decode } of decoders) named.add(call, decode);
  return (bytes, start, p, end, openCalls) => {
    const name = p + TO_NAME;
    if (name >= end) return MISS;
    return first(state, named.at(bytes, name), bytes, start, p, end, openCalls);
  };
}

/** For `$item` or `$result`. */
function findAnswers(
  state: DecodeState,
  type: string,
  decoders: readonly CallDecoder[],
): CompiledDecode {
  const answers = new Map<string, Placed>();
  for (const { call, decode } of decoders) answers.set(call, { decode, next: answers.get(call) });
  // The text `$item` or `$result`, and the key `id`.
  const toId = bytesOfLiteral(type).length + 3;
  return (bytes, start, p, end, openCalls) => {
    const at = p + toId;
    if (openCalls === undefined || at >= end) return MISS;
    if (bytes[at - 2] !== 0x69 || bytes[at - 1] !== 0x64) return MISS;
    const id = readInteger(bytes, at, end);
    if (id !== id) return MISS;
    const name = openCalls(id);
    if (name === undefined) return MISS;
    return first(state, answers.get(name), bytes, start, p, end, openCalls);
  };
}

/** What the first of the decoders reads that can. */
function first(
  state: DecodeState,
  placed: Placed | undefined,
  bytes: Uint8Array,
  start: number,
  p: number,
  end: number,
  openCalls: OpenCalls | undefined,
): AnyMessage | typeof MISS {
  const { items, levels } = state;
  for (let each = placed; each !== undefined; each = each.next) {
    state.items = items;
    state.levels = levels;
    const message = each.decode(bytes, start, p, end, openCalls);
    if (message !== MISS) return message;
  }
  return MISS;
}
