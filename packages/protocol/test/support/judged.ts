// The verdict of both judges, of the profile and of the schema, on a payload.

import { Kind, type TSchema, Type } from "@sinclair/typebox";

import { judge, type Plain } from "./profile-oracle.ts";
import { fitOf } from "./schema-judge.ts";

/** What the judge says of a payload: the message to deliver, or nothing. */
export function judged(
  schema: TSchema,
  payload: Uint8Array,
): { readonly value: unknown } | undefined {
  const { verdict, value } = judge(payload, { allowUndefined: mentionsUndefined(schema) });
  if (verdict !== "accepted") return undefined;
  const fields = new Map(value as ReadonlyMap<string, Plain>);
  fields.delete("type");
  const fit = fitOf(Type.Object({ v: schema }), fields);
  return fit && { value: { type: "m", ...(fit.value as object) } };
}

/** Whether a schema has undefined somewhere, so that the profile lets it through. */
function mentionsUndefined(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  const kind = (part as { readonly [Kind]?: string })[Kind];
  return kind === "Undefined" || kind === "Void" || Object.values(part).some(mentionsUndefined);
}
