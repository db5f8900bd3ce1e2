// Finds the decoder of a message by the bytes of its name, without making a text of them. Messages of calls
// are found by `CallDecoders`, which stands here under their types once it has a decoder for them.

import type { DecodeLimits } from "../../../limits.ts";
import type { OpenCalls } from "../../../schema/call-table.ts";
import type { AnyMessage, MessageEntry } from "../../../schema/message-table.ts";
import { CallDecoders } from "./calls.ts";
import type { CompiledDecode, DecodeState } from "./module.ts";
import { Places } from "./places.ts";
import { MISS } from "./read.ts";

export class DecodeEntrance {
  readonly #state: DecodeState;
  readonly #places = new Places();
  #calls: CallDecoders | undefined;

  /** `state` is that of the decoders. */
  constructor(state: DecodeState) {
    this.#state = state;
  }

  /** Puts the decoder of a message into use. */
  add(entry: MessageEntry, decode: CompiledDecode): void {
    if (entry.call === undefined) {
      this.#places.add(entry.type, decode);
      return;
    }
    this.#calls ??= new CallDecoders(this.#state, (type, find) => this.#places.add(type, find));
    this.#calls.add(entry.type, entry.call, decode);
  }

  /** The message in `bytes[start, end)`; `MISS` where no decoder can read it. */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: DecodeLimits,
    openCalls: OpenCalls | undefined,
  ): AnyMessage | typeof MISS {
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
    const state = this.#state;
    for (let entry = this.#places.at(bytes, name); entry !== undefined; entry = entry.next) {
      state.items = limits.maxItems;
      state.levels = limits.maxNesting;
      const message = entry.decode(bytes, start, name, end, openCalls);
      if (message !== MISS) return message;
    }
    return MISS;
  }
}
