// Writes checked values by their shape: what the wire says of a Date, which keys are integers, which
// properties are absent. Still refuses what it cannot write, since a getter may answer differently the
// second time. Callers own the writer and put it back when this throws.

import { ByteWriter } from "../byte-writer.ts";
import {
  FALSE,
  MAJOR,
  NULL,
  TRUE,
  UNDEFINED,
  writeBigInt,
  writeBytes,
  writeHead,
  writeNumber,
  writeSimple,
  writeText,
} from "../cbor/write.ts";
import { schemaMismatch, toPointer, TypewireError } from "../errors.ts";
import { type DecodeLimits, defaultLimits } from "../limits.ts";
import { describeKind } from "../schema/describe-kind.ts";
import {
  admitsUndefined,
  type Entries,
  type ObjectShape,
  propertyNamed,
  resolveShape,
  type Shape,
  type UnionShape,
} from "../schema/shape.ts";
import type { Candidate, Unions } from "../schema/union.ts";
import { fits64Bits } from "./ranges.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Writes values, one after the other; the fields belong to the walk under way. */
export class ShapeWriter {
  readonly #unions: Unions;
  readonly #limits: DecodeLimits;
  readonly #path: (string | number)[] = [];
  #writer = new ByteWriter(0);
  #type = "";
  #depth = 0;
  #items = 0;
  /** Properties not written so far; a union prefers the member that leaves none out. */
  #dropped = 0;

  constructor(unions: Unions, limits: DecodeLimits = defaultLimits) {
    this.#unions = unions;
    this.#limits = limits;
  }

  /**
   * Appends the message called `type`, whose other properties are `body`, to `writer`.
   *
   * @throws TypewireError `schema-mismatch` where the value is not of the shape or has no wire form;
   * `cbor-limit` where a reader would refuse its nesting or its number of items.
   */
  write(type: string, shape: Shape, body: unknown, writer: ByteWriter): void {
    this.#type = type;
    this.#writer = writer;
    this.#path.length = 0;
    this.#depth = 0;
    this.#items = 0;
    this.#dropped = 0;
    this.#walk(shape, body);
  }

  /**
   * Appends a value that no schema describes, for a generated encoder that stands `levels` deep and
   * has written `items` data items. Returns how many there are then.
   *
   * @throws TypewireError as `write`.
   */
  writeUnknown(value: unknown, writer: ByteWriter, levels: number, items: number): number {
    this.#writer = writer;
    this.#path.length = 0;
    this.#depth = levels;
    this.#items = items;
    this.#unshaped(value);
    return this.#items;
  }

  #walk(shape: Shape, value: unknown): void {
    const resolved = resolveShape(shape);
    switch (resolved?.kind) {
      case "object":
        this.#object(resolved, value);
        return;
      case "array":
        this.#sequence(value, () => resolved.items);
        return;
      case "tuple":
        this.#sequence(value, (index) => resolved.items[index]);
        return;
      case "union":
        this.#union(resolved, value);
        return;
      case "date":
        if (!(value instanceof Date)) throw this.#mismatch("Date", value);
        this.#number(value.getTime());
        return;
      case "bigint":
        if (typeof value !== "bigint") throw this.#mismatch("bigint", value);
        this.#bigint(value);
        return;
      case "undefined":
        this.#undefined();
        return;
      default:
        this.#unshaped(value);
    }
  }

  /** A value whose own type says how it travels: every leaf but dates and big integers, and all of Unknown. */
  #unshaped(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#text(value);
        return;
      case "number":
        this.#number(value);
        return;
      case "boolean":
        this.#count();
        writeSimple(this.#writer, value ? TRUE : FALSE);
        return;
      case "bigint":
        if (Number.isSafeInteger(Number(value))) {
          throw this.#mismatch("a number, since without a schema this arrives as one", value);
        }
        this.#bigint(value);
        return;
      case "object":
        this.#unshapedObject(value);
        return;
      default:
        throw this.#mismatch("a value that can travel", value);
    }
  }

  #unshapedObject(value: object | null): void {
    if (value === null) {
      this.#count();
      writeSimple(this.#writer, NULL);
    } else if (value instanceof Uint8Array) {
      this.#count();
      writeBytes(this.#writer, value);
    } else if (Array.isArray(value)) {
      this.#sequence(value, () => undefined);
    } else {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        throw this.#mismatch("a plain object", value);
      }
      this.#properties(value as Fields, Object.keys(value), () => undefined);
    }
  }

  #sequence(value: unknown, shapeAt: (index: number) => Shape | undefined): void {
    if (!Array.isArray(value)) throw this.#mismatch("array", value);
    const length = value.length;
    this.#enter(MAJOR.array, length);
    for (let index = 0; index < length; index += 1) {
      this.#path.push(index);
      this.#part(shapeAt(index), value[index]);
      this.#path.pop();
    }
    this.#depth -= 1;
  }

  #object(shape: ObjectShape, value: unknown): void {
    // TypeBox takes any object for one, dates and Maps included.
    if (describeKind(value) !== "object") throw this.#mismatch("object", value);
    const fields = value as Fields;
    const names: string[] = [];
    for (const { name, optional } of shape.properties) {
      if (name in Object.prototype && !Object.hasOwn(fields, name)) continue;
      if (fields[name] !== undefined || (!optional && name in fields)) names.push(name);
    }
    for (const key of Object.keys(fields)) {
      if (propertyNamed(shape, key) !== undefined) continue;
      if (key === "type" && this.#depth === 0) continue;
      const part = entriesFor(shape, key)?.shape ?? shape.rest;
      if (fields[key] === undefined && (typeof part === "string" || !admitsUndefined(part)))
        continue;
      if (typeof part === "object") names.push(key);
      else this.#dropProperty(shape, key);
    }
    this.#properties(fields, names, (name) => {
      const property = propertyNamed(shape, name);
      if (property !== undefined) return property;
      const entries = entriesFor(shape, name);
      if (entries !== undefined) return entries;
      return typeof shape.rest === "object" ? { shape: shape.rest } : undefined;
    });
  }

  /** Leaves out what a newer schema may have; but a record with integer keys has none but these. */
  #dropProperty(shape: ObjectShape, key: string): void {
    if (shape.entries.some((entries) => entries.keys === "integer")) {
      const where = toPointer([...this.#path, key]);
      throw schemaMismatch(where, "an integer key", "another one");
    }
    this.#dropped += 1;
  }

  #properties(
    fields: Fields,
    names: readonly string[],
    partOf: (
      name: string,
    ) => { readonly shape: Shape; readonly keys?: Entries["keys"] } | undefined,
  ): void {
    const isMessage = this.#depth === 0;
    this.#enter(MAJOR.map, isMessage ? names.length + 1 : names.length);
    if (isMessage) {
      this.#text("type");
      this.#text(this.#type);
    }
    for (const name of names) {
      const part = partOf(name);
      this.#path.push(name);
      this.#key(name, part?.keys ?? "text");
      this.#part(part?.shape, fields[name]);
      this.#path.pop();
    }
    this.#depth -= 1;
  }

  #part(shape: Shape | undefined, value: unknown): void {
    if (shape === undefined) this.#unshaped(value);
    else this.#walk(shape, value);
  }

  #key(name: string, keys: Entries["keys"]): void {
    if (keys === "text") {
      if (name === "__proto__") throw this.#mismatch("any key but __proto__", name);
      this.#text(name);
      return;
    }
    const key = Number(name);
    if (!Number.isSafeInteger(key)) {
      throw schemaMismatch(toPointer(this.#path), "a key within ±(2^53 − 1)", "a larger one");
    }
    this.#number(key);
  }

  /** By the first member that fits and leaves nothing out; failing that, by the first that fits. */
  #union(shape: UnionShape, value: unknown): void {
    if (Array.isArray(value)) {
      this.#member(this.#unions.candidates(shape), value);
    } else if (describeKind(value) === "object") {
      const fields = value as Fields;
      this.#member(
        this.#unions.candidatesForObject(shape, (name) => fields[name]),
        value,
      );
    } else {
      this.#leafOfUnion(shape, value);
    }
  }

  /** A value without parts is written alike under every member that admits it, `any` apart. */
  #leafOfUnion(shape: UnionShape, value: unknown): void {
    const kind = leafKindOf(value);
    if (kind === undefined) {
      this.#unshaped(value);
      return;
    }
    const kinds = this.#unions.candidates(shape).map(({ shape: part }) => resolveShape(part)?.kind);
    if (kinds.includes(kind)) this.#walk({ kind, schemas: [] }, value);
    else if (kinds.includes("any")) this.#unshaped(value);
    else throw this.#mismatch("a member of the union", value);
  }

  #member(candidates: readonly Candidate[], value: unknown): void {
    const fitting =
      candidates.length === 1 ? candidates : candidates.filter((each) => each.admits(value));
    const [first] = fitting;
    if (first === undefined) throw this.#mismatch("a member of the union", value);
    const whole =
      fitting.length === 1 ? first : fitting.find((each) => this.#keepsAll(each, value));
    this.#walk((whole ?? first).shape, value);
  }

  /** Whether `candidate` writes all of `value`; tried out and taken back. */
  #keepsAll(candidate: Candidate, value: unknown): boolean {
    const [length, items, dropped] = [this.#writer.length, this.#items, this.#dropped];
    const [depth, pathLength] = [this.#depth, this.#path.length];
    this.#dropped = 0;
    try {
      this.#walk(candidate.shape, value);
      return this.#dropped === 0;
    } catch {
      return false;
    } finally {
      this.#writer.length = length;
      this.#items = items;
      this.#dropped = dropped;
      this.#depth = depth;
      this.#path.length = pathLength;
    }
  }

  #text(value: string): void {
    this.#count();
    if (writeText(this.#writer, value)) return;
    const where = toPointer(this.#path);
    throw schemaMismatch(where, "well-formed Unicode", "a string with a lone surrogate");
  }

  #number(value: number): void {
    this.#count();
    writeNumber(this.#writer, value);
  }

  #undefined(): void {
    this.#count();
    writeSimple(this.#writer, UNDEFINED);
  }

  #bigint(value: bigint): void {
    if (!fits64Bits(value)) throw this.#mismatch("an integer of at most 64 bits", value);
    this.#count();
    writeBigInt(this.#writer, value);
  }

  #enter(major: typeof MAJOR.array | typeof MAJOR.map, count: number): void {
    this.#count();
    this.#depth += 1;
    if (this.#depth > this.#limits.maxNesting) {
      throw new TypewireError(
        "cbor-limit",
        `Cannot encode message: expected at most ${this.#limits.maxNesting} levels of nesting, got more`,
        { path: toPointer(this.#path) },
      );
    }
    writeHead(this.#writer, major, count);
  }

  #count(): void {
    this.#items += 1;
    if (this.#items <= this.#limits.maxItems) return;
    throw new TypewireError(
      "cbor-limit",
      `Cannot encode message: expected at most ${this.#limits.maxItems} data items, got more`,
      { path: toPointer(this.#path) },
    );
  }

  #mismatch(expected: string, value: unknown): TypewireError {
    return schemaMismatch(toPointer(this.#path), expected, describeKind(value));
  }
}

/** The kind of shape that such a value has to be of, where its JavaScript type alone does not say how it travels. */
function leafKindOf(value: unknown): "date" | "bytes" | "bigint" | "undefined" | undefined {
  if (value instanceof Date) return "date";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "bigint") return "bigint";
  return value === undefined ? "undefined" : undefined;
}

function entriesFor(shape: ObjectShape, key: string): Entries | undefined {
  return shape.entries.find((entries) => entries.pattern.test(key));
}
