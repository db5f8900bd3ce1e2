// The names of one direction's messages as bytes: for a payload that is passed on and not decoded, where the
// question is only whether it is one of them. Reads the layout that we write, `type` first, and no other.

/** The key `type` as CBOR, which stands behind the head of a message's map. */
const TYPE_KEY = [0x64, 0x74, 0x79, 0x70, 0x65] as const;

const encoder = new TextEncoder();

/** Tells a message by the name at the beginning of its payload. */
export class LeadingNames {
  readonly #names: readonly Uint8Array[];
  /** A run is mostly of one kind. */
  #last: Uint8Array;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => encoder.encode(name));
    this.#last = this.#names[0] ?? new Uint8Array(0);
  }

  /** Whether the payload at `start`, which is one CBOR item, is a map that begins with `type` and one of the names. */
  lead(payload: Uint8Array, start: number): boolean {
    let position = start + mapHeadBytes(payload[start]);
    if (position === start) return false;
    for (const byte of TYPE_KEY) {
      if (payload[position] !== byte) return false;
      position += 1;
    }
    const { bytes, length } = textHead(payload, position);
    if (bytes === 0) return false;
    position += bytes;
    if (isAt(this.#last, payload, position, length)) return true;
    const found = this.#names.find((name) => isAt(name, payload, position, length));
    this.#last = found ?? this.#last;
    return found !== undefined;
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
