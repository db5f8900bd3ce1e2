// Says which shapes are the same to generated code: those that ask the same of a value, whatever object
// describes them. A schema that stands in a hundred messages is copied a hundred times on its way here;
// by its structure its code is found again.

import { Kind, type TSchema } from "@sinclair/typebox";

import { isAnnotation } from "../../schema/annotations.ts";
import { partsOf, type ResolvedShape, resolveShape, type Shape } from "../../schema/shape.ts";

/** What generated code needs to know of a shape before it is written. */
export interface Structure {
  /** The same number for shapes that are the same. */
  readonly id: number;
  /** Whether its code is a function of its own, which every place that reads or writes it calls. */
  readonly isFunction: boolean;
}

/** As much stands in place; what has more parts is a function. A call costs about as much as two parts. */
const PARTS_IN_PLACE = 16;

/** A structure, and what the structure around it is made of. */
interface Measured extends Structure {
  /** Stands for the shape in what contains it. Of one that leads back out it only means something there. */
  readonly word: number | string;
  /** What it adds to the code that it stands in. */
  readonly parts: number;
  /** The level of the outermost shape that it leads back to; Infinity where there is none. */
  readonly outermost: number;
}

/** Parts of these keywords have shapes of their own, or the shape says the same. */
const STRUCTURAL: ReadonlySet<string> = new Set([
  "$defs",
  "$ref",
  "additionalProperties",
  "allOf",
  "anyOf",
  "items",
  "patternProperties",
  "properties",
  "required",
  "unevaluatedProperties",
]);

/** The structures of shapes, found once for each. */
export class Structures {
  readonly #known = new WeakMap<ResolvedShape, Measured>();
  readonly #ids = new Map<string, number>();
  /** Numbers of objects that have no text to go by. */
  readonly #objects = new WeakMap<object, number>();
  /** The shapes that are being measured, each inside the one before, and how deep they stand. */
  readonly #underWay = new Map<ResolvedShape, number>();
  #last = 0;

  /** The structure of `shape`. To be asked when all shapes are built. */
  of(shape: ResolvedShape): Structure {
    return this.#measure(shape);
  }

  #measure(shape: ResolvedShape): Measured {
    const known = this.#known.get(shape);
    if (known !== undefined) return known;
    const level = this.#underWay.size;
    this.#underWay.set(shape, level);
    const parts = partsOf(shape).map((part) => this.#part(part, level));
    this.#underWay.delete(shape);
    const outermost = Math.min(...parts.map((part) => part.outermost));
    const inPlace = 1 + parts.reduce((sum, part) => sum + (part.isFunction ? 1 : part.parts), 0);
    const word = this.#idOf(shape, parts);
    const leadsOut = outermost < level;
    const measured: Measured = {
      id: leadsOut ? this.#fresh() : word,
      word,
      isFunction: inPlace > PARTS_IN_PLACE,
      parts: inPlace,
      outermost: leadsOut ? outermost : Infinity,
    };
    // Where it stands again, what it leads back to is as far away as here, or is something else.
    this.#known.set(
      shape,
      leadsOut ? { ...measured, word: measured.id, outermost: Infinity } : measured,
    );
    return measured;
  }

  /** A part of the shape at `level`. One that is being measured already is named by how far out it stands. */
  #part(part: Shape, level: number): Measured {
    const shape = resolveShape(part);
    const outer = shape === undefined ? undefined : this.#underWay.get(shape);
    if (shape !== undefined && outer === undefined) return this.#measure(shape);
    const outermost = outer ?? 0;
    return { id: 0, word: `out ${level - outermost}`, isFunction: true, parts: 1, outermost };
  }

  #idOf(shape: ResolvedShape, parts: readonly Measured[]): number {
    const text = JSON.stringify([
      shape.kind,
      parts.map((part) => part.word),
      ownWords(shape),
      shape.schemas.map((schema) => this.#asked(schema)),
    ]);
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#fresh();
      this.#ids.set(text, id);
    }
    return id;
  }

  /** What a schema asks beside its parts. What is no plain value is the same as itself only. */
  #asked(schema: TSchema): unknown {
    const keywords = Object.entries(schema).filter(([keyword]) => !isAnnotation(keyword));
    return [
      schema[Kind],
      keywords.map(([keyword, value]) =>
        STRUCTURAL.has(keyword) ? keyword : [keyword, this.#asText(value)],
      ),
    ];
  }

  #asText(value: unknown): string {
    if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
    let number = this.#objects.get(value);
    if (number === undefined) {
      number = this.#fresh();
      this.#objects.set(value, number);
    }
    return `object ${number}`;
  }

  #fresh(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** What a shape says that neither its parts nor its schemas do. */
function ownWords(shape: ResolvedShape): unknown {
  switch (shape.kind) {
    case "literal":
      return [typeof shape.value, Object.is(shape.value, -0) ? "-0" : String(shape.value)];
    case "object":
      return [
        shape.properties.map(({ name, optional }) => [name, optional]),
        shape.entries.map(({ keys, pattern }) => [keys, String(pattern)]),
        typeof shape.rest === "object" ? "kept" : shape.rest,
      ];
    default:
      return [];
  }
}
