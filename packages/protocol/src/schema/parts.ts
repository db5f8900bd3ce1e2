// Which properties of an object travel: those of its shape that are present. The sender writes them, and
// what counts properties counts these, so that it counts the object that arrives.

import {
  admitsUndefined,
  type Entries,
  type ObjectShape,
  passesUndefined,
  propertyNamed,
  type Shape,
} from "./shape.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A property that travels: its name, the kind of its key, the shape of its value, and the value, which was read once. */
export interface Part {
  readonly name: string;
  readonly keys: Entries["keys"];
  readonly shape: Shape;
  readonly value: unknown;
}

/** What one look at an object finds. */
export interface Reading {
  /** The named properties that are present, in the order of the schema, then those that their keys describe. */
  readonly parts: readonly Part[];
  /** Properties that are not named and are left out: nothing describes them, or they are undefined where anything may stand. */
  readonly dropped: number;
  /** A required property that is not there, whatever its schema. */
  readonly missing: string | undefined;
  /** A property that has no place in the object. */
  readonly misplaced: string | undefined;
}

/**
 * Reads each property of `fields` that the schema describes, once; what nothing describes is not read, and its getter
 * never called. `ignored` is the name of one that is somebody else's.
 */
export function readObject(shape: ObjectShape, fields: Fields, ignored?: string): Reading {
  const parts: Part[] = [];
  let dropped = 0;
  let missing: string | undefined;
  let misplaced: string | undefined;
  for (const { name, optional, shape: part } of shape.properties) {
    if (!isPresent(fields, name)) {
      if (!optional) missing ??= name;
      continue;
    }
    const value = fields[name];
    if (!optional || value !== undefined) parts.push({ name, keys: "text", shape: part, value });
  }
  for (const name of Object.keys(fields)) {
    if (name === ignored || propertyNamed(shape, name) !== undefined) continue;
    const entries = shape.entries.find(({ pattern }) => pattern.test(name));
    const part = entries?.shape ?? shape.rest;
    if (part === "drop") dropped += 1;
    else if (part === "refuse") misplaced ??= name;
    else {
      const value = fields[name];
      if (value === undefined && !admitsUndefined(part) && passesUndefined(part)) dropped += 1;
      else parts.push({ name, keys: entries?.keys ?? "text", shape: part, value });
    }
  }
  return { parts, dropped, missing, misplaced };
}

/** Whether an object has a property. One that every object inherits counts only where it is the object's own. */
export function isPresent(fields: Fields, name: string): boolean {
  return name in Object.prototype ? Object.hasOwn(fields, name) : name in fields;
}
