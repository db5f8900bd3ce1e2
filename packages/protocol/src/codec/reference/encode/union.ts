// Unions: objects and arrays are written as the member that fits, leaves as the member of their kind.

import { isHollow, isMap } from "../../../schema/describe-kind.ts";
import { faultOf } from "../../../schema/fault.ts";
import { resolveShape, type UnionShape } from "../../../schema/shape.ts";
import type { Candidate } from "../../../schema/union.ts";
import { writeUnknown } from "./unknown.ts";
import type { Attempt, EncodeWalk, Fields } from "./walk.ts";

/** By the first member that fits and leaves nothing out; failing that, by the first that fits. */
export function writeUnion(walk: EncodeWalk, shape: UnionShape, value: unknown): void {
  if (Array.isArray(value)) {
    writeMember(walk, walk.unions.candidatesForArray(shape), value);
  } else if (isMap(value)) {
    const fields = value as Fields;
    const candidates = walk.unions.candidatesForObject(shape, (name) => fields[name]);
    writeMember(walk, candidates, value);
  } else {
    writeLeaf(walk, shape, value);
  }
}

/** A value without parts is written alike under every member that admits it, `any` apart. */
function writeLeaf(walk: EncodeWalk, shape: UnionShape, given: unknown): void {
  const value = given instanceof Date && !isHollow(given) ? new Date(given.getTime()) : given;
  walk.judge(faultOf(shape, value));
  const kind = leafKindOf(value);
  if (kind === undefined) {
    writeUnknown(walk, value);
    return;
  }
  const kinds = walk.unions.candidates(shape).map(({ shape: part }) => resolveShape(part)?.kind);
  if (kinds.includes(kind)) walk.value({ kind, schemas: [] }, value);
  else if (kinds.includes("any")) writeUnknown(walk, value);
  else throw walk.mismatch("a member of the union", value);
}

/** The kind of shape that such a value has to be of, where its JavaScript type alone does not say how it travels. */
function leafKindOf(value: unknown): "date" | "bytes" | "bigint" | "undefined" | undefined {
  if (value instanceof Date) return "date";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "bigint") return "bigint";
  return value === undefined ? "undefined" : undefined;
}

function writeMember(walk: EncodeWalk, candidates: readonly Candidate[], value: unknown): void {
  const fitting =
    candidates.length === 1 ? candidates : candidates.filter((each) => each.admits(value));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) {
    walk.value(only.shape, value);
    return;
  }
  let chosen: Attempt | undefined;
  for (const candidate of fitting) {
    const attempt = walk.attempt(() => walk.value(candidate.shape, value));
    if (attempt !== undefined && (chosen === undefined || attempt.dropped === 0)) chosen = attempt;
    if (chosen?.dropped === 0) break;
  }
  if (chosen === undefined) throw walk.mismatch("a member of the union", value);
  walk.take(chosen);
}
