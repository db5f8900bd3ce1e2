// The schema that we check with is a copy of the given one, mended where TypeBox means less than it says.
// Record patterns: `.*` stops at a line break and integers have no sign, and a key outside its pattern
// is not checked at all, so that a record of integer keys would pass any map of text keys. Names: TypeBox
// keeps one check for each `$id`, so two types of one name would be one.

import { Kind, PatternNumberExact, PatternStringExact, type TSchema } from "@sinclair/typebox";

import { patternOfTemplate } from "./pattern.ts";
import { RECORD_KEY } from "./record-key.ts";

const WIDENED: ReadonlyMap<string, string> = new Map([
  [PatternStringExact, "^[\\s\\S]*$"],
  [PatternNumberExact, "^(0|-?[1-9][0-9]*)$"],
]);

/** The widened pattern of integer keys; a record with it travels with CBOR integers for keys. */
export const INTEGER_KEYS = WIDENED.get(PatternNumberExact) ?? PatternNumberExact;

/** Whether `pattern`, of a record in a copy, is that of all texts or of all integers. */
export function isAnyKey(pattern: string): boolean {
  return [...WIDENED.values()].includes(pattern);
}

/** A copy of `schema` whose records constrain every key of their key type, and whose named types have names of their own. */
export function toCheckSchema(schema: TSchema): TSchema {
  return new SchemaCopier().copyOf(schema);
}

/** The name that the protocol's author gave to the type that is called `name` in a copy. */
export function givenName(name: string): string {
  return name.replace(/:\d+$/, "");
}

/** New names of the types in scope, by the names they were given. */
type Names = ReadonlyMap<string, string>;
type Source = Readonly<Record<PropertyKey, unknown>>;

/** Copies as `toCheckSchema` does; what stands in several of the schemas, or at several places, is copied once. */
export class SchemaCopier {
  #named = 0;
  /** Copies of schemas that stand in no named type, and therefore mean the same wherever they stand. */
  readonly #copies = new Map<Source, Source>();
  readonly #byText = new Map<string, Source>();
  /** What stands for an object in the text of what it is part of. */
  readonly #words = new Map<object, string>();

  copyOf(schema: TSchema): TSchema {
    return this.copy(schema, new Map()) as TSchema;
  }

  /** A copy of a schema, of a part of one, or of whatever else stands in it. */
  copy(part: unknown, names: Names): unknown {
    if (Array.isArray(part)) return part.map((item) => this.copy(item, names));
    if (typeof part !== "object" || part === null) return part;
    if (part instanceof Date || part instanceof RegExp || ArrayBuffer.isView(part)) return part;
    const source = part as Source;
    if (!(Kind in source)) return mapEntries(source, (_, value) => this.copy(value, names));
    const known = names.size === 0 ? this.#copies.get(source) : undefined;
    if (known !== undefined) return known;
    const id = source["$id"];
    const ownName = typeof id === "string" ? this.#rename(id) : undefined;
    const copy = this.#schema(source, names, ownName);
    if (names.size > 0) return copy;
    const one = this.#sameAs(copy);
    this.#copies.set(source, one);
    return one;
  }

  /** The first copy that says the same, so that what asks about schemas asks once, however often one was written down. */
  #sameAs(copy: Source): Source {
    const text = this.#textOf(copy);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, copy);
    this.#words.set(copy, `#${this.#words.size}`);
    return copy;
  }

  /** What a copy says; each copy inside it is a word. */
  #textOf(copy: Source): string {
    let text = "";
    for (const key of Reflect.ownKeys(copy)) {
      const name = typeof key === "string" ? JSON.stringify(key) : String(key);
      text += `${name}:${this.#word(copy[key])},`;
    }
    return text;
  }

  #word(part: unknown): string {
    if (typeof part === "string") return JSON.stringify(part);
    if (typeof part !== "object" || part === null) {
      return Object.is(part, -0) ? "-0" : `${typeof part} ${String(part)}`;
    }
    const known = this.#words.get(part);
    if (known !== undefined) return known;
    if (Array.isArray(part)) return `[${part.map((item) => this.#word(item)).join()}]`;
    if (Object.getPrototypeOf(part) === Object.prototype && !(Kind in part)) {
      return `{${this.#textOf(part as Source)}}`;
    }
    const word = `#${this.#words.size}`;
    this.#words.set(part, word);
    return word;
  }

  /** A copy of a schema that is called `ownName` from now on, where it has a name. */
  #schema(source: Source, outer: Names, ownName: string | undefined): Source {
    const names = this.#namesIn(source, outer, ownName);
    const closed = source[Kind] === "Record" ? { additionalProperties: false, ...source } : source;
    return mapEntries(closed, (keyword, value) => {
      // A keyword that is undefined is none, whatever it stands for.
      if (value === undefined) return undefined;
      switch (keyword) {
        case "$id":
          return ownName;
        case "$ref":
          return names.get(value as string) ?? value;
        case "$defs":
          return this.#definitions(value as Readonly<Record<string, Source>>, names);
        case "pattern":
          return source[Kind] === "TemplateLiteral"
            ? patternOfTemplate(source as unknown as TSchema)
            : value;
        case "patternProperties":
          return this.#patterns(value as Source, source[RECORD_KEY] as TSchema | undefined, names);
        default:
          return this.copy(value, names);
      }
    });
  }

  /** The names that hold inside a schema: an import has those of its module, any other with an `$id` adds its own. */
  #namesIn(source: Source, outer: Names, ownName: string | undefined): Names {
    if (source[Kind] === "Import") {
      const given = Object.keys(source["$defs"] as object);
      return new Map(given.map((name) => [name, this.#rename(name)]));
    }
    return ownName === undefined ? outer : new Map([...outer, [source["$id"] as string, ownName]]);
  }

  #definitions(definitions: Readonly<Record<string, Source>>, names: Names): Source {
    const entries = Object.entries(definitions).map(([given, schema]) => {
      const name = names.get(given) ?? given;
      return [name, this.#schema(schema, names, name)] as const;
    });
    return Object.fromEntries(entries);
  }

  /** `key` is the type of the keys, where it is known. */
  #patterns(patterns: Source, key: TSchema | undefined, names: Names): Source {
    const template = key?.[Kind] === "TemplateLiteral" ? patternOfTemplate(key) : undefined;
    const entries = Object.entries(patterns).map(([pattern, schema]) => {
      return [template ?? WIDENED.get(pattern) ?? pattern, this.copy(schema, names)] as const;
    });
    return Object.fromEntries(entries);
  }

  #rename(name: string): string {
    this.#named += 1;
    return `${name}:${this.#named}`;
  }
}

function mapEntries(source: Source, map: (key: PropertyKey, value: unknown) => unknown): Source {
  const target: Record<PropertyKey, unknown> = {};
  for (const key of Reflect.ownKeys(source)) {
    const value = map(key, source[key]);
    // Not an assignment: a property named `__proto__` must stay one.
    if (key === "__proto__") {
      Object.defineProperty(target, key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else target[key] = value;
  }
  return target;
}
