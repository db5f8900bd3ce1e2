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

const NO_NAMES: Names = new Map();

/** Copies as `toCheckSchema` does; what stands in several of the schemas, or at several places, is copied once. */
export class SchemaCopier {
  #named = 0;
  /** Copies of schemas that stand in no named type, and therefore mean the same wherever they stand. */
  readonly #copies = new Map<Source, Source>();
  readonly #byText = new Map<string, Source>();
  /** What stands for an object in the text of what it is part of. */
  readonly #words = new Map<object, string>();

  copyOf(schema: TSchema): TSchema {
    return this.copy(schema, NO_NAMES) as TSchema;
  }

  /** A copy of a schema, of a part of one, or of whatever else stands in it. */
  copy(part: unknown, names: Names): unknown {
    if (Array.isArray(part)) return part.map((item) => this.copy(item, names));
    if (typeof part !== "object" || part === null) return part;
    if (part instanceof Date || part instanceof RegExp || ArrayBuffer.isView(part)) return part;
    const source = part as Source;
    if (!(Kind in source)) return mapEntries(source, (_, value) => this.copy(value, names));
    if (names.size > 0) return this.#copyNamed(source, names);
    let copy = this.#copies.get(source);
    if (copy === undefined) {
      copy = this.#unnamed(source);
      this.#copies.set(source, copy);
    }
    return copy;
  }

  #copyNamed(source: Source, names: Names): Source {
    const id = source["$id"];
    return this.#schema(source, names, typeof id === "string" ? this.#rename(id) : undefined);
  }

  /**
   * The copy of what says the same, so that what asks about schemas asks once, however often one was written down.
   * Each name is another, so what has names is the same as nothing.
   */
  #unnamed(source: Source): Source {
    if (typeof source["$id"] === "string" || source[Kind] === "Import") {
      return this.#worded(this.#copyNamed(source, NO_NAMES));
    }
    const text = this.#textOf(source);
    let copy = this.#byText.get(text);
    if (copy === undefined) {
      copy = this.#worded(this.#schema(source, NO_NAMES, undefined));
      this.#byText.set(text, copy);
    }
    return copy;
  }

  #worded(copy: Source): Source {
    this.#words.set(copy, `#${this.#words.size}`);
    return copy;
  }

  /** What a schema says; each schema inside it is the word for its copy. */
  #textOf(source: Source): string {
    let text = "";
    for (const key of Reflect.ownKeys(source)) {
      const name = typeof key === "string" ? quoted(key) : `@${key.description}`;
      text += `${name}:${this.#word(source[key])},`;
    }
    return text;
  }

  #word(part: unknown): string {
    if (typeof part === "string") return quoted(part);
    if (typeof part !== "object" || part === null) {
      return Object.is(part, -0) ? "-0" : `${typeof part} ${String(part)}`;
    }
    if (Array.isArray(part)) return `[${part.map((item) => this.#word(item)).join()}]`;
    if (Kind in part) return this.#wordFor(this.copy(part, NO_NAMES) as object);
    if (Object.getPrototypeOf(part) === Object.prototype)
      return `{${this.#textOf(part as Source)}}`;
    return this.#wordFor(part);
  }

  #wordFor(part: object): string {
    let word = this.#words.get(part);
    if (word === undefined) {
      word = `#${this.#words.size}`;
      this.#words.set(part, word);
    }
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

/** `text` so that it cannot run into what stands beside it. */
function quoted(text: string): string {
  return `${text.length}"${text}`;
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
