// Schemas that refer to themselves or to others by name, made around any schema.

import { Type } from "@sinclair/typebox";
import fc from "fast-check";

import type { Sample } from "./arbitrary-leaves.ts";

/** The schema as a part of a module. */
export function asModule({ schema, values, forms }: Sample): Sample {
  const module = Type.Module({ Boxed: Type.Object({ inner: Type.Ref("Inner") }), Inner: schema });
  // A module gives its types names of their own, so a type that has one already stays outside.
  if (schema.$id !== undefined) return { schema, values, forms };
  return {
    schema: module.Import("Boxed"),
    values: values.map((inner) => ({ inner })),
    forms: ["object"],
  };
}

/** A list whose every element but the last has a next one. */
export function listOf({ schema, values }: Sample): Sample {
  return {
    schema: Type.Recursive((This) => Type.Object({ value: schema, next: Type.Optional(This) })),
    values: fc
      .array(values, { minLength: 1, maxLength: 4 })
      .map((items) =>
        items.reduceRight<unknown>(
          (next, value) => (next === undefined ? { value } : { value, next }),
          undefined,
        ),
      ),
    forms: ["object"],
  };
}

/** A list that ends with null. */
export function nullableListOf({ schema, values }: Sample): Sample {
  return {
    schema: Type.Recursive((This) =>
      Type.Object({ next: Type.Union([This, Type.Null()]), value: schema }),
    ),
    values: fc
      .array(values, { minLength: 1, maxLength: 4 })
      .map((items) => items.reduceRight<unknown>((next, value) => ({ next, value }), null)),
    forms: ["object"],
  };
}

/** A tree of branches, each of many or of one, with leaves in boxes. */
export function treeOf({ schema, values }: Sample): Sample {
  const tree = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      values.map((value) => ({ leaf: "leaf", value })),
      fc.array(tie("tree"), { maxLength: 3 }),
      tie("tree").map((only) => ({ only, leaf: "none" })),
    ),
  })).tree;
  return {
    schema: Type.Recursive((This) =>
      Type.Union([
        Type.Object({ only: This, leaf: Type.Literal("none") }),
        Type.Array(This),
        Type.Object({ leaf: Type.Literal("leaf"), value: schema }),
      ]),
    ),
    values: tree,
    forms: ["array", "object"],
  };
}

/** A union that contains itself in another union. */
export function chainOf({ schema, values }: Sample): Sample {
  return {
    schema: Type.Recursive((This) =>
      Type.Union([
        Type.Object({ kind: Type.Literal("end"), value: schema }),
        Type.Object({ kind: Type.Literal("more"), rest: Type.Union([This, Type.Null()]) }),
      ]),
    ),
    values: fc
      .tuple(fc.option(values.map((value) => ({ kind: "end", value }))), fc.nat(4))
      .map(([end, length]) =>
        Array.from({ length: length + 1 }).reduce<unknown>((rest) => ({ kind: "more", rest }), end),
      ),
    forms: ["object"],
  };
}
