// Decoders by the bytes of a name. Names that share three bytes share a place; each decoder compares the
// whole name itself.

import { bytesOfLiteral } from "../constant-bytes.ts";
import type { CompiledDecode } from "./module.ts";

/** How many places there are for three bytes of a name. */
const PLACES = 256;

/** One decoder, and the next at its place. */
export interface Placed {
  readonly decode: CompiledDecode;
  readonly next: Placed | undefined;
}

export class Places {
  readonly #places: (Placed | undefined)[] = Array.from({ length: PLACES });

  /** Puts the decoder of what is called `name` into use. */
  add(name: string, decode: CompiledDecode): void {
    const place = placeOf(Uint8Array.from(bytesOfLiteral(name)), 0);
    this.#places[place] = { decode, next: this.#places[place] };
  }

  /** The first of the decoders whose names may be the one at `at`. */
  at(bytes: Uint8Array, at: number): Placed | undefined {
    return this.#places[placeOf(bytes, at)];
  }
}

/** A number below `PLACES` that depends on the length of the name at `at`, its first character and its last or its 23rd. */
function placeOf(bytes: Uint8Array, at: number): number {
  const head = bytes[at] as number;
  const first = bytes[at + 1] as number;
  const last = bytes[at + (head & 0x1f)] as number;
  return (head ^ (first << 1) ^ (last << 3)) & (PLACES - 1);
}
