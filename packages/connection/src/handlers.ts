// The functions a user gives for the messages of a protocol, and the table they are looked up in. The
// table is built once for all connections of an endpoint.

import { TypewireError } from "@typewire/protocol";

import type { CloseReason } from "./close-reason.ts";

/** What is called for the connection itself. */
export interface Lifecycle<Self> {
  /** Once, before any message: for a server when the client has connected, for a client when the server has answered. */
  open: (connection: Self) => void | Promise<void>;
  /** Once, after `open` was called and the connection has ended; nothing is called after it. */
  close: (connection: Self, reason: CloseReason) => void | Promise<void>;
}

/** What is called for each message this side receives, by its name. */
export type MessageHandlers<Incoming extends { type: string }, Self> = {
  [Name in Incoming["type"]]: (
    message: Extract<Incoming, { type: Name }>,
    connection: Self,
  ) => void | Promise<void>;
};

/**
 * What a user of `serve` or `connect` writes; all of it is optional, and a message without a handler is
 * validated and dropped. A handler that throws, or whose promise rejects, ends its connection with
 * `internal`. Handlers are called without `this`.
 */
// One mapped type: an intersection of the two above would, while `Incoming` is being inferred, lend the
// parameters of messages to `open` and `close` too.
export type Handlers<Incoming extends { type: string }, Self> = {
  [Name in Incoming["type"] | keyof Lifecycle<Self>]?: Name extends keyof Lifecycle<Self>
    ? Lifecycle<Self>[Name]
    : MessageHandlers<Incoming, Self>[Name];
};

/** Any handler, once what it is called with no longer matters: a message, or what a lifecycle handler gets. */
export type Handler<Argument, Self> = (
  argument: Argument,
  connection: Self,
) => void | Promise<void>;

/** The handlers of an endpoint. A Map, because names come from the peer and must not reach a prototype. */
export interface HandlerTable<Incoming, Self> {
  readonly messages: ReadonlyMap<string, Handler<Incoming, Self>>;
  readonly open: Handler<undefined, Self> | undefined;
  readonly close: Handler<CloseReason, Self> | undefined;
}

/**
 * The table of `handlers` for the messages `messageNames`.
 *
 * @throws TypewireError `option-invalid` where `handlers` is not a plain object of functions, or names
 * a message that this side does not receive.
 */
export function buildHandlerTable<Incoming extends { type: string }, Self>(
  messageNames: readonly string[],
  handlers: Handlers<Incoming, Self>,
): HandlerTable<Incoming, Self> {
  const prototype: unknown = Object.getPrototypeOf(handlers);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypewireError("option-invalid", "handlers: expected a plain object of functions");
  }
  const names = new Set(messageNames);
  const messages = new Map<string, Handler<Incoming, Self>>();
  for (const [name, handler] of Object.entries(handlers)) {
    if (handler === undefined) continue;
    if (typeof handler !== "function") {
      throw new TypewireError("option-invalid", `handlers.${name}: expected a function`);
    }
    if (names.has(name)) {
      messages.set(name, handler as Handler<Incoming, Self>);
    } else if (name !== "open" && name !== "close") {
      const expected = [...messageNames, "open", "close"].join(", ");
      throw new TypewireError("option-invalid", `handlers.${name}: expected one of ${expected}`);
    }
  }
  const { open, close } = handlers;
  return {
    messages,
    open: open && ((_, connection) => open(connection)),
    close: close && ((reason, connection) => close(connection, reason)),
  };
}

/** Whether a handler's result is a promise, of the language or of a library. */
export function isThenable(result: unknown): result is PromiseLike<void> {
  return (
    typeof result === "object" &&
    result !== null &&
    "then" in result &&
    typeof result.then === "function"
  );
}
