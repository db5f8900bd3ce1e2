// The names of one direction's messages as bytes: for a payload that is passed on as it is, where the question is only
// whether it is one of them. Reads the layout that we write, `type` first, and no other.

/** The key `type` as CBOR, which stands behind the head of a message's map. */
const TYPE_KEY = [0x64, 0x74, 0x79, 0x70, 0x65] as const;

const encoder = new TextEncoder();

/** A name, and its bytes. */
interface Name {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Tells a message by the name at the beginning of its payload. */
export class LeadingNames {
  readonly #names: readonly Name[];
  /** A run is mostly of one kind. */
  #last: Name | undefined;

  constructor(names: readonly string[]) {
    this.#names = names.map((text) => ({ text, bytes: encoder.encode(text) }));
    this.#last = this.#names[0];
  }

  /** The name in the payload at `start`, which is one CBOR item; undefined where it is no map that begins with `type` and one of the names. */
  lead(payload: Uint8Array, start: number): string | undefined {
    let position = start + mapHeadBytes(payload[start]);
    if (position === start) return undefined;
    for (const byte of TYPE_KEY) {
      if (payload[position] !== byte) return undefined;
      position += 1;
    }
    const { bytes, length } = textHead(payload, position);
    if (bytes === 0) return undefined;
    position += bytes;
    const isThere = (name: Name): boolean => isAt(name.bytes, payload, position, length);
    if (this.#last !== undefined && isThere(this.#last)) return this.#last.text;
    const found = this.#names.find(isThere);
    this.#last = found ?? this.#last;
    return found?.text;
  }
}

/** Bytes of the head of a map, 0 where it is none of a message's size (RFC 8949 §3.1). */
function mapHeadBytes(head = 0): number {
  if (head >= 0xa1 && head <= 0xb7) return 1;
  if (head === 0xb8) return 2;
  return head === 0xb9 ? 3 : 0;
}

/** The head of a text: how many bytes it takes, 0 where it is none of a name's size, and how many follow. */
function textHead(payload: Uint8Array, at: number): { bytes: number; length: number } {
  const head = payload[at] ?? 0;
  const next = payload[at + 1] ?? 0;
  if (head >= 0x60 && head <= 0x77) return { bytes: 1, length: head - 0x60 };
  if (head === 0x78) return { bytes: 2, length: next };
  if (head === 0x79) return { bytes: 3, length: next * 256 + (payload[at + 2] ?? 0) };
  return { bytes: 0, length: 0 };
}

function isAt(name: Uint8Array, payload: Uint8Array, at: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let index = 0; index < length; index += 1) {
    if (payload[at + index] !== name[index]) return false;
  }
  return true;
}
