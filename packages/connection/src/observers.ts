// All observers of an endpoint as one. An event for which none of them asks is `undefined`, and costs a
// comparison. What an observer throws is reported, and costs the peer nothing.

import { type AnyMessage, TypewireError } from "@typewire/protocol";

import type { Connection } from "./connection.ts";
import { isThenable } from "./handlers.ts";
import { type Observer, observerMethods } from "./observer.ts";

/** Observers as one: what tells them of each event in order and never throws, undefined where none of them asks. */
export type Tellers<Methods extends object> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...args: infer Args) => unknown
    ? ((...args: Args) => void) | undefined
    : never;
};

/** Hears of a handler, or of a method of an observer, that failed. Never throws. */
export type FailureReport<Outgoing extends AnyMessage> = (
  connection: Connection<Outgoing>,
  handlerName: string,
  error: unknown,
) => void;

/** The observers of an endpoint as one. */
export type Observers<Outgoing extends AnyMessage, Incoming extends AnyMessage> = Tellers<
  Required<Omit<Observer<Outgoing, Incoming>, "onOpen" | "onHandlerError">>
> & {
  /** Its promise settles with those of the observers, and is there where one of them returned one. Never rejects. */
  readonly onOpen: ((connection: Connection<Outgoing>) => Promise<unknown> | undefined) | undefined;
  /** The observers that have `onHandlerError`; where none has, `report` of `observersAsOne`. */
  readonly onHandlerError: FailureReport<Outgoing>;
};

/**
 * `observers` as one. A method of `fallback` is called where none of them has it. `report` is told of failures where
 * none of them has `onHandlerError`, or where that fails too.
 *
 * @throws TypewireError `option-invalid` naming a method that is no function.
 */
export function observersAsOne<Outgoing extends AnyMessage, Incoming extends AnyMessage>(
  observers: readonly Observer<Outgoing, Incoming>[],
  report: FailureReport<Outgoing>,
  fallback: Observer<Outgoing, Incoming> = {},
): Observers<Outgoing, Incoming> {
  const onHandlerError = reportTo(observers, report);
  const { onHandlerError: _, ...others } = observerMethods;
  const tellers = tellersOf<Required<Omit<Observer<Outgoing, Incoming>, "onHandlerError">>>(
    [...observers, unasked(observers, fallback)],
    Object.keys(others) as (keyof typeof others)[],
    // Each of these methods has the connection first.
    (name, error, [connection]) => onHandlerError(connection as Connection<Outgoing>, name, error),
  );
  return {
    ...tellers,
    // A teller returns what its observers wait for; of `onOpen` alone this is asked.
    onOpen: tellers.onOpen as Observers<Outgoing, Incoming>["onOpen"],
    onHandlerError,
  };
}

/**
 * What tells `observers` of the events `names`; what one of them throws goes to `failed`.
 *
 * @throws TypewireError `option-invalid` naming a method that is no function.
 */
export function tellersOf<Methods extends object>(
  observers: readonly Partial<Methods>[],
  names: readonly (keyof Methods & string)[],
  failed: (name: string, error: unknown, args: readonly unknown[]) => void,
): Tellers<Methods> {
  const tellers = names.map((name) => [
    name,
    tellerOf(observers, name, (error, args) => failed(name, error, args)),
  ]);
  // One teller for each of the names, made of the methods of this name.
  return Object.fromEntries(tellers) as Tellers<Methods>;
}

function tellerOf<Args extends readonly unknown[]>(
  observers: readonly object[],
  name: string,
  failed: (error: unknown, args: Args) => void,
): ((...args: Args) => Promise<unknown> | undefined) | undefined {
  const asking = observers.filter((observer) => asksFor<string, Args>(observer, name));
  if (asking.length === 0) return undefined;
  return (...args) => {
    let waiting: Promise<unknown>[] | undefined;
    for (const observer of asking) {
      try {
        const result = observer[name]?.(...args);
        if (!isThenable(result)) continue;
        waiting ??= [];
        waiting.push(Promise.resolve(result).catch((error: unknown) => failed(error, args)));
      } catch (error) {
        failed(error, args);
      }
    }
    return waiting && Promise.all(waiting);
  };
}

/** The methods of `fallback` for whose events none of `observers` asks. */
function unasked(observers: readonly object[], fallback: object): object {
  const methods = Object.entries(fallback).filter(
    ([name]) => !observers.some((observer) => asksFor(observer, name)),
  );
  return Object.fromEntries(methods);
}

/** Tells each `onHandlerError`; one that throws is reported to the others, and where there is none, to `report`. */
function reportTo<Outgoing extends AnyMessage>(
  observers: readonly Observer<Outgoing, never>[],
  report: FailureReport<Outgoing>,
): FailureReport<Outgoing> {
  const asking = observers.filter((observer) =>
    asksFor<"onHandlerError", Parameters<FailureReport<Outgoing>>>(observer, "onHandlerError"),
  );
  if (asking.length === 0) return report;
  return (connection, handlerName, error) => {
    for (const observer of asking) {
      const others = asking.filter((other) => other !== observer);
      const failed = (thrown: unknown): void =>
        reportTo(others, report)(connection, "onHandlerError", thrown);
      try {
        const result = observer.onHandlerError(connection, handlerName, error);
        if (isThenable(result)) void Promise.resolve(result).catch(failed);
      } catch (thrown) {
        failed(thrown);
      }
    }
  };
}

function asksFor<Name extends string, Args extends readonly unknown[]>(
  observer: object,
  name: Name,
): observer is Readonly<Record<Name, (...args: Args) => unknown>> {
  const method: unknown = Reflect.get(observer, name);
  if (method === undefined) return false;
  if (typeof method === "function") return true;
  throw new TypewireError("option-invalid", `${name}: expected a function`);
}
