// What the rooms of the encoding walk share: the writer, where the walk stands, what it has counted and
// left out. The walk writes values by their shape; `value.ts` says which room does what.

import { ByteWriter } from "../../../byte-writer.ts";
import {
  type MAJOR,
  writeBigInt,
  writeBytes,
  writeHead,
  writeNumber,
  writeSimple,
  writeText,
} from "../../../cbor/write.ts";
import { schemaMismatch, toPointer, TypewireError } from "../../../errors.ts";
import { type DecodeLimits, defaultLimits } from "../../../limits.ts";
import { describeKind } from "../../../schema/describe-kind.ts";
import type { Fault } from "../../../schema/fault-words.ts";
import type { Shape } from "../../../schema/shape.ts";
import type { Unions } from "../../../schema/union.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Writes `value` by `shape`. */
export type WriteValue = (walk: EncodeWalk, shape: Shape, value: unknown) => void;

/** What a part of a message would be on the wire. */
export interface Attempt {
  readonly bytes: Uint8Array;
  readonly items: number;
  readonly dropped: number;
}

/** One walk after the other; the fields belong to the one under way. */
export class EncodeWalk {
  readonly unions: Unions;
  readonly #writeValue: WriteValue;
  #limits: DecodeLimits = defaultLimits;
  /** The way from the message to the part under way. */
  readonly path: (string | number)[] = [];
  #writer = new ByteWriter(0);
  /** The name of the message. */
  type = "";
  /** Arrays and maps that are open; 0 is the message itself. */
  #depth = 0;
  #items = 0;
  /** Properties not written so far; a union prefers the member that leaves none out. */
  dropped = 0;

  constructor(unions: Unions, writeValue: WriteValue) {
    this.unions = unions;
    this.#writeValue = writeValue;
  }

  /** Begins with another message, or in the middle of one: `levels` deep, behind `items` data items. */
  reset(writer: ByteWriter, limits: DecodeLimits, levels = 0, items = 0): void {
    this.#writer = writer;
    this.#limits = limits;
    this.path.length = 0;
    this.#depth = levels;
    this.#items = items;
    this.dropped = 0;
  }

  /** Whether the part under way is the message itself. */
  get isMessage(): boolean {
    return this.#depth === 0;
  }

  /** Data items written so far. */
  get items(): number {
    return this.#items;
  }

  value(shape: Shape, value: unknown): void {
    this.#writeValue(this, shape, value);
  }

  /** Opens an array or a map of `count` items or pairs; `leave` closes it. */
  enter(major: typeof MAJOR.array | typeof MAJOR.map, count: number): void {
    this.#count();
    this.#depth += 1;
    if (this.#depth > this.#limits.maxNesting) {
      throw this.#beyond(`${this.#limits.maxNesting} levels of nesting`);
    }
    writeHead(this.#writer, major, count);
  }

  leave(): void {
    this.#depth -= 1;
  }

  simple(value: number): void {
    this.#count();
    writeSimple(this.#writer, value);
  }

  text(value: string): void {
    this.#count();
    if (writeText(this.#writer, value)) return;
    const where = toPointer(this.path);
    throw schemaMismatch(where, "well-formed Unicode", "a text with a lone surrogate");
  }

  number(value: number): void {
    this.#count();
    writeNumber(this.#writer, value);
  }

  /** `value` fits 64 bits. */
  bigint(value: bigint): void {
    this.#count();
    writeBigInt(this.#writer, value);
  }

  bytes(value: Uint8Array): void {
    this.#count();
    if (writeBytes(this.#writer, value)) return;
    const where = toPointer(this.path);
    throw schemaMismatch(where, "bytes", "bytes whose buffer was transferred or shrunk");
  }

  /**
   * What `write` writes, which is then taken back; undefined where it meets a mismatch. The bytes are
   * kept, since writing them again at each level of nesting would take exponential time.
   */
  attempt(write: () => void): Attempt | undefined {
    const writer = this.#writer;
    const [length, items, dropped] = [writer.length, this.#items, this.dropped];
    const [depth, pathLength] = [this.#depth, this.path.length];
    this.dropped = 0;
    try {
      write();
      const bytes = writer.copy(length);
      return { bytes, items: this.#items - items, dropped: this.dropped };
    } catch (error) {
      if (error instanceof TypewireError && error.code === "schema-mismatch") return undefined;
      throw error;
    } finally {
      writer.length = length;
      this.#items = items;
      this.dropped = dropped;
      this.#depth = depth;
      this.path.length = pathLength;
    }
  }

  /** Writes what was attempted. */
  take({ bytes, items, dropped }: Attempt): void {
    const writer = this.#writer;
    writer.reserve(bytes.length);
    writer.bytes.set(bytes, writer.length);
    writer.length += bytes.length;
    this.#items += items;
    this.dropped += dropped;
  }

  /** @throws TypewireError `schema-mismatch` where the part under way has a fault. */
  judge(fault: Fault | undefined): void {
    if (fault === undefined) return;
    throw schemaMismatch(toPointer(this.path), fault.expected, fault.received);
  }

  /** The error for a `value` that is not what is expected at the part under way. */
  mismatch(expected: string, value: unknown): TypewireError {
    return schemaMismatch(toPointer(this.path), expected, describeKind(value));
  }

  #count(): void {
    this.#items += 1;
    if (this.#items > this.#limits.maxItems) {
      throw this.#beyond(`${this.#limits.maxItems} data items`);
    }
  }

  #beyond(limit: string): TypewireError {
    const message = `Cannot encode message: expected at most ${limit}, got more`;
    return new TypewireError("cbor-limit", message, { path: toPointer(this.path) });
  }
}
