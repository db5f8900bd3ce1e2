// Walks over a TypeBox schema and every schema inside it, each once, with the place where it stands.
// Looks only where a schema stands, never into defaults, examples or values.

import { Kind, OptionalKind, type TSchema } from "@sinclair/typebox";

import { appendPointer } from "../errors.ts";

/** Where schemas stand in a type of each kind. Another keyword, or another kind's, may hold anything. */
const KEYWORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["Array", ["items", "contains"]],
  ["Tuple", ["items"]],
  ["Object", ["properties", "additionalProperties"]],
  ["Record", ["patternProperties", "additionalProperties"]],
  ["Union", ["anyOf"]],
  ["Intersect", ["allOf", "unevaluatedProperties"]],
  ["Not", ["not"]],
  ["Import", ["$defs"]],
]);

/**
 * Is shown what stands in the place of a schema, and throws where that will not do. `isOptional` says
 * that it is the type of a property that may be absent.
 */
export type VisitSchema = (schema: unknown, path: string, isOptional: boolean) => void;

/** Shows `schema`, which stands at `path`, and then every schema inside it. */
export function visitSchemas(schema: TSchema, path: string, see: VisitSchema): void {
  new Visit(see).schema(schema, path, false);
}

class Visit {
  readonly #see: VisitSchema;
  readonly #seen = new Set<unknown>();

  constructor(see: VisitSchema) {
    this.#see = see;
  }

  schema(schema: unknown, path: string, isProperty: boolean): void {
    if (this.#seen.has(schema)) return;
    const isObject = typeof schema === "object" && schema !== null;
    if (isObject) this.#seen.add(schema);
    this.#see(schema, path, isProperty && isObject && OptionalKind in schema);
    const { [Kind]: kind, ...parts } = schema as TSchema;
    for (const keyword of KEYWORDS.get(kind) ?? []) this.#part(keyword, parts[keyword], path);
  }

  /** A part's place is worded as in the other refusals of a protocol. */
  #part(keyword: string, part: unknown, path: string): void {
    const place = appendPointer(path, keyword);
    switch (keyword) {
      case "properties":
        this.#each(part, (name) => appendPointer(path, name), true);
        return;
      case "patternProperties":
        this.#each(part, () => appendPointer(path, "values"));
        return;
      case "anyOf":
      case "allOf":
      case "$defs":
        this.#each(part, (name) => appendPointer(place, name));
        return;
      default:
        if (Array.isArray(part)) this.#each(part, (name) => appendPointer(path, name));
        else if (typeof part === "object") this.schema(part, place, false);
    }
  }

  #each(parts: unknown, placeOf: (name: string) => string, areProperties = false): void {
    if (typeof parts !== "object" || parts === null) return;
    for (const [name, part] of Object.entries(parts))
      this.schema(part, placeOf(name), areProperties);
  }
}
