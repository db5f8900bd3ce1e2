// The functions a user gives for the messages of a protocol, and the table they are looked up in. The
// table is built once for all connections of an endpoint.

import { type MessageNamed, type MessageSchemas, TypewireError } from "@typewire/protocol";

import type { CloseReason } from "./close-reason.ts";

/** What is called for the connection itself. */
export interface Lifecycle<Self> {
  /** Once, before any message: for a server when the client has connected, for a client when the server has answered. */
  open: (connection: Self) => void | Promise<void>;
  /** Once, after `open` was called and the connection has ended; nothing is called after it. */
  close: (connection: Self, reason: CloseReason) => void | Promise<void>;
}

/**
 * What a user of `serve` or `connect` writes for the messages of `Schemas`, by their names; all of it is
 * optional, and a message without a handler is validated and dropped. A handler may return anything; one
 * that throws, or whose promise rejects, ends its connection with `internal`. Called without `this`.
 */
// Over the schemas themselves, so that a name in an editor leads to the protocol and is renamed with it.
export type Handlers<Schemas extends MessageSchemas, Self> = {
  // `unknown` would make `const server = serve(…, { say: () => server.broadcast(…) })` a circle to the compiler.
  // oxlint-disable-next-line typescript/no-explicit-any -- nothing reads it
  [Name in keyof Schemas]?: (message: MessageNamed<Schemas, Name>, connection: Self) => any;
};

/** Any handler, once what it is called with no longer matters: a message, or what a lifecycle handler gets. */
export type Handler<Argument, Self> = (argument: Argument, connection: Self) => unknown;

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
export function buildHandlerTable<Incoming, Self>(
  messageNames: readonly string[],
  handlers: Readonly<Record<string, unknown>> & Partial<Lifecycle<Self>>,
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
