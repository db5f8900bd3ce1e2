// TypeBox's Type, which remembers what TypeBox 0.34 forgets: what a record asks of its keys beyond a pattern, of
// which types a template literal is made, and keywords that it has written over. It is TypeBox's in all else. Types
// that are made without it are understood as far as they can be; docs/schemas.md says what is lost.

import {
  Kind,
  type TSchema,
  TemplateLiteralSyntax,
  type TTemplateLiteralKind,
  Type as TypeBox,
} from "@sinclair/typebox";

import { isAnnotation } from "./annotations.ts";
import { EXACT_PATTERN, patternOfParts } from "./pattern.ts";
import { RECORD_KEY } from "./record-key.ts";

/** Stands in a type that our `Type` has made, with the keywords that were given and are not kept. */
export const LOST_KEYWORDS = Symbol("typewire: keywords that TypeBox has written over");

/** Stands in a template literal that our `Type` has made, with the types that it is made of. */
const TEMPLATE_PARTS = Symbol("typewire: the parts of a template literal");

function recordOf(key: TSchema, value: TSchema, options?: object): object {
  const record: object = TypeBox.Record(key as never, value, options);
  return { ...record, [RECORD_KEY]: key };
}

function templateOf(parts: string | TTemplateLiteralKind[], options?: object): object {
  const kinds = typeof parts === "string" ? TemplateLiteralSyntax(parts) : parts;
  const template: object = TypeBox.TemplateLiteral(kinds, options);
  return { ...template, [EXACT_PATTERN]: patternOfParts(kinds), [TEMPLATE_PARTS]: kinds };
}

type Casing = "Uppercase" | "Lowercase" | "Capitalize" | "Uncapitalize";

/** Of a template literal each part by itself, as TypeBox's static type has it; TypeBox changes its pattern. */
function casingOf(casing: Casing): (schema: TSchema, options?: object) => object {
  const cased = (schema: TSchema, options?: object): object => {
    const { [TEMPLATE_PARTS]: parts } = schema as { readonly [TEMPLATE_PARTS]?: TSchema[] };
    if (parts !== undefined) return templateOf(parts.map((part) => cased(part)) as never, options);
    if (schema[Kind] !== "Union") return TypeBox[casing](schema, options);
    const members = schema["anyOf"] as TSchema[];
    return TypeBox.Union(members.map((member) => cased(member)) as TSchema[], options);
  };
  return cased;
}

/** Where each function takes keywords: behind so many other arguments. */
const KEYWORDS_AT: Readonly<Record<string, number>> = {
  Any: 0,
  Array: 1,
  BigInt: 0,
  Boolean: 0,
  Date: 0,
  Integer: 0,
  Intersect: 1,
  Literal: 1,
  Not: 1,
  Null: 0,
  Number: 0,
  Object: 1,
  Record: 2,
  RegExp: 1,
  String: 0,
  TemplateLiteral: 1,
  Tuple: 1,
  Uint8Array: 0,
  Undefined: 0,
  Union: 1,
  Unknown: 0,
  Void: 0,
};

type Build = (...given: unknown[]) => object;

/** As `build`, and remembers which of the keywords, behind `at` other arguments, have become others. */
function keeping(build: Build, at: number): Build {
  return (...given) => {
    const made = build(...given) as Readonly<Record<string, unknown>>;
    const keywords = (given[at] ?? {}) as Readonly<Record<string, unknown>>;
    const lost = Object.keys(keywords).filter(
      (name) =>
        keywords[name] !== undefined &&
        !isAnnotation(name) &&
        !isSame(keywords[name], Reflect.get(made, name)),
    );
    return lost.length === 0 ? made : { ...made, [LOST_KEYWORDS]: lost };
  };
}

/** Of types and of lists of them TypeBox may have made copies. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Object.is(a, b);
  }
  if (!Array.isArray(a) || !Array.isArray(b)) {
    return Object.keys(a).toSorted().join() === Object.keys(b).toSorted().join();
  }
  return a.length === b.length && a.every((each) => typeof each === "object" || b.includes(each));
}

const own: Readonly<Record<string, unknown>> = {
  Record: recordOf,
  TemplateLiteral: templateOf,
  Uppercase: casingOf("Uppercase"),
  Lowercase: casingOf("Lowercase"),
  Capitalize: casingOf("Capitalize"),
  Uncapitalize: casingOf("Uncapitalize"),
};

/** Our functions, and those of TypeBox's that take keywords: each returns what TypeBox's own returns, with a symbol more. */
function functions(): PropertyDescriptorMap {
  const names = new Set([...Object.keys(own), ...Object.keys(KEYWORDS_AT)]);
  const entries = [...names].map((name) => {
    const build = (own[name] ?? Reflect.get(TypeBox, name)) as Build;
    const at = KEYWORDS_AT[name];
    const value: Build =
      at === undefined ? build : keeping((...given) => build.apply(TypeBox, given), at);
    return [name, { value, enumerable: true }] as const;
  });
  return Object.fromEntries(entries);
}

/** The builder of types. A program takes this one, so that nothing that its types say is lost. */
export const Type = Object.create(TypeBox, functions()) as typeof TypeBox;
