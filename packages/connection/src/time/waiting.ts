// Waiting that can be given up: by a signal of the user's, or after a time. The promise waited for is not touched.

import { TypewireError } from "@typewire/protocol";

import { aSignal, milliseconds, type OptionChecks } from "../option-checks.ts";
import { checkOptions } from "../options.ts";
import type { Clock } from "./clock.ts";

/** An `AbortSignal`, as far as waiting needs one. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** When to give up waiting. Default: never. */
export interface WaitOptions {
  /** Rejects with the signal's reason once it is aborted; at once where it already is. */
  readonly signal?: AbortSignalLike | undefined;
  /** Rejects with `deadline-exceeded` after so many milliseconds. */
  readonly timeoutMs?: number | undefined;
}

const waitOptions: OptionChecks<keyof WaitOptions> = {
  signal: aSignal,
  timeoutMs: milliseconds(0),
};

/**
 * Settles as `waited` does, or rejects when `options` say so. `what` completes "waiting for …". Listens to
 * the signal no longer than it waits. Unhandled, the rejection does not end the process.
 *
 * @throws TypewireError (as a rejection) `option-invalid` naming the option that is not known or possible;
 * `deadline-exceeded`.
 */
export function waitFor(
  waited: Promise<void>,
  what: string,
  options: WaitOptions,
  clock: Clock,
): Promise<void> {
  const settled = waitOrGiveUp(waited, what, options, clock);
  settled.catch(() => {});
  return settled;
}

async function waitOrGiveUp(
  waited: Promise<void>,
  what: string,
  options: WaitOptions,
  clock: Clock,
): Promise<void> {
  checkOptions(options, waitOptions);
  const { signal, timeoutMs } = options;
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort);
  const cancel =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () => {
          const message = `Gave up waiting for ${what} after ${timeoutMs} ms`;
          reject(new TypewireError("deadline-exceeded", message));
        });
  try {
    // The signal first: an aborted one rejects also where `waited` has settled already.
    await Promise.race([givenUp, waited]);
  } finally {
    cancel?.();
    signal?.removeEventListener("abort", abort);
  }
}
