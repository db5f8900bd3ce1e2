// The fields of an object as a table, for dense code: one function walks the tables of all objects, where
// code in place would be ten lines for each property. What is more than one item of a kind is read and
// written by a generated function, which serves every field that asks the same.

import {
  type Property,
  type ResolvedShape,
  resolveShape,
  unionMembers,
} from "../../schema/shape.ts";
import { bytesOfLiteral, wordAt } from "./constant-bytes.ts";
import { conditionsOf } from "./constraints.ts";
import type { ModuleFunctions } from "./functions.ts";
import type { Source } from "./source.ts";

/** How a value is read and written: as one item of a kind, or by the next of the functions beside the table. */
export type FieldKind = "text" | "integer" | "number" | "boolean" | "function";

/** One property of an object. */
export interface Field {
  readonly name: string;
  /** The bytes of its key, as characters. */
  readonly key: string;
  /** The same as signed words of four bytes, the last filled up with zeros. */
  readonly keyWords: readonly number[];
  readonly kind: FieldKind;
  /** The only texts that it may be; undefined where it may be any. */
  readonly texts: ReadonlySet<string> | undefined;
  /** Whether it may be null as well. */
  readonly isNullable: boolean;
  readonly isOptional: boolean;
  /** Whether every object inherits a property of this name. */
  readonly isInherited: boolean;
}

/** A table, and the functions for its fields of kind `function`, in their order. */
export interface FieldTable {
  readonly fields: readonly Field[];
  readonly functions: readonly string[];
}

/** The table of an object's properties. Those that can only be absent are not in it. */
export function fieldTable(
  properties: readonly Property[],
  functions: ModuleFunctions,
  source: Source,
): FieldTable {
  const names: string[] = [];
  const fields = properties.flatMap(({ name, optional, shape }): readonly Field[] => {
    const resolved = resolveShape(shape);
    if (resolved === undefined || (optional && resolved.kind === "never")) return [];
    const members = membersOf(resolved);
    const others = members.filter((member) => member.kind !== "null");
    const item = itemOf(others, source);
    const [only] = others;
    const isNullable =
      others.length < members.length && (item !== undefined || others.length === 1);
    if (item === undefined) names.push(functions.nameOf(isNullable && only ? only : resolved));
    const bytes = bytesOfLiteral(name);
    return [
      {
        name,
        key: String.fromCharCode(...bytes),
        keyWords: wordsOf(bytes),
        kind: "function",
        texts: undefined,
        ...item,
        isNullable,
        isOptional: optional,
        isInherited: name in Object.prototype,
      },
    ];
  });
  return { fields, functions: names };
}

function wordsOf(bytes: readonly number[]): readonly number[] {
  return Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) =>
    wordAt(bytes, index * 4),
  );
}

/** The shapes of which a value has one, where a union asks nothing more; the shape itself otherwise. */
function membersOf(shape: ResolvedShape): readonly ResolvedShape[] {
  if (shape.kind !== "union") return [shape];
  if (shape.schemas.some((schema) => schema["anyOf"] === undefined)) return [shape];
  const members = unionMembers(shape).map((member) => resolveShape(member.shape));
  return members.every((member) => member !== undefined) ? members : [shape];
}

/** The one item that a value of these shapes is, none of which asks more than its kind; undefined where that is not so. */
function itemOf(
  shapes: readonly ResolvedShape[],
  source: Source,
): Pick<Field, "kind" | "texts"> | undefined {
  const [only, ...others] = shapes;
  if (only === undefined) return undefined;
  const texts = shapes.flatMap(textsOf);
  if (texts.length === shapes.length) return { kind: "text", texts: new Set(texts) };
  if (others.length > 0) return undefined;
  switch (only.kind) {
    case "text":
    case "integer":
    case "number":
    case "boolean":
      return conditionsOf(only, "", source).length === 0
        ? { kind: only.kind, texts: undefined }
        : undefined;
    default:
      return undefined;
  }
}

function textsOf(shape: ResolvedShape): readonly string[] {
  const isText = shape.kind === "literal" && typeof shape.value === "string";
  return isText && shape.schemas.length === 1 ? [shape.value as string] : [];
}
