// Finds the decoder of a message of a call: of a `$call` by the bytes of the call's name, of a `$item` or
// `$result` by the call that its id belongs to. Each decoder compares everything itself, so what is found
// here only has to be likely.

import type { OpenCalls } from "../../../schema/call-table.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import type { CompiledDecode, DecodeState } from "./module.ts";
import { type Placed, Places } from "./places.ts";
import { MISS, readInteger } from "./read.ts";

/** From the head of the text `$call` to that of the call's name. */
const TO_NAME = bytesOfLiteral("$call").length + bytesOfLiteral("call").length;

/** Puts what finds the decoders of messages of `type` into use. */
export type InstallFinder = (type: string, find: CompiledDecode) => void;

export class CallDecoders {
  readonly #state: DecodeState;
  readonly #install: InstallFinder;
  /** Of `$call`, by the names of calls. */
  #named: Places | undefined;
  /** Of `$item` and `$result`: by the types, the decoders of each call. */
  readonly #answers = new Map<string, Map<string, Placed>>();

  /** `state` is that of the decoders. `install` is called once for each type. */
  constructor(state: DecodeState, install: InstallFinder) {
    this.#state = state;
    this.#install = install;
  }

  /** Puts a decoder of messages of `type`, of the call called `name`, into use. */
  add(type: string, name: string, decode: CompiledDecode): void {
    if (type === "$call") {
      const named = (this.#named ??= this.#installNamed());
      named.add(name, decode);
      return;
    }
    const answers = this.#answers.get(type) ?? this.#installAnswers(type);
    answers.set(name, { decode, next: answers.get(name) });
  }

  #installNamed(): Places {
    const named = new Places();
    this.#install("$call", (bytes, start, p, end, openCalls) => {
      const name = p + TO_NAME;
      if (name >= end) return MISS;
      return this.#first(named.at(bytes, name), bytes, start, p, end, openCalls);
    });
    return named;
  }

  #installAnswers(type: string): Map<string, Placed> {
    const answers = new Map<string, Placed>();
    this.#answers.set(type, answers);
    // The text `$item` or `$result`, and the key `id`.
    const toId = bytesOfLiteral(type).length + 3;
    this.#install(type, (bytes, start, p, end, openCalls) => {
      const at = p + toId;
      if (openCalls === undefined || at >= end) return MISS;
      if (bytes[at - 2] !== 0x69 || bytes[at - 1] !== 0x64) return MISS;
      const id = readInteger(bytes, at, end);
      if (id !== id) return MISS;
      const name = openCalls(id);
      if (name === undefined) return MISS;
      return this.#first(answers.get(name), bytes, start, p, end, openCalls);
    });
    return answers;
  }

  #first(
    placed: Placed | undefined,
    bytes: Uint8Array,
    start: number,
    p: number,
    end: number,
    openCalls: OpenCalls | undefined,
  ): AnyMessage | typeof MISS {
    const state = this.#state;
    const { items, levels } = state;
    for (let each = placed; each !== undefined; each = each.next) {
      state.items = items;
      state.levels = levels;
      const message = each.decode(bytes, start, p, end, openCalls);
      if (message !== MISS) return message;
    }
    return MISS;
  }
}
