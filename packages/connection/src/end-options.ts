// The options that both ends have alike: those of a server for each of its connections, and of a client for
// the one that it has.

import type { AnyProtocol } from "@typewire/protocol";

import { anOrder, type HandlerOrder } from "./handlers.ts";
import { optionRows } from "./limit-rows.ts";
import { type Limits, someLimits } from "./limits.ts";
import { type Observer, observerMethods } from "./observer.ts";
import { aClock, objects, type OptionCheck, type OptionChecks, yesOrNo } from "./option-checks.ts";
import { checkOption, checkOptions } from "./options.ts";
import type { Clock } from "./time/clock.ts";

/** `Asking` is what this end calls an observer. The options of an end are one observer themselves. */
export interface EndOptions<Asking extends Observer> {
  /** Limits of each connection; their table is in docs/commands.md. */
  readonly limits?: Partial<Limits>;
  /**
   * The order of the handlers of one connection, those of different connections never wait for each other. Both
   * start them in the order of the messages. `concurrent`: a handler does not wait for the promise of the one
   * before, nor for that of `onOpen`; `handlersInFlight` of them may be under way. `sequential`: each handler
   * waits until the promise of the one before has settled, the first for that of `onOpen`; `handlersInFlight`
   * messages may wait, and the peer is read on until then. When the peer ends in order, and in a drain, those
   * that wait still have their turn; at any other end they are dropped, and counted in `messagesUnhandled`.
   * For a program whose answers must leave in the order of the questions, or whose handlers share state over an
   * await. Default `concurrent`.
   */
  readonly order?: HandlerOrder;
  /**
   * Whether each message that this side receives must have a handler: for a program whose protocol grows, and
   * whose compiler should then ask for the new one. An empty handler says that a message is ignored on purpose.
   * Default false: what has none is warned of at the start, unless an observer has `onReceived`.
   */
  readonly exhaustive?: boolean;
  /** Default: the machine's. For tests. */
  readonly clock?: Clock;
  /** More observers, a log or metrics: told in this order, after the options themselves. */
  readonly observers?: readonly Asking[];
}

/** What both ends take from the host they run on: where to tell what no observer asks for. */
export interface EndHost {
  /** Told of a handler that threw or rejected, where no observer has `onHandlerError`. */
  readonly handlerFailed: (
    connection: { readonly name: string },
    handlerName: string,
    error: unknown,
  ) => void;
  /** Given a sentence where no observer asks for what should be known: refused messages, other schemas. Absent: no one is. */
  readonly warn?: (sentence: string) => void;
}

/** All of them, and the methods of an observer. */
export const endOptions: OptionChecks<keyof EndOptions<Observer> | keyof Observer> = {
  limits: someLimits,
  order: anOrder,
  clock: aClock,
  exhaustive: yesOrNo,
  observers: objects,
  ...observerMethods,
};

/** All observers of an end: its options, then the others. */
export function observersOf<Asking extends Observer>(
  options: Asking & EndOptions<Asking>,
): readonly Asking[] {
  return [options, ...(options.observers ?? [])];
}

const aProtocol: OptionCheck = {
  expected: "what defineProtocol returns",
  allows: (value) => typeof value === "object" && value !== null && "fingerprint" in value,
};

/**
 * Checks what a program makes an end of: its protocol, and the names and values of its options. `prefix` is where
 * these stand.
 *
 * @throws TypewireError `option-invalid` as `checkOptions`; where the name is that of a limit or a handler, with
 * the place that those have.
 */
export function checkEnd(
  protocol: AnyProtocol,
  options: object,
  checks: OptionChecks,
  prefix = "",
): void {
  checkOption("protocol", protocol, aProtocol);
  checkOptions(options, checks, prefix, (name) => {
    if (Object.hasOwn(optionRows, name)) return `it is one of \`${prefix}limits\``;
    const { server, client, calls } = protocol;
    const isHandler = [...server.messageNames, ...client.messageNames].includes(name);
    if (!isHandler && !Object.hasOwn(calls, name)) return undefined;
    return "handlers are an argument of their own, not among the options";
  });
}
