// Walks over TypeBox schemas and every schema inside them, each once, with the place where it stands.
// Looks only where a schema stands, never into defaults, examples or values.

import { Kind, OptionalKind, type TSchema } from "@sinclair/typebox";

import { appendPointer, refuse } from "../errors.ts";
import { MOST_TYPE_LEVELS, tooDeep } from "./depth.ts";

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
  /** What was shown, and how many levels of schemas it has, itself being one. */
  readonly #seen = new Map<unknown, number>();
  readonly #seenOptional = new Map<unknown, number>();
  /** The schemas around the one that is looked at. */
  readonly #around = new Set<unknown>();
  /** Where the outermost of them stands. */
  #root = "";

  constructor(see: VisitSchema) {
    this.#see = see;
  }

  /**
   * Shows `schema`, which stands at `path`, and what is inside.
   *
   * @throws TypewireError `protocol-invalid` where schemas stand too deep inside one another, or inside themselves, or
   * where one is optional that is no property.
   */
  show(schema: unknown, path: string): void {
    this.#root = path;
    this.#around.clear();
    this.#schema(schema, path, false);
  }

  /** Returns how many levels of schemas there are, this one included. */
  #schema(schema: unknown, path: string, isProperty: boolean): number {
    const isOptional = typeof schema === "object" && schema !== null && OptionalKind in schema;
    if (isOptional && !isProperty) {
      throw refuse(
        path,
        "Type.Optional says that a property may be left out, and this is none; write Type.Union([ …, Type.Null() ]), or take it off: Type.Optional(…, false)",
      );
    }
    const seen = isOptional ? this.#seenOptional : this.#seen;
    if (this.#around.has(schema)) {
      throw refuse(path, "this type contains itself; write Type.Recursive((This) => …)");
    }
    const known = seen.get(schema);
    // A schema that was shown where it stood higher has not been counted where it stands now.
    if (this.#around.size + (known ?? 1) > MOST_TYPE_LEVELS)
      throw tooDeep(this.#root, MOST_TYPE_LEVELS);
    if (known !== undefined) return known;
    this.#see(schema, path, isOptional);
    const parts = schema as TSchema;
    this.#around.add(schema);
    let inside = 0;
    for (const keyword of KEYWORDS.get(parts[Kind]) ?? [])
      inside = Math.max(inside, this.#part(keyword, parts[keyword], path));
    this.#around.delete(schema);
    seen.set(schema, inside + 1);
    return inside + 1;
  }

  /** Returns the levels in a part. Its place is worded as in the other refusals of a protocol. */
  #part(keyword: string, part: unknown, path: string): number {
    const place = appendPointer(path, keyword);
    switch (keyword) {
      case "properties":
        return this.#each(part, (name) => appendPointer(path, name), true);
      case "patternProperties":
        return this.#each(part, () => appendPointer(path, "values"));
      case "anyOf":
      case "allOf":
      case "$defs":
        return this.#each(part, (name) => appendPointer(place, name));
      default:
        if (Array.isArray(part)) return this.#each(part, (name) => appendPointer(path, name));
        return typeof part === "object" ? this.#schema(part, place, false) : 0;
    }
  }

  #each(parts: unknown, placeOf: (name: string) => string, areProperties = false): number {
    if (typeof parts !== "object" || parts === null) return 0;
    let most = 0;
    for (const [name, part] of Object.entries(parts))
      most = Math.max(most, this.#schema(part, placeOf(name), areProperties));
    return most;
  }
}
