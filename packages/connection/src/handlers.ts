// The functions a user gives for the messages of a protocol, and the table they are looked up in. The
// table is built once for all connections of an endpoint.

import { type MessageNamed, type MessageSchemas, TypewireError } from "@typewire/protocol";

import { oneOf } from "./option-checks.ts";
import { expectedInsteadOf } from "./options.ts";

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

/** `Handlers` as a last argument: one that may be left out where no handler has to be given. */
export type HandlersArgument<Given> =
  Record<never, never> extends Given ? [handlers?: Given | undefined] : [handlers: Given];

/** When the handler of a message starts: as soon as the message has come, or when the one before has ended. */
export type HandlerOrder = "concurrent" | "sequential";

/** What `order` may be. */
export const anOrder = oneOf("concurrent", "sequential");

/** Any handler, once the message that it takes no longer matters. */
export type Handler<Incoming, Self> = (message: Incoming, connection: Self) => unknown;

/** The handlers of an endpoint. A Map, because names come from the peer and must not reach a prototype. */
export type HandlerTable<Incoming, Self> = ReadonlyMap<string, HandlerEntry<Incoming, Self>>;

/** What an endpoint does with the messages of one name, and how many have come. */
export interface HandlerEntry<Incoming, Self> {
  handler: Handler<Incoming, Self>;
  /** Valid ones, over all connections. Here, because a message is looked up here anyway: another table costs 5 ns more. */
  received: number;
}

/**
 * The table of `handlers` for the messages `messageNames`; those of `calls`, the calls that this side answers, are
 * passed over.
 *
 * @throws TypewireError `option-invalid` where `handlers` is not a plain object of functions, or names
 * what this side does not receive.
 */
export function buildHandlerTable<Incoming, Self>(
  messageNames: readonly string[],
  handlers: object,
  calls: readonly string[] = [],
): HandlerTable<Incoming, Self> {
  const prototype: unknown = Object.getPrototypeOf(handlers);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypewireError("option-invalid", "handlers: expected a plain object of functions");
  }
  const names = new Set(messageNames);
  const table = new Map<string, HandlerEntry<Incoming, Self>>();
  for (const [name, handler] of Object.entries(handlers) as [string, unknown][]) {
    if (handler === undefined || calls.includes(name)) continue;
    if (!names.has(name)) {
      const expected = expectedInsteadOf(name, [...messageNames, ...calls]);
      throw new TypewireError("option-invalid", `handlers.${name}: expected ${expected}`);
    }
    if (typeof handler !== "function") {
      throw new TypewireError("option-invalid", `handlers.${name}: expected a function`);
    }
    table.set(name, { handler: handler as Handler<Incoming, Self>, received: 0 });
  }
  return table;
}

/**
 * A promise of the language's own that settles as `result`, since another library's may settle twice, or throw. Never
 * throws: one whose constructor cannot be read rejects.
 */
export function promiseOf(result: unknown): Promise<unknown> {
  try {
    return Promise.resolve(result);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Whether a handler's result is a promise, of the language or of a library. Never throws: what throws when it is asked
 * for a `then`, as strict proxies do, is none.
 */
export function isThenable(result: unknown): result is PromiseLike<void> {
  if (typeof result !== "object" || result === null) return false;
  try {
    return "then" in result && typeof result.then === "function";
  } catch {
    return false;
  }
}
