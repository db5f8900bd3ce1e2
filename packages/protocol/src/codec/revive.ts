// The walk between cbor-x and the check: turns decoded CBOR, whose maps are still Maps, into the values
// that the schema describes. Dates and big integers are revived, byte strings copied out of the frame,
// undescribed properties dropped. What does not fit is left as it came, for the check to name.

import { schemaMismatch, toPointer } from "../errors.ts";
import { describeKind } from "../schema/describe-kind.ts";
import {
  type ObjectShape,
  propertyNamed,
  resolveShape,
  type Shape,
  type UnionShape,
} from "../schema/shape.ts";
import type { Candidate, Unions } from "../schema/union.ts";
import { fits64Bits, MAX_DATE_MS } from "./ranges.ts";

/** Decoded CBOR: what cbor-x makes of a scanned payload, with a Map for every map. */
type Raw = unknown;
type RawMap = ReadonlyMap<unknown, Raw>;

const NO_FIT = Symbol("no fit");

/** Revives values, one after the other; the fields belong to the walk under way. */
export class Reviver {
  readonly #unions: Unions;
  readonly #path: (string | number)[] = [];
  /** Properties dropped so far; a union prefers the member that drops none. */
  #dropped = 0;

  constructor(unions: Unions) {
    this.#unions = unions;
  }

  /**
   * The value that `raw` means under `shape`.
   *
   * @throws TypewireError `schema-mismatch` for what a check of the value could not see: keys of the
   * wrong kind, and integers that no JavaScript number or 64-bit BigInt holds.
   */
  revive(shape: Shape, raw: Raw): unknown {
    this.#path.length = 0;
    this.#dropped = 0;
    return this.#walk(shape, raw);
  }

  #walk(shape: Shape, raw: Raw): unknown {
    const resolved = resolveShape(shape);
    switch (resolved?.kind) {
      case "object":
        // TypeBox takes any object for one, bytes included.
        if (raw instanceof Uint8Array) throw this.#mismatch("object", describeKind(raw));
        return raw instanceof Map ? this.#object(resolved, raw) : this.#plain(raw);
      case "union":
        return this.#union(resolved, raw);
      case "array":
        return this.#sequence(raw, () => resolved.items);
      case "tuple":
        return this.#sequence(raw, (index) => resolved.items[index]);
      case "date":
        return reviveDate(this.#plain(raw));
      case "bigint":
        return this.#bigint(raw);
      case "undefined":
        return raw === undefined ? undefined : this.#plain(raw);
      default:
        return this.#plain(raw);
    }
  }

  #sequence(raw: Raw, shapeAt: (index: number) => Shape | undefined): unknown {
    if (!Array.isArray(raw)) return this.#plain(raw);
    const items: unknown[] = [];
    for (let index = 0; index < raw.length; index += 1) {
      const shape = shapeAt(index);
      this.#path.push(index);
      items.push(shape === undefined ? this.#plain(raw[index]) : this.#walk(shape, raw[index]));
      this.#path.pop();
    }
    return items;
  }

  #object(shape: ObjectShape, raw: RawMap): unknown {
    const object: Record<string, unknown> = {};
    let described = 0;
    for (const property of shape.properties) {
      const value = raw.get(property.name);
      if (value === undefined && !raw.has(property.name)) continue;
      this.#path.push(property.name);
      object[property.name] = this.#walk(property.shape, value);
      this.#path.pop();
      described += 1;
    }
    if (described === raw.size) return object;
    for (const [key, value] of raw) {
      if (typeof key === "string" && Object.hasOwn(object, key) && propertyNamed(shape, key))
        continue;
      this.#path.push(String(key));
      this.#entry(shape, key, value, object);
      this.#path.pop();
    }
    return object;
  }

  /** One entry that is not a named property: of a record, or undescribed. */
  #entry(shape: ObjectShape, rawKey: unknown, value: Raw, object: Record<string, unknown>): void {
    const key = String(rawKey);
    const isText = typeof rawKey === "string";
    const entries = shape.entries.find((candidate) => candidate.pattern.test(key));
    const wantsInteger = (entries ?? shape.entries[0])?.keys === "integer";
    if (isText === wantsInteger) {
      throw this.#mismatch(wantsInteger ? "an integer key" : "a text key", kindOfKey(isText));
    }
    if (!isText && !Number.isSafeInteger(Number(rawKey))) {
      throw this.#mismatch("a key within ±(2^53 − 1)", "a larger one");
    }
    if (entries !== undefined) object[key] = this.#walk(entries.shape, value);
    else if (shape.rest === "drop") this.#dropped += 1;
    else object[key] = shape.rest === "refuse" ? this.#plain(value) : this.#walk(shape.rest, value);
  }

  /** By the first member that fits and drops nothing; failing that, by the first that fits. */
  #union(shape: UnionShape, raw: Raw): unknown {
    if (typeof raw !== "object" || raw === null || raw instanceof Uint8Array) {
      return this.#leafOfUnion(shape, raw);
    }
    const candidates =
      raw instanceof Map
        ? this.#unions.candidatesForObject(shape, (name) => toNumber(raw.get(name)))
        : this.#unions.candidates(shape);
    const [only] = candidates;
    if (only !== undefined && candidates.length === 1) return this.#walk(only.shape, raw);
    const before = this.#dropped;
    let fit: { readonly value: unknown; readonly dropped: number } | undefined;
    for (const candidate of candidates) {
      this.#dropped = 0;
      const value = this.#attempt(candidate, raw);
      if (value === NO_FIT || (fit !== undefined && this.#dropped > 0)) continue;
      fit = { value, dropped: this.#dropped };
      if (fit.dropped === 0) break;
    }
    this.#dropped = before + (fit?.dropped ?? 0);
    return fit === undefined ? this.#plain(raw) : fit.value;
  }

  /** A leaf reads alike under every member that admits it: unions where it would not are not defined. */
  #leafOfUnion(shape: UnionShape, raw: Raw): unknown {
    const isBytes = raw instanceof Uint8Array;
    const isNumber = typeof raw === "number" || typeof raw === "bigint";
    const reader = this.#unions.candidates(shape).find((candidate) => {
      const kind = resolveShape(candidate.shape)?.kind;
      if (isBytes) return kind === "bytes" || kind === "any";
      if (isNumber) return kind === "date" || kind === "bigint";
      return raw === undefined && kind === "undefined";
    });
    if (reader !== undefined) return this.#walk(reader.shape, raw);
    if (isBytes) throw this.#mismatch("a member of the union", describeKind(raw));
    return this.#plain(raw);
  }

  #attempt(candidate: Candidate, raw: Raw): unknown {
    const depth = this.#path.length;
    try {
      const value = this.#walk(candidate.shape, raw);
      return candidate.admits(value) ? value : NO_FIT;
    } catch {
      this.#path.length = depth;
      return NO_FIT;
    }
  }

  #bigint(raw: Raw): unknown {
    if (Number.isSafeInteger(raw)) return BigInt(raw as number);
    return typeof raw === "bigint" ? this.#assert64Bits(raw) : this.#plain(raw);
  }

  /**
   * Plain JavaScript data: an 8-byte integer as a number where a number holds it, maps as objects,
   * bytes copied out of the frame.
   */
  #plain(raw: Raw): unknown {
    switch (typeof raw) {
      case "bigint": {
        const number = toNumber(raw);
        return typeof number === "bigint" ? this.#assert64Bits(number) : number;
      }
      case "undefined":
        throw this.#mismatch("a value", describeKind(raw));
      case "object":
        if (raw instanceof Uint8Array) return new Uint8Array(raw);
        if (raw instanceof Map) return this.#plainObject(raw);
        return Array.isArray(raw) ? this.#sequence(raw, () => undefined) : raw;
      default:
        return raw;
    }
  }

  #plainObject(raw: RawMap): unknown {
    const object: Record<string, unknown> = {};
    for (const [key, value] of raw) {
      this.#path.push(String(key));
      if (typeof key !== "string") throw this.#mismatch("a text key", kindOfKey(false));
      object[key] = this.#plain(value);
      this.#path.pop();
    }
    return object;
  }

  #assert64Bits(value: bigint): bigint {
    if (fits64Bits(value)) return value;
    throw this.#mismatch("an integer of at most 64 bits", "a larger one");
  }

  #mismatch(expected: string, received: string): Error {
    return schemaMismatch(toPointer(this.#path), expected, received);
  }
}

/** An integer that came in eight bytes as a number, where a number holds it; any other value as it is. */
function toNumber(raw: Raw): unknown {
  if (typeof raw !== "bigint") return raw;
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : raw;
}

function kindOfKey(isText: boolean): string {
  return isText ? "a text key" : "an integer key";
}

/** A whole number of milliseconds that a Date can hold becomes one; anything else stays. */
function reviveDate(value: unknown): unknown {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= MAX_DATE_MS
    ? new Date(value)
    : value;
}
