// The handlers of calls and the middlewares around them, put together once for all connections of an endpoint.

import { type CallError, type CallShape, type CallShapes, TypewireError } from "@typewire/protocol";

/** The handler of one call, once its types no longer matter. */
export type AnyCallHandler = (input: unknown, call: never) => unknown;

/** What a middleware is told of a call; the rest of `call` is the handler's. */
export interface MiddlewareCall {
  readonly name: string;
  /** An error that this call declares, to be thrown: what the caller gets. Of any other code it gets `internal`. */
  error(this: void, code: string, data?: unknown): CallError;
}

/**
 * Runs around the handler of each call, the first of a list outermost. `next()` runs what is within, and
 * settles when the call has ended: with its output, or with what failed; for calls with streams too. A
 * middleware may throw instead, and may return something else where the call has an output.
 */
export type Middleware<Call extends MiddlewareCall = MiddlewareCall> = (
  call: Call,
  next: () => Promise<unknown>,
) => unknown;

/** How one call is answered. */
export interface CallEntry {
  readonly shape: CallShape;
  readonly handler: AnyCallHandler;
  /** Around the handler, the first outermost. */
  readonly middlewares: readonly Middleware<never>[];
}

/** A Map, because names come from the peer and must not reach a prototype. */
export type CallTable = ReadonlyMap<string, CallEntry>;

/**
 * The table for the calls `shapes`.
 *
 * @throws TypewireError `option-invalid` naming the first call without a handler, or what is no function.
 */
export function buildCallTable(
  shapes: CallShapes,
  handlers: Readonly<Record<string, unknown>>,
  middlewares: readonly Middleware<never>[],
): CallTable {
  for (const [index, middleware] of middlewares.entries()) {
    if (typeof middleware === "function") continue;
    throw new TypewireError("option-invalid", `use.${index}: expected a function`);
  }
  const table = new Map<string, CallEntry>();
  for (const [name, shape] of Object.entries(shapes)) {
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (typeof handler !== "function") {
      const reason = handler === undefined ? "the call has no handler" : "expected a function";
      throw new TypewireError("option-invalid", `handlers.${name}: ${reason}`);
    }
    table.set(name, { shape, handler: handler as AnyCallHandler, middlewares });
  }
  return table;
}
