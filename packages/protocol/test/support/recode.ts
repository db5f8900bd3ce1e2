// The same item in another layout: what a peer that is not Typewire may write. Keys in another order,
// heads wider than they need be, and keys that no schema knows. Meaning stays; only the bytes differ.

import { concat } from "./bytes.ts";
import {
  array,
  byteString,
  head,
  integer,
  map,
  narrowest,
  text,
  type Width,
  WIDTHS,
} from "./cbor.ts";

/** A CBOR item of our profile, read without a schema. */
type Item =
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "bytes" | "text"; readonly content: Uint8Array }
  | { readonly kind: "array"; readonly items: readonly Item[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Item, Item])[] }
  | { readonly kind: "verbatim"; readonly bytes: Uint8Array };

/** What to change; each is a number that the layout is drawn from. */
export interface Layout {
  /** 0 keeps the order of keys. */
  readonly shuffle: number;
  /** 0 keeps heads as short as they are. */
  readonly widen: number;
  /** 0 adds nothing. */
  readonly extra: number;
}

/** `payload`, of our profile, in another layout. */
export function recode(payload: Uint8Array, layout: Layout): Uint8Array {
  const reader = new Reader(payload);
  return new Writer(layout).write(reader.item());
}

class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  item(): Item {
    const start = this.#position;
    const initial = this.#bytes[start] ?? 0;
    const info = initial & 0x1f;
    const size = info < 24 ? 0 : 1 << (info - 24);
    this.#position += 1 + size;
    if (initial >> 5 === 7)
      return { kind: "verbatim", bytes: this.#bytes.slice(start, this.#position) };
    let argument = info < 24 ? BigInt(info) : 0n;
    for (let index = 1; index <= size; index += 1) {
      argument = (argument << 8n) | BigInt(this.#bytes[start + index] ?? 0);
    }
    const count = Number(argument);
    switch (initial >> 5) {
      case 0:
        return { kind: "integer", value: argument };
      case 1:
        return { kind: "integer", value: -1n - argument };
      case 2:
        return { kind: "bytes", content: this.#take(count) };
      case 3:
        return { kind: "text", content: this.#take(count) };
      case 4:
        return { kind: "array", items: Array.from({ length: count }, () => this.item()) };
      default:
        return {
          kind: "map",
          entries: Array.from({ length: count }, () => [this.item(), this.item()] as const),
        };
    }
  }

  #take(count: number): Uint8Array {
    const start = this.#position;
    this.#position += count;
    return this.#bytes.slice(start, this.#position);
  }
}

class Writer {
  readonly #layout: Layout;
  #drawn = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  write(item: Item): Uint8Array {
    switch (item.kind) {
      case "integer":
        return integer(item.value, this.#width(item.value < 0n ? -1n - item.value : item.value));
      case "bytes":
        return byteString(item.content, this.#width(BigInt(item.content.length)));
      case "text":
        return text(item.content, this.#width(BigInt(item.content.length)));
      case "array": {
        const count = item.items.length;
        const items = item.items.map((inner) => this.write(inner));
        return count === 0
          ? array()
          : concat(head("array", count, this.#width(BigInt(count))), ...items);
      }
      case "map":
        return this.#map(item.entries);
      case "verbatim":
        return item.bytes;
    }
  }

  #map(entries: readonly (readonly [Item, Item])[]): Uint8Array {
    const ordered = [...entries];
    if (this.#layout.shuffle > 0) {
      for (let index = ordered.length - 1; index > 0; index -= 1) {
        const other = this.#draw(this.#layout.shuffle, index + 1);
        const [a, b] = [ordered[index], ordered[other]];
        if (a !== undefined && b !== undefined) [ordered[index], ordered[other]] = [b, a];
      }
    }
    const written = ordered.flatMap(([key, value]) => [this.write(key), this.write(value)]);
    if (this.#layout.extra > 0 && this.#draw(this.#layout.extra, 2) === 0) {
      written.push(text("unheard of"), array(integer(1), map(text("x"), text("y"))));
    }
    return map(...written);
  }

  #width(argument: bigint): Width | undefined {
    if (this.#layout.widen === 0) return undefined;
    const possible = WIDTHS.slice(WIDTHS.indexOf(narrowest(argument)));
    return possible[this.#draw(this.#layout.widen, possible.length)];
  }

  #draw(seed: number, below: number): number {
    this.#drawn = (Math.imul(this.#drawn ^ seed, 0x9e37_79b1) + 0x7f4a_7c15) >>> 0;
    return (this.#drawn >>> 8) % below;
  }
}
