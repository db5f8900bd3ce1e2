// Checks of what users give as options, at either end: a name that is not known would be a typing mistake
// taken in silence, with a default in the place of what was meant; a value of the wrong kind would fail later,
// in words of the language's. What a value may be is `option-checks.ts`'s.

import { TypewireError } from "@typewire/protocol";

import type { OptionCheck, OptionChecks } from "./option-checks.ts";
import { tellOption } from "./option-value.ts";

/** More than so many suggestions are a list to search, not help. */
const MOST_SUGGESTIONS = 3;

/**
 * Checks the names and values of `options`. `prefix` is where they stand, for the error: `tls.`; `placeOf` says
 * where else than here a name has its place, if it has one.
 *
 * @throws TypewireError `option-invalid` naming the first option that is not among `checks`, with its place, or
 * those that are like it, or all of them where none is; or the first whose value its check does not allow.
 */
export function checkOptions(
  options: object,
  checks: OptionChecks,
  prefix = "",
  placeOf: (name: string) => string | undefined = () => undefined,
): void {
  if (!holdsOptions(options)) {
    const place = prefix === "" ? "options" : prefix.slice(0, -1);
    throw invalid(`${place}: expected an object, got ${tellOption(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(checks, name)) continue;
    const advice = placeOf(name) ?? `expected ${expectedInsteadOf(name, Object.keys(checks))}`;
    throw invalid(`${prefix}${name}: no such option; ${advice}`);
  }
  checkOptionValues(options, checks, prefix);
}

/** What options stand in: an object, of a class too. What else the language has, a promise say, would be one without any. */
function holdsOptions(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Object.getPrototypeOf(value) === Object.prototype) return true;
  return Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * Checks the values of those `options` that are among `checks`, inherited ones too.
 *
 * @throws TypewireError `option-invalid` naming the first whose value its check does not allow.
 */
export function checkOptionValues(options: object, checks: OptionChecks, prefix = ""): void {
  // A broadcast comes here as well: no array of the entries, and no name before it is needed.
  for (const name in checks) {
    const value: unknown = Reflect.get(options, name);
    const check = checks[name];
    if (value === undefined || check === undefined || check.allows(value)) continue;
    checkOption(`${prefix}${name}`, value, check);
  }
}

/** @throws TypewireError `option-invalid` where `check` does not allow `value`, undefined included. */
export function checkOption(name: string, value: unknown, check: OptionCheck): void {
  if (check.allows(value)) return;
  throw invalid(`${name}: expected ${check.expected}, got ${tellOption(value)}`);
}

function invalid(message: string): TypewireError {
  return new TypewireError("option-invalid", message);
}

/** What an error expects in the place of `name`, which is not one of `known`: those that are like it, or any. */
export function expectedInsteadOf(name: string, known: readonly string[]): string {
  const near = namesLike(name, known);
  if (near.length > 0) return near.join(" or ");
  return known.length > 1 ? `one of ${known.join(", ")}` : (known[0] ?? "none");
}

/** Those of `known` that `name` may be a mistyping of, the likeliest first. */
export function namesLike(name: string, known: readonly string[]): readonly string[] {
  const wanted = name.toLowerCase();
  const mistyped = known
    .map((other) => ({ other, distance: editDistance(wanted, other.toLowerCase()) }))
    .filter(({ other, distance }) => distance <= Math.max(1, Math.floor(other.length / 3)))
    .toSorted((a, b) => a.distance - b.distance);
  const found = mistyped.length > 0 ? mistyped.map(({ other }) => other) : parts(wanted, known);
  return found.slice(0, MOST_SUGGESTIONS);
}

/** Those of `known` that contain `wanted` or are contained in it: `timeout` for `connectTimeoutMs`. */
function parts(wanted: string, known: readonly string[]): readonly string[] {
  return known.filter((other) => {
    const candidate = other.toLowerCase();
    return wanted.length > 1 && (candidate.includes(wanted) || wanted.includes(candidate));
  });
}

/** Insertions, deletions, substitutions and swaps of neighbours that make `b` of `a` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      let best = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
