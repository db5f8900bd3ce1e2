// A second opinion on payloads, written for plainness from RFC 8949 appendix C and docs/wire.md, with
// nothing taken from the scanner: the verdict on the first offence, and the value where there is none.
// It knows no limits on nesting and items.

/** Decoded CBOR: integers beyond ±(2^53 − 1) are BigInts, maps are Maps. */
export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | undefined
  | Uint8Array
  | readonly Plain[]
  | ReadonlyMap<string | number | bigint, Plain>;

export type Verdict = "accepted" | "cbor-malformed" | "cbor-unsupported";

/** What stops the oracle. */
class Offence extends Error {
  readonly verdict: Verdict;

  constructor(verdict: Verdict) {
    super(verdict);
    this.verdict = verdict;
  }
}

/** The value of a payload of our profile, or which of its two refusals it meets first. */
export function judge(
  payload: Uint8Array,
  { allowUndefined = false }: { readonly allowUndefined?: boolean } = {},
): { readonly verdict: Verdict; readonly value?: Plain } {
  const reader = new Oracle(payload, allowUndefined);
  try {
    const value = reader.item();
    reader.finish();
    return { verdict: "accepted", value };
  } catch (error) {
    if (error instanceof Offence) return { verdict: error.verdict };
    throw error;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Oracle {
  #rest: Uint8Array;
  readonly #allowUndefined: boolean;

  constructor(payload: Uint8Array, allowUndefined: boolean) {
    this.#rest = payload;
    this.#allowUndefined = allowUndefined;
  }

  finish(): void {
    if (this.#rest.length > 0) throw new Offence("cbor-malformed");
  }

  item(): Plain {
    const initial = this.#peek();
    const [major, info] = [initial >> 5, initial & 31];
    if (major === 7) return this.#simpleOrFloat(info);
    if (major === 6) throw new Offence("cbor-unsupported");
    if (info === 31 && major >= 2) throw new Offence("cbor-unsupported");
    const argument = this.#argument();
    if (major === 0) return shrink(argument);
    if (major === 1) return shrink(-1n - argument);
    if (major === 2) return this.#take(argument);
    if (major === 3) return this.#text(argument);
    return major === 4 ? this.#array(argument) : this.#map(argument);
  }

  #array(count: bigint): Plain {
    if (count > BigInt(this.#rest.length)) throw new Offence("cbor-malformed");
    return Array.from({ length: Number(count) }, () => this.item());
  }

  #map(count: bigint): Plain {
    if (2n * count > BigInt(this.#rest.length)) throw new Offence("cbor-malformed");
    const entries = new Map<string | number | bigint, Plain>();
    for (let index = 0n; index < count; index += 1n) {
      const key = this.#key();
      const value = this.item();
      entries.set(key, value);
    }
    if (BigInt(entries.size) !== count) throw new Offence("cbor-malformed");
    return entries;
  }

  #key(): string | number | bigint {
    const major = this.#peek() >> 5;
    if (major !== 0 && major !== 1 && major !== 3) throw new Offence("cbor-unsupported");
    const key = this.item() as string | number | bigint;
    if (key === "__proto__") throw new Offence("cbor-unsupported");
    return key;
  }

  #text(length: bigint): string {
    const bytes = this.#take(length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new Offence("cbor-malformed");
    }
  }

  #simpleOrFloat(info: number): Plain {
    if (info === 20 || info === 21) return this.#skip(1, info === 21);
    if (info === 22) return this.#skip(1, null);
    if (info === 23 && this.#allowUndefined) return this.#skip(1, undefined);
    if (info < 24) throw new Offence("cbor-unsupported");
    if (info >= 28) throw new Offence("cbor-malformed");
    const bytes = this.#head(info);
    if (info === 24)
      throw new Offence((bytes[0] ?? 0) < 32 ? "cbor-malformed" : "cbor-unsupported");
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    if (info === 25) return halfToNumber(view.getUint16(0));
    return info === 26 ? view.getFloat32(0) : view.getFloat64(0);
  }

  #argument(): bigint {
    const info = this.#peek() & 31;
    if (info < 24) return this.#skip(1, BigInt(info));
    if (info > 27) throw new Offence("cbor-malformed");
    return this.#head(info).reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  }

  /** The bytes behind an initial byte with this additional information. */
  #head(info: number): Uint8Array {
    return this.#take(BigInt(1 + 2 ** (info - 24))).subarray(1);
  }

  #peek(): number {
    const [initial] = this.#rest;
    if (initial === undefined) throw new Offence("cbor-malformed");
    return initial;
  }

  #take(count: bigint): Uint8Array {
    if (count > BigInt(this.#rest.length)) throw new Offence("cbor-malformed");
    const taken = this.#rest.slice(0, Number(count));
    this.#rest = this.#rest.subarray(Number(count));
    return taken;
  }

  #skip<Value>(count: number, value: Value): Value {
    this.#take(BigInt(count));
    return value;
  }
}

function shrink(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The value of a half (IEEE 754 binary16), by its definition. */
export function halfToNumber(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * (fraction / 1024) * 2 ** -14;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
