// How the calls of an endpoint have ended, in numbers. Codes are a closed set: ours, and those that the protocol
// declares for the call; a peer's own codes are counted as one, so that no peer makes the count grow.

import { callErrorCodes, CallError, type CallShape } from "@typewire/protocol";
import { isInstance } from "@typewire/protocol/internal";

import type { HandlerTimes } from "../handler-times.ts";
import type { EndedCalls } from "../stats.ts";

/** The key of all codes that this side does not know. */
export const OTHER_CODES = "$other";

const ours: ReadonlySet<string> = new Set(callErrorCodes);

/** Of all connections of an endpoint, since it was made. */
export class CallTally implements EndedCalls {
  /** Calls that have ended with their output. */
  answered = 0;
  /** Undefined where there is no watcher. */
  times: HandlerTimes | undefined;
  readonly #failedByCode = new Map<string, number>();

  /** A call that this side answers has failed with a code of ours, or one that its protocol declares. */
  failed(code: string): void {
    this.#failedByCode.set(code, (this.#failedByCode.get(code) ?? 0) + 1);
  }

  /** A call that this side made was rejected with `error`; where its own items have thrown that, it was cancelled. */
  rejected({ errors }: Pick<CallShape, "errors">, error: unknown, isThrown: boolean): void {
    const code = !isThrown && isInstance(error, CallError) ? error.code : "cancelled";
    this.failed(ours.has(code) || errors.includes(code) ? code : OTHER_CODES);
  }

  get failedByCode(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#failedByCode);
  }
}
