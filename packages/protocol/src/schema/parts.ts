// Which properties of an object travel: those of its shape that are present. The sender writes them, and
// what counts properties counts these, so that it counts the object that arrives.

import {
  admitsUndefined,
  type Entries,
  type ObjectShape,
  propertyNamed,
  type Shape,
} from "./shape.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A property that travels: its name, the kind of its key, and the shape of its value. */
export interface Part {
  readonly name: string;
  readonly keys: Entries["keys"];
  readonly shape: Shape;
}

/** The named properties that are present, in the order of the schema. An optional one that is undefined is not. */
export function namedParts(shape: ObjectShape, fields: Fields): readonly Part[] {
  return shape.properties.flatMap(({ name, optional, shape: part }): readonly Part[] => {
    if (!isPresent(fields, name) || (optional && fields[name] === undefined)) return [];
    return [{ name, keys: "text", shape: part }];
  });
}

/** The other properties that the schema describes, in their own order. */
export function describedParts(shape: ObjectShape, fields: Fields): readonly Part[] {
  return Object.keys(fields).flatMap((name): readonly Part[] => {
    if (propertyNamed(shape, name) !== undefined) return [];
    const entries = shape.entries.find(({ pattern }) => pattern.test(name));
    const part = entries?.shape ?? shape.rest;
    if (typeof part === "string") return [];
    if (fields[name] === undefined && !admitsUndefined(part)) return [];
    return [{ name, keys: entries?.keys ?? "text", shape: part }];
  });
}

/** The shape of a property by its key alone, which is no named one's; undefined where nothing describes it. */
export function shapeForKey(shape: ObjectShape, name: string): Shape | undefined {
  const entries = shape.entries.find(({ pattern }) => pattern.test(name));
  if (entries !== undefined) return entries.shape;
  return typeof shape.rest === "string" ? undefined : shape.rest;
}

/** Whether an object has a property. One that every object inherits counts only where it is the object's own. */
export function isPresent(fields: Fields, name: string): boolean {
  return name in Object.prototype ? Object.hasOwn(fields, name) : name in fields;
}
