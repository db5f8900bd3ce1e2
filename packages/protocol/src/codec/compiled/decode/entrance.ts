// Finds the decoder of a message by the bytes of its name, without making a text of them. Messages whose
// names share three bytes share a place; each decoder compares the whole name itself.

import type { DecodeLimits } from "../../../limits.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import type { CompiledDecode, DecodeState } from "./module.ts";
import { MISS } from "./read.ts";

/** How many places there are for three bytes of a name. */
const PLACES = 256;

/** One decoder, and the next at its place. */
interface Entry {
  readonly decode: CompiledDecode;
  readonly next: Entry | undefined;
}

export class DecodeEntrance {
  readonly #state: DecodeState;
  readonly #places: (Entry | undefined)[] = Array.from({ length: PLACES });

  /** `state` is that of the decoders. */
  constructor(state: DecodeState) {
    this.#state = state;
  }

  /** Puts the decoder of the message called `name` into use. */
  add(name: string, decode: CompiledDecode): void {
    const place = placeOf(Uint8Array.from(bytesOfLiteral(name)), 0);
    this.#places[place] = { decode, next: this.#places[place] };
  }

  /** The message in `bytes[start, end)`; `MISS` where no decoder can read it. */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: DecodeLimits,
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
    for (let entry = this.#places[placeOf(bytes, name)]; entry !== undefined; entry = entry.next) {
      state.items = limits.maxItems;
      state.levels = limits.maxNesting;
      const message = entry.decode(bytes, start, name, end);
      if (message !== MISS) return message;
    }
    return MISS;
  }
}

/** A number below `PLACES` that depends on the length of the name at `at`, its first character and its last or its 23rd. */
function placeOf(bytes: Uint8Array, at: number): number {
  const head = bytes[at] as number;
  const first = bytes[at + 1] as number;
  const last = bytes[at + (head & 0x1f)] as number;
  return (head ^ (first << 1) ^ (last << 3)) & (PLACES - 1);
}
