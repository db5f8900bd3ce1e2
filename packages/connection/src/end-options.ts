// The options that both ends have alike: those of a server for each of its connections, and of a client for
// the one that it has.

import { TypewireError } from "@typewire/protocol";

import type { Limits } from "./limits.ts";
import { type Observer, observerMethods } from "./observer.ts";
import type { Clock } from "./time/clock.ts";

/** `Asking` is what this end calls an observer. The options of an end are one observer themselves. */
export interface EndOptions<Asking extends Observer> {
  /** Limits of each connection; their table is in docs/commands.md. */
  readonly limits?: Partial<Limits>;
  /** Default: the machine's. For tests. */
  readonly clock?: Clock;
  /** More observers, a log or metrics: told in this order, after the options themselves. */
  readonly observers?: readonly Asking[];
}

/** The names of all of them, and of the methods of an observer. */
export const endOptions = {
  limits: true,
  clock: true,
  observers: true,
  ...observerMethods,
} as const satisfies Record<keyof EndOptions<Observer> | keyof Observer, true>;

/**
 * All observers of an end: its options, then the others.
 *
 * @throws TypewireError `option-invalid` where `observers` is no array of objects.
 */
export function observersOf<Asking extends Observer>(
  options: Asking & EndOptions<Asking>,
): readonly Asking[] {
  const { observers = [] } = options;
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  if (Array.isArray(observers) && observers.every(isObject)) return [options, ...observers];
  throw new TypewireError("option-invalid", "observers: expected an array of objects");
}
