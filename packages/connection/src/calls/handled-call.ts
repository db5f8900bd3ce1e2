// The `call` that a handler and the middlewares around it are given: only what a program may do with its call.

import {
  type CallError,
  type CallShape,
  type HostAbortSignal,
  TypewireError,
} from "@typewire/protocol";

import { tellOption } from "../option-value.ts";
import { oneLine } from "../text.ts";
import { DeclaredError } from "./call-failures.ts";

/** The call behind the face. */
export interface AnsweredCall {
  readonly shape: CallShape;
  readonly callee: { readonly connection: unknown; readonly context: unknown };
  readonly signal: HostAbortSignal;
  readonly remainingMs: number;
  /** Undefined where the caller sends none. */
  readonly inbox: AsyncIterable<unknown> | undefined;
}

/** The `call` that a handler is given. */
export class HandledCall {
  readonly #call: AnsweredCall;

  constructor(call: AnsweredCall) {
    this.#call = call;
  }

  get name(): string {
    return this.#call.shape.name;
  }

  get connection(): unknown {
    return this.#call.callee.connection;
  }

  get context(): unknown {
    return this.#call.callee.context;
  }

  get signal(): HostAbortSignal {
    return this.#call.signal;
  }

  /** Milliseconds until the deadline, never below 1; Infinity where there is none. */
  get remainingMs(): number {
    return this.#call.remainingMs;
  }

  get items(): AsyncIterable<unknown> {
    return this.#call.inbox ?? none;
  }

  /** Made when it is read, so that it also works taken out of the call: `({ symbol }, { error }) => …`. */
  get error(): (code: string, data?: unknown) => CallError {
    const { name: call, errors } = this.#call.shape;
    return (code, data) => {
      if (!errors.includes(code)) throw undeclared(call, errors, code);
      const message = `The call ${JSON.stringify(call)} ended with the error ${JSON.stringify(code)}`;
      return new DeclaredError(code, message, { ran: "yes", data, call });
    };
  }
}

/** Of a program that has got past the types: it is told where it stands, and the peer hears `internal`. */
function undeclared(call: string, errors: readonly string[], code: unknown): TypewireError {
  const expected = errors.length === 0 ? "none, since the call declares none" : errors.join(", ");
  const got = typeof code === "string" ? JSON.stringify(oneLine(code)) : tellOption(code);
  return new TypewireError(
    "option-invalid",
    `call.error: expected an error of the call ${JSON.stringify(call)} (${expected}), got ${got}`,
  );
}

const none: AsyncIterable<unknown> = {
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.resolve({ value: undefined, done: true as const }),
  }),
};
