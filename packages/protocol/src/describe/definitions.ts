// The shared schemas of a description, `$defs`. TypeBox numbers the recursive types of a process, and a
// table copies what stands inside a named type, so one type may have many drafts: drafts of one given name
// that ask the same are one definition. Names do not depend on the order of messages or properties.

import { canonicalWriter, type Draft, Reference, sortedEntries } from "./draft.ts";

interface Definition {
  readonly givenName: string;
  schema: Draft;
}

/** Collects the drafts of definitions, and names them when all are there. */
export class Definitions {
  readonly #drafts = new Map<string, Definition>();

  /** Adds a definition, once for each key. `describe` may come back here for the same key. */
  define(key: string, givenName: string, describe: () => Draft): void {
    if (this.#drafts.has(key)) return;
    const definition: Definition = { givenName: plainName(givenName), schema: {} };
    this.#drafts.set(key, definition);
    definition.schema = describe();
  }

  /** The last names of all that `root` leads to, by key. */
  namesFrom(root: Draft): ReadonlyMap<string, string> {
    return new Naming(this.#drafts, this.#classes()).namesFrom(root);
  }

  /** The definitions that `names` names, by their last names. */
  named(names: ReadonlyMap<string, string>): Draft | undefined {
    if (names.size === 0) return undefined;
    const definitions: Record<string, Draft> = {};
    for (const [key, name] of names) definitions[name] ??= this.#drafts.get(key)?.schema ?? {};
    return definitions;
  }

  /** By key, a number: equal where nothing that the drafts ask, or what they refer to, tells them apart. */
  #classes(): ReadonlyMap<string, number> {
    let classes: ReadonlyMap<string, number> = new Map();
    let count = 0;
    // As in the minimization of an automaton: classes are split until none of them can be.
    for (;;) {
      const before = classes;
      const numbers = new Map<string, number>();
      const next = new Map<string, number>();
      const write = canonicalWriter((key) => String(before.get(key)));
      for (const [key, { givenName, schema }] of this.#drafts) {
        const text = `${givenName} ${write(schema)}`;
        const number = numbers.get(text) ?? numbers.size;
        numbers.set(text, number);
        next.set(key, number);
      }
      classes = next;
      if (numbers.size === count) return classes;
      count = numbers.size;
    }
  }
}

/** Gives names in the order in which a walk over sorted names meets the definitions. */
class Naming {
  readonly #drafts: ReadonlyMap<string, Definition>;
  readonly #classes: ReadonlyMap<string, number>;
  readonly #names = new Map<string, string>();
  readonly #nameOfClass = new Map<number | undefined, string>();
  readonly #taken = new Set<string>();
  readonly #seen = new Set<object>();

  constructor(drafts: ReadonlyMap<string, Definition>, classes: ReadonlyMap<string, number>) {
    this.#drafts = drafts;
    this.#classes = classes;
  }

  namesFrom(root: Draft): ReadonlyMap<string, string> {
    this.#visit(root);
    return this.#names;
  }

  #visit(part: unknown): void {
    if (typeof part !== "object" || part === null || this.#seen.has(part)) return;
    this.#seen.add(part);
    if (part instanceof Reference) this.#name(part.key);
    else for (const [, each] of sortedEntries(part)) this.#visit(each);
  }

  #name(key: string): void {
    const definition = this.#drafts.get(key);
    if (definition === undefined || this.#names.has(key)) return;
    const classOf = this.#classes.get(key);
    const name = this.#nameOfClass.get(classOf) ?? this.#freeName(definition.givenName);
    this.#nameOfClass.set(classOf, name);
    this.#names.set(key, name);
    this.#visit(definition.schema);
  }

  #freeName(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${wanted}-${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** A name that a JSON Pointer and a URI have without escapes. TypeBox calls anonymous recursive types `T0`, `T1`. */
function plainName(givenName: string): string {
  return /^T\d+$/.test(givenName) ? "recursive" : givenName.replaceAll(/[^\w.-]/g, "_");
}
