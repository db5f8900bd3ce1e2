// Checks, before anything is built from them, that bytes are exactly one CBOR item of our profile
// (docs/wire.md): RFC 8949 without tags, indefinite lengths, simple values other than false, true and
// null, and with unique text or integer keys and valid UTF-8. One pass, no allocation, no byte past
// `end` is read, and no declared count is believed further than the bytes that are left.

import { TypewireError } from "../errors.ts";
import { type DecodeLimits, defaultLimits } from "../limits.ts";
import { release } from "../release.ts";
import { DuplicateKeys, textLength } from "./duplicate-keys.ts";
import { utf8ErrorAt } from "./utf8.ts";

/** A text item that begins with a byte order mark, which a decoder may swallow. */
export interface MarkedText {
  /** The offset of its head. */
  readonly headAt: number;
  /** The offset of its content. */
  readonly contentAt: number;
  /** The offset behind its content. */
  readonly end: number;
}

const NO_BYTES = new Uint8Array(0);
const NONE: readonly MarkedText[] = [];
const PROTO_KEY = "__proto__";
/** Room for the keys of ordinary messages; a message with more makes it grow for the time of its scan. */
const KEY_STACK = 256;

/** Major types of RFC 8949 §3.1. */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;

/** Scans payloads, one after the other; the fields describe the payload being scanned. */
export class Scanner {
  readonly #allowUndefined: boolean;
  #bytes: Uint8Array = NO_BYTES;
  #position = 0;
  #end = 0;
  #limits: DecodeLimits = defaultLimits;
  #items = 0;
  #marked: MarkedText[] | undefined;
  /** Offsets of the keys of the maps under way, innermost last. */
  #keys = new Float64Array(KEY_STACK);
  #keyCount = 0;
  readonly #duplicateKeys = new DuplicateKeys();

  /** `allowUndefined`: whether the simple value 23 may occur, because a schema asks for it. */
  constructor(options: { readonly allowUndefined: boolean }) {
    this.#allowUndefined = options.allowUndefined;
  }

  /**
   * Accepts `bytes[start, end)` as one item of the profile, and names the text items in it that begin
   * with a byte order mark, in their order.
   *
   * @throws TypewireError `cbor-malformed`, `cbor-unsupported` or `cbor-limit`, with the offset from `start`.
   */
  scan(bytes: Uint8Array, start: number, end: number, limits: DecodeLimits): readonly MarkedText[] {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
    this.#limits = limits;
    this.#items = 0;
    this.#marked = undefined;
    this.#keyCount = 0;
    try {
      this.#item(0);
      if (this.#position !== end) {
        throw this.#malformed("the end of the payload", `${end - this.#position} more bytes`);
      }
      return this.#marked ?? NONE;
    } catch (error) {
      throw error instanceof TypewireError ? relocate(error, this.#position - start) : error;
    } finally {
      this.#bytes = NO_BYTES;
      if (this.#keys.length > KEY_STACK) {
        release(this.#keys);
        this.#keys = new Float64Array(KEY_STACK);
        this.#duplicateKeys.shrink();
      }
    }
  }

  #item(depth: number): void {
    const bytes = this.#bytes;
    if (this.#position >= this.#end) throw this.#truncated("a data item");
    this.#items += 1;
    if (this.#items > this.#limits.maxItems) {
      throw new TypewireError(
        "cbor-limit",
        `expected at most ${this.#limits.maxItems} data items, got more`,
      );
    }
    const headAt = this.#position;
    const initial = bytes[headAt] ?? 0;
    const major = initial >> 5;
    if (major === 7) {
      this.#simple(initial & 0x1f);
      return;
    }
    if (major === TAG) {
      throw this.#unsupported("a value without a tag", "a tag; the schema says what a value means");
    }
    const argument = this.#argument(initial & 0x1f, major);
    switch (major) {
      case BYTES:
        this.#skip(argument, "byte string");
        return;
      case TEXT:
        this.#text(headAt, argument);
        return;
      case ARRAY:
        this.#array(argument, depth + 1);
        return;
      case MAP:
        this.#map(argument, depth + 1);
        return;
      default:
    }
  }

  /** Reads the argument of a head and moves behind it. Above 2^53 it is approximate, which suffices to refuse a length. */
  #argument(info: number, major: number): number {
    const bytes = this.#bytes;
    if (info < 24) {
      this.#position += 1;
      return info;
    }
    if (info > 27) {
      if (info === 31 && major !== UNSIGNED && major !== NEGATIVE) {
        throw this.#unsupported("a definite length", "an indefinite one");
      }
      throw this.#malformed("a well-formed head", `additional information ${info}`);
    }
    const size = 1 << (info - 24);
    const first = this.#position + 1;
    if (first + size > this.#end) throw this.#truncated(`a head of ${size + 1} bytes`);
    let value = 0;
    for (let index = first; index < first + size; index += 1) {
      value = value * 256 + (bytes[index] ?? 0);
    }
    this.#position = first + size;
    return value;
  }

  #simple(info: number): void {
    switch (info) {
      case 20:
      case 21:
      case 22:
        this.#position += 1;
        return;
      case 23:
        if (this.#allowUndefined) {
          this.#position += 1;
          return;
        }
        throw this.#unsupported("false, true or null", "undefined, which no schema here has");
      case 25:
      case 26:
      case 27: {
        const size = 1 + (1 << (info - 24));
        if (this.#position + size > this.#end) throw this.#truncated("a float");
        this.#position += size;
        return;
      }
      case 24: {
        if (this.#position + 1 >= this.#end) throw this.#truncated("a simple value");
        const value = this.#bytes[this.#position + 1] ?? 0;
        if (value < 32)
          throw this.#malformed("a simple value of 32 or more", `${value} in two bytes`);
        throw this.#unsupported("false, true or null", `simple value ${value}`);
      }
      case 28:
      case 29:
      case 30:
        throw this.#malformed("a well-formed head", `additional information ${info}`);
      case 31:
        throw this.#malformed("a data item", "a break");
      default:
        throw this.#unsupported("false, true or null", `simple value ${info}`);
    }
  }

  #skip(length: number, what: string): void {
    if (length > this.#end - this.#position) throw this.#truncated(`a ${what} of ${length} bytes`);
    this.#position += length;
  }

  #text(headAt: number, length: number): void {
    const start = this.#position;
    this.#skip(length, "text");
    const wrong = utf8ErrorAt(this.#bytes, start, this.#position);
    if (wrong !== -1) {
      this.#position = wrong;
      throw this.#malformed("valid UTF-8", `byte 0x${(this.#bytes[wrong] ?? 0).toString(16)}`);
    }
    if (length >= 3 && this.#bytes[start] === 0xef) this.#noteMark(headAt, start);
  }

  #noteMark(headAt: number, contentAt: number): void {
    if (this.#bytes[contentAt + 1] !== 0xbb || this.#bytes[contentAt + 2] !== 0xbf) return;
    (this.#marked ??= []).push({ headAt, contentAt, end: this.#position });
  }

  #array(count: number, depth: number): void {
    this.#enter(count, 1, depth, "array");
    for (let index = 0; index < count; index += 1) this.#item(depth);
  }

  #map(count: number, depth: number): void {
    this.#enter(count, 2, depth, "map");
    const first = this.#keyCount;
    for (let index = 0; index < count; index += 1) {
      this.#pushKey(this.#position);
      this.#key(depth);
      this.#item(depth);
    }
    const duplicate = this.#duplicateKeys.find(this.#bytes, this.#keys, first, this.#keyCount);
    this.#keyCount = first;
    if (duplicate === -1) return;
    this.#position = duplicate;
    throw this.#malformed("each key of a map once", "the same key again");
  }

  #pushKey(offset: number): void {
    if (this.#keyCount === this.#keys.length) {
      const grown = new Float64Array(this.#keys.length * 2);
      grown.set(this.#keys);
      release(this.#keys);
      this.#keys = grown;
    }
    this.#keys[this.#keyCount] = offset;
    this.#keyCount += 1;
  }

  #enter(count: number, itemsEach: number, depth: number, what: string): void {
    if (depth > this.#limits.maxNesting) {
      throw new TypewireError(
        "cbor-limit",
        `expected at most ${this.#limits.maxNesting} levels of nesting, got more`,
      );
    }
    if (count * itemsEach > this.#end - this.#position) {
      throw this.#truncated(`${what === "map" ? "a map" : "an array"} of ${count}`);
    }
  }

  #key(depth: number): void {
    if (this.#position >= this.#end) throw this.#truncated("a key");
    const at = this.#position;
    const major = (this.#bytes[at] ?? 0) >> 5;
    if (major !== TEXT && major !== UNSIGNED && major !== NEGATIVE) {
      if (major === TAG) throw this.#unsupported("a key without a tag", "a tag");
      throw this.#unsupported("a text or integer key", "another kind of key");
    }
    this.#item(depth);
    if (major === TEXT && this.#endsWithProto(at)) {
      this.#position = at;
      throw this.#unsupported("any other key", "the key __proto__");
    }
  }

  /** Whether the text item that was just read, from `at`, is `__proto__`. */
  #endsWithProto(at: number): boolean {
    const start = this.#position - PROTO_KEY.length;
    if (start <= at || this.#bytes[start] !== 0x5f) return false;
    if (textLength(this.#bytes, at) !== PROTO_KEY.length) return false;
    for (let index = 0; index < PROTO_KEY.length; index += 1) {
      if (this.#bytes[start + index] !== PROTO_KEY.charCodeAt(index)) return false;
    }
    return true;
  }

  #truncated(wanted: string): TypewireError {
    return this.#malformed(wanted, `only ${Math.max(0, this.#end - this.#position)} bytes more`);
  }

  #malformed(expected: string, received: string): TypewireError {
    return new TypewireError("cbor-malformed", `expected ${expected}, got ${received}`);
  }

  #unsupported(expected: string, received: string): TypewireError {
    return new TypewireError("cbor-unsupported", `expected ${expected}, got ${received}`);
  }
}

function relocate(error: TypewireError, offset: number): TypewireError {
  return new TypewireError(error.code, `Cannot decode CBOR: ${error.message}, at byte ${offset}`);
}
