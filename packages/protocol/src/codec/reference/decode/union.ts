// Unions: maps and arrays are revived as the member that fits, leaves as the member of their kind.

import { describeItem } from "../../../schema/describe-kind.ts";
import { faultOf } from "../../../schema/fault.ts";
import { nearestFault } from "../../../schema/fault-words.ts";
import { resolveShape, type UnionShape } from "../../../schema/shape.ts";
import type { Candidate } from "../../../schema/union.ts";
import { reviveUnknown, toNumber } from "./unknown.ts";
import type { DecodeWalk, Raw } from "./walk.ts";

/** What came of trying a member: the value, and whether it is one of that member. */
interface Trial {
  readonly value: unknown;
  readonly fits: boolean;
}

/** By the first member that fits and drops nothing; failing that, by the first that fits. */
export function reviveUnion(walk: DecodeWalk, shape: UnionShape, raw: Raw): unknown {
  if (typeof raw !== "object" || raw === null || raw instanceof Uint8Array) {
    return reviveLeaf(walk, shape, raw);
  }
  const candidates =
    raw instanceof Map
      ? walk.unions.candidatesForObject(shape, (name) => toNumber(raw.get(name)))
      : walk.unions.candidatesForArray(shape);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return walk.value(only.shape, raw);
  const before = walk.dropped;
  let fit: { readonly value: unknown; readonly dropped: number } | undefined;
  const misfits: Misfit[] = [];
  for (const candidate of candidates) {
    walk.dropped = 0;
    const trial = attempt(walk, candidate, raw);
    if (trial === undefined) continue;
    const { value, fits } = trial;
    if (!fits) misfits.push({ value, candidate });
    if (!fits || (fit !== undefined && walk.dropped > 0)) continue;
    fit = { value, dropped: walk.dropped };
    if (fit.dropped === 0) break;
  }
  walk.dropped = before + (fit?.dropped ?? 0);
  if (fit !== undefined) return fit.value;
  const nearest = walk.isFirstMisfit() ? nearestOf(misfits) : undefined;
  const value =
    nearest === undefined ? reviveUnknown(walk, raw) : walk.value(nearest.candidate.shape, raw);
  walk.keepMisfit("a member of the union", describeItem(raw));
  return value;
}

/** What a candidate made of a value that is none of its own. */
interface Misfit {
  readonly candidate: Candidate;
  readonly value: unknown;
}

/** The candidate that the value fits furthest: its fault is told in that member's words. */
function nearestOf(misfits: readonly Misfit[]): Misfit | undefined {
  const faults = misfits.map(({ value, candidate }) => faultOf(candidate.shape, value));
  const nearest = nearestFault(
    faults.filter((fault) => fault !== undefined),
    "",
  );
  return misfits[faults.findIndex((fault) => fault?.path === nearest?.path)];
}

/** A leaf reads alike under every member that admits it: unions where it would not are not defined. */
function reviveLeaf(walk: DecodeWalk, shape: UnionShape, raw: Raw): unknown {
  const isBytes = raw instanceof Uint8Array;
  const isNumber = typeof raw === "number" || typeof raw === "bigint";
  const reader = walk.unions.candidates(shape).find((candidate) => {
    const kind = resolveShape(candidate.shape)?.kind;
    if (isBytes) return kind === "bytes" || kind === "any";
    if (isNumber) return kind === "date" || kind === "bigint";
    return raw === undefined && kind === "undefined";
  });
  if (reader !== undefined) return walk.value(reader.shape, raw);
  if (isBytes) throw walk.mismatch("a member of the union", describeItem(raw));
  return reviveUnknown(walk, raw);
}

/** `raw` as this member, which it is where all of it fits and the member's own check agrees; undefined where it has no value. */
function attempt(walk: DecodeWalk, candidate: Candidate, raw: Raw): Trial | undefined {
  const depth = walk.path.length;
  const outer = walk.misfit;
  walk.misfit = undefined;
  walk.trials += 1;
  try {
    const value = walk.value(candidate.shape, raw);
    return { value, fits: walk.fits() && candidate.admits(value) };
  } catch {
    walk.path.length = depth;
    return undefined;
  } finally {
    walk.misfit = outer;
    walk.trials -= 1;
  }
}
