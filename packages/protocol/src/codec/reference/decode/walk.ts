// What the rooms of the decoding walk share: where it stands, what it dropped, and what did not fit. The
// walk turns decoded CBOR into the values that a shape describes; `value.ts` says which room does what.

import { schemaMismatch, toPointer, type TypewireError } from "../../../errors.ts";
import type { Shape } from "../../../schema/shape.ts";
import type { Unions } from "../../../schema/union.ts";

/** Decoded CBOR: what cbor-x makes of a scanned payload, with a Map for every map. */
export type Raw = unknown;
export type RawMap = ReadonlyMap<unknown, Raw>;

/** What `raw` means under `shape`; what does not fit comes back as plain data. */
export type ReviveValue = (walk: DecodeWalk, shape: Shape, raw: Raw) => unknown;

/** A part of a message that did not fit: where it stands, what its shape expects, and what came. */
interface Misfit {
  readonly path: readonly (string | number)[];
  readonly expected: string;
  readonly received: string;
}

/** One walk after the other; the fields belong to the one under way. */
export class DecodeWalk {
  readonly unions: Unions;
  readonly #reviveValue: ReviveValue;
  /** The way from the message to the part under way. */
  readonly path: (string | number)[] = [];
  /** Properties dropped so far; a union prefers the member that drops none. */
  dropped = 0;
  /** The first misfit of the message, or of the union member that is being tried. */
  misfit: Misfit | undefined;
  /** Union members that are being tried, one inside the other. */
  trials = 0;

  constructor(unions: Unions, reviveValue: ReviveValue) {
    this.unions = unions;
    this.#reviveValue = reviveValue;
  }

  /** Begins with another message. */
  reset(): void {
    this.path.length = 0;
    this.dropped = 0;
    this.misfit = undefined;
    this.trials = 0;
  }

  value(shape: Shape, raw: Raw): unknown {
    return this.#reviveValue(this, shape, raw);
  }

  /**
   * Remembers that the part under way, or the one called `name` in it, does not fit. The walk goes on,
   * so that the check can word the first fault in the order of the schema.
   */
  keepMisfit(expected: string, received: string, name?: string): void {
    if (this.misfit !== undefined) return;
    const path = name === undefined ? [...this.path] : [...this.path, name];
    this.misfit = { path, expected, received };
  }

  /** Whether everything has fitted so far. */
  fits(): boolean {
    return this.misfit === undefined;
  }

  /** Whether what does not fit here is what the message is refused for. Words for anything else are not looked for. */
  isFirstMisfit(): boolean {
    return this.trials === 0 && this.misfit === undefined;
  }

  /** The error for the first misfit; undefined where there is none. */
  misfitError(): TypewireError | undefined {
    if (this.misfit === undefined) return undefined;
    const { path, expected, received } = this.misfit;
    return schemaMismatch(toPointer(path), expected, received);
  }

  /** The error for the part under way, where going on would lose what is wrong with it. */
  mismatch(expected: string, received: string): TypewireError {
    return schemaMismatch(toPointer(this.path), expected, received);
  }
}
