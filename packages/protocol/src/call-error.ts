// How a call fails, for the program that made it. The wire's side of it is `CallFailure`; who throws these
// decides what `ran` is.

/** Our codes of a call that has failed; errors that a protocol declares have other names. docs/wire.md says when each is told. */
export const callErrorCodes = [
  "unknown-call",
  "invalid-input",
  "invalid-item",
  "invalid-answer",
  "item-beyond-credit",
  "too-many-calls",
  "shutting-down",
  "auth-required",
  "auth-failed",
  "auth-expired",
  "deadline-exceeded",
  "cancelled",
  "internal",
  "connection-lost",
  "connection-closed",
  "calls-unsupported",
] as const;

/** One of our codes; docs/wire.md says when each is told, and with which `ran`. */
export type CallErrorCode = (typeof callErrorCodes)[number];

/** Whether the handler of a failed call has run: after "no" the call may be made again, whatever it does. */
export type Ran = "no" | "maybe" | "yes";

/** Details of a `CallError` beyond its code and sentence. */
export interface CallErrorOptions<Data> {
  readonly ran: Ran;
  /** By the schema of a declared error. */
  readonly data?: Data;
  /** The name of the call. */
  readonly call?: string | undefined;
  /** JSON Pointer (RFC 6901) to what did not fit in a message of the call. */
  readonly path?: string | undefined;
  /** Milliseconds after which the callee takes calls again. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Why a call has no output. `code` is one of ours, or an error that the protocol declares for the call, with
 * `data` by its schema. A newer callee may tell a code that this side's protocol does not declare; `data` is
 * undefined then.
 */
export class CallError<Code extends string = string, Data = unknown> extends Error {
  override readonly name = "CallError";
  readonly code: Code;
  /** Of a declared error, by its schema; else undefined. */
  readonly data: Data;
  /** Whether the handler has run. */
  readonly ran: Ran;
  /** The name of the call. */
  readonly call: string | undefined;
  /** JSON Pointer (RFC 6901) to what did not fit in a message of the call; undefined where that is not why. */
  readonly path: string | undefined;
  /** Milliseconds after which the callee takes calls again; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(code: Code, message: string, options: CallErrorOptions<Data>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    // Where there is none, `Data` has undefined among its values.
    this.data = options.data as Data;
    this.ran = options.ran;
    this.call = options.call;
    this.path = options.path;
    this.retryAfterMs = options.retryAfterMs;
  }
}
