// A description under way: JSON whose references are still keys, and whose annotations stand apart, so
// that a property called `title` or `$ref` is never taken for a keyword.

/** Stands where a draft refers to a definition, by the key of its draft. */
export class Reference {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }
}

/** Under it a draft has what says something to a reader and asks nothing of a value. */
export const NOTES = Symbol("typewire: the annotations of a schema");

/** A schema under way. */
export interface Draft {
  readonly [keyword: string]: unknown;
  readonly [NOTES]?: Readonly<Record<string, unknown>>;
}

/** Makes frozen JSON of drafts, with `refer(key)` for each reference. What stands at several places is copied once. */
export function copier(refer: (key: string) => string): (part: unknown) => unknown {
  const copies = new Map<object, unknown>();
  const copy = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (part instanceof Reference) return refer(part.key);
    const known = copies.get(part);
    if (known !== undefined) return known;
    const made = Array.isArray(part) ? part.map(copy) : copyObject(part as Draft);
    copies.set(part, Object.freeze(made));
    return made;
  };
  const copyObject = (part: Draft): object => {
    const entries = Object.entries(part).map(([key, value]): [string, unknown] => [
      key,
      copy(value),
    ]);
    return { ...Object.fromEntries(entries), ...(copy(part[NOTES]) as object | undefined) };
  };
  return copy;
}

/**
 * Writes drafts as canonical JSON: without annotations, keys in the order of their UTF-16 code units. The
 * text is put together here, since an object has keys like "10" in an order of its own.
 */
export function canonicalWriter(refer: (key: string) => string): (part: unknown) => string {
  const texts = new Map<object, string>();
  const write = (part: unknown): string => {
    if (typeof part !== "object" || part === null) return JSON.stringify(part);
    if (part instanceof Reference) return JSON.stringify(refer(part.key));
    const known = texts.get(part);
    if (known !== undefined) return known;
    const text = Array.isArray(part) ? `[${part.map(write).join(",")}]` : writeObject(part);
    texts.set(part, text);
    return text;
  };
  const writeObject = (part: object): string => {
    const entries = sortedEntries(part).map(([key, value]) => `${write(key)}:${write(value)}`);
    return `{${entries.join(",")}}`;
  };
  return write;
}

export function sortedEntries(part: object): [string, unknown][] {
  return Object.entries(part).toSorted(([a], [b]) => byCodeUnits(a, b));
}

/** In the order of UTF-16 code units, which no language of the machine changes. */
export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
