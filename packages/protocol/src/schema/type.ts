// TypeBox's Type, which remembers two things that TypeBox 0.34 forgets: what a record asks of its keys
// beyond a pattern, and of which types a template literal is made. It is TypeBox's in all else. Types that
// are made without it are understood as far as they can be; docs/schemas.md says what is lost.

import {
  type TSchema,
  TemplateLiteralSyntax,
  type TTemplateLiteralKind,
  Type as TypeBox,
} from "@sinclair/typebox";

import { EXACT_PATTERN, patternOfParts } from "./pattern.ts";
import { RECORD_KEY } from "./record-key.ts";

function recordOf(key: TSchema, value: TSchema, options?: object): object {
  const record: object = TypeBox.Record(key as never, value, options);
  return { ...record, [RECORD_KEY]: key };
}

function templateOf(parts: string | TTemplateLiteralKind[], options?: object): object {
  const kinds = typeof parts === "string" ? TemplateLiteralSyntax(parts) : parts;
  const template: object = TypeBox.TemplateLiteral(kinds, options);
  return { ...template, [EXACT_PATTERN]: patternOfParts(kinds) };
}

/** The builder of types. A program takes this one, so that nothing that its types say is lost. */
// Its two functions return what TypeBox's own return, with a symbol more.
export const Type = Object.create(TypeBox, {
  Record: { value: recordOf, enumerable: true },
  TemplateLiteral: { value: templateOf, enumerable: true },
}) as typeof TypeBox;
