// Walks over TypeBox schemas and every schema inside them, each once, with the place where it stands.
// Looks only where a schema stands, never into defaults, examples or values.

import { Kind, OptionalKind, type TSchema } from "@sinclair/typebox";

import { appendPointer, refuse } from "../errors.ts";

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

/**
 * Shows schemas, and then every schema inside them, each once however many of them it stands in: as the
 * type of an optional property once, and once as any other.
 */
export class SchemaVisit {
  readonly #see: VisitSchema;
  readonly #seen = new Set<unknown>();
  readonly #seenOptional = new Set<unknown>();
  /** The schemas around the one that is looked at. */
  readonly #around = new Set<unknown>();

  constructor(see: VisitSchema) {
    this.#see = see;
  }

  /** Shows `schema`, which stands at `path`, and what is inside. */
  show(schema: unknown, path: string): void {
    this.#schema(schema, path, false);
  }

  #schema(schema: unknown, path: string, isProperty: boolean): void {
    const isObject = typeof schema === "object" && schema !== null;
    const isOptional = isProperty && isObject && OptionalKind in schema;
    const seen = isOptional ? this.#seenOptional : this.#seen;
    if (this.#around.has(schema)) {
      throw refuse(path, "this type contains itself; write Type.Recursive((This) => …)");
    }
    if (seen.has(schema)) return;
    if (isObject) seen.add(schema);
    this.#see(schema, path, isOptional);
    const parts = schema as TSchema;
    this.#around.add(schema);
    for (const keyword of KEYWORDS.get(parts[Kind]) ?? [])
      this.#part(keyword, parts[keyword], path);
    this.#around.delete(schema);
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
        else if (typeof part === "object") this.#schema(part, place, false);
    }
  }

  #each(parts: unknown, placeOf: (name: string) => string, areProperties = false): void {
    if (typeof parts !== "object" || parts === null) return;
    for (const [name, part] of Object.entries(parts))
      this.#schema(part, placeOf(name), areProperties);
  }
}
