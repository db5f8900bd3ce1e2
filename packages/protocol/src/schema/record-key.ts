// What a record may ask of its keys: one pattern, or that they are integers. TypeBox drops everything else
// that the type of the keys says, so it is refused, where our `Type` has remembered it.

import { Hint, Kind, type TSchema } from "@sinclair/typebox";

import { refuse } from "../errors.ts";

/** Stands in a record that our `Type` has made, with the type of its keys. */
export const RECORD_KEY = Symbol("typewire: the type of a record's keys");

const ENFORCED: ReadonlySet<string> = new Set([
  "type",
  "pattern",
  "source",
  "flags",
  "const",
  "anyOf",
]);
const ASKING = /^(exclusive|min|max|multipleOf|format|length|enum|if|not|allOf)/;

/** @throws TypewireError `protocol-invalid` where `schema`, which stands at `path`, is a record that asks more of its keys. */
export function assertRecordKey(schema: TSchema, path: string): void {
  const { [RECORD_KEY]: key } = schema as { readonly [RECORD_KEY]?: unknown };
  if (key === undefined) {
    if (schema[Kind] === "Object" && schema[Hint] === "Record") assertNamed(schema, path);
    return;
  }
  const { [Kind]: kind, ...parts } = key as TSchema;
  // A record without keys is refused for its pattern.
  if (kind === "Never") return;
  if (schema[Kind] === "Never") {
    throw refuse(
      path,
      `the keys of a record are texts or integers, and not of Type.${kind}; write Type.Record(Type.String(), … )`,
    );
  }
  if (kind === "Union") {
    const members = parts["anyOf"] as readonly TSchema[];
    if (members.every((member) => isFinite(member))) return;
    throw refuse(
      path,
      "a record has one pattern of keys, not a union of them; write one record for each, each under a property of its own",
    );
  }
  if (kind === "RegExp" && !["", "u"].includes(parts["flags"] as string)) {
    throw refuse(
      path,
      `the flags of a key's pattern are not kept; write Type.String({ pattern: … }), with [aA] for a letter in either case`,
    );
  }
  const keyword = Object.keys(parts).find((name) => !ENFORCED.has(name) && ASKING.test(name));
  if (keyword !== undefined && parts[keyword] !== undefined) {
    throw refuse(
      path,
      `"${keyword}" of a record's keys is not enforced; ${adviceOn(kind, keyword, parts)}`,
    );
  }
}

function isFinite(member: TSchema): boolean {
  return ["Literal", "Boolean", "TemplateLiteral"].includes(member[Kind] as string);
}

/** TypeBox makes an object without properties of keys that it cannot list. */
function assertNamed(schema: TSchema, path: string): void {
  if (Object.keys(schema["properties"] as object).length > 0) return;
  throw refuse(
    path,
    "a record needs keys that can be listed, or one pattern of keys: write one record for each pattern, each under a property of its own",
  );
}

function adviceOn(
  kind: unknown,
  keyword: string,
  parts: Readonly<Record<string, unknown>>,
): string {
  if (kind === "String" || kind === "RegExp") {
    if (keyword.endsWith("Length")) {
      const { minLength = 0, maxLength = "" } = parts as Partial<Record<string, number>>;
      const pattern = `^[^]{${minLength},${maxLength}}$`;
      return `write it as a pattern: Type.Record(Type.String({ pattern: "${pattern}" }), … )`;
    }
    return "write it as a pattern: Type.Record(Type.String({ pattern: … }), … )";
  }
  return "write an array of pairs: Type.Array(Type.Tuple([Type.Integer({ … }), … ]))";
}
