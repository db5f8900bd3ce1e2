// What one connection may cost, as one object, checked. The rows themselves, with defaults and reasons, are
// `limit-rows.ts`. Limits of time are looked at by one sweep for all connections: a verdict may fall late
// by up to two looks, never early (ADR 0024).

import { TypewireError } from "@typewire/protocol";

import { type AnyLimitRow, type LimitName, limitRows, optionRows } from "./limit-rows.ts";
import { isPlainObject, type OptionCheck } from "./option-checks.ts";
import { checkOption, expectedInsteadOf } from "./options.ts";
import { tellOption } from "./option-value.ts";

type ValueOf<Row extends AnyLimitRow> = Row["fallback"] extends boolean ? boolean : number;

/** Every limit of one connection, by the names of `limitRows`. */
export type ConnectionLimits = {
  readonly [Name in LimitName]: ValueOf<(typeof limitRows)[Name]>;
};

/**
 * The limits that a program may set for its connections: sizes in bytes, times in milliseconds. Those that
 * differ from the defaults are announced to the peer. docs/commands.md has the table: default, least, what
 * each limits, the attack it answers, and the reason recorded when it is passed.
 */
export type Limits = Pick<ConnectionLimits, keyof typeof optionRows>;

/** The defaults of every connection. */
export const defaultConnectionLimits = Object.fromEntries(
  Object.entries(limitRows).map(([name, { fallback }]) => [name, fallback]),
) as unknown as ConnectionLimits;

/** Limits with any row's name in them: made by `internalLimits` alone. */
class InternalLimits {
  constructor(limits: Partial<ConnectionLimits>) {
    Object.assign(this, limits);
  }
}

/** `limits` of any row, constants too, in a form that `serve` and `connect` take. For tests and the commands. */
export function internalLimits(limits: Partial<ConnectionLimits>): Partial<Limits> {
  return new InternalLimits(limits);
}

/** What `limits` may be; its rows are checked apart. */
export const someLimits: OptionCheck = {
  expected: "an object",
  allows: (value) => value instanceof InternalLimits || isPlainObject(value),
};

/**
 * `limits` as `serve` and `connect` take them.
 *
 * @throws TypewireError `option-invalid` naming the first that is no option.
 */
export function requireOptions(limits: Partial<Limits> = {}): Partial<ConnectionLimits> {
  if (limits instanceof InternalLimits) return limits;
  checkOption("limits", limits, someLimits);
  for (const name of Object.keys(limits)) {
    if (Object.hasOwn(optionRows, name)) continue;
    const options = Object.keys(optionRows);
    const known: AnyLimitRow | undefined = rowOf(name);
    throw invalid(
      known === undefined
        ? `limits.${name}: no such limit; expected ${expectedInsteadOf(name, options)}`
        : `limits.${name}: a constant, ${known.fallback}; the limits that can be set are ${options.join(", ")}`,
    );
  }
  return limits;
}

/**
 * The defaults with `limits` over them; absent and undefined entries keep the default, which for
 * `softQueueBytes` is a quarter of `hardQueueBytes` at most.
 *
 * @throws TypewireError `option-invalid` naming the first limit that is unknown, not within its row's
 * bounds, or contradicts another.
 */
export function resolveLimits(limits: Partial<ConnectionLimits> = {}): ConnectionLimits {
  const given: Partial<Record<string, number | boolean>> = {};
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    requireValid(name, value);
    given[name] = value;
  }
  const { hardQueueBytes, softQueueBytes } = { ...defaultConnectionLimits, ...given };
  if (given["softQueueBytes"] === undefined) {
    given["softQueueBytes"] = Math.max(1, Math.min(softQueueBytes, Math.floor(hardQueueBytes / 4)));
  } else if (hardQueueBytes < softQueueBytes) {
    throw invalid(
      `hardQueueBytes: expected at least softQueueBytes (${softQueueBytes}), got ${hardQueueBytes}`,
    );
  }
  return { ...defaultConnectionLimits, ...given };
}

function requireValid(name: string, value: unknown): void {
  const row = rowOf(name);
  if (row === undefined) throw invalid(`${name}: no such limit`);
  const { unit, least, most } = row;
  if (unit === "yes-no") {
    if (typeof value === "boolean") return;
    throw invalid(`${name}: expected true or false, got ${tellOption(value)}`);
  }
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) {
    return;
  }
  throw invalid(
    `${name}: expected a whole number from ${least} to ${most}, got ${tellOption(value)}`,
  );
}

function rowOf(name: string): AnyLimitRow | undefined {
  return Object.hasOwn(limitRows, name) ? limitRows[name as LimitName] : undefined;
}

function invalid(message: string): TypewireError {
  return new TypewireError("option-invalid", message);
}
