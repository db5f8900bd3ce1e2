// The calls of a protocol in TypeScript: what a caller writes and gets, what a handler is given and returns.
// Each is one lookup in the definition, so that checking grows in proportion to the calls.

import type { Static, TSchema } from "@sinclair/typebox";

import type { CallError, CallErrorCode } from "./call-error.ts";
import type { AnyProtocol, MessageNamed, NoCalls, Protocol } from "./define-protocol.ts";
import type { CallDefinition } from "./schema/call-definition.ts";
import type { MessageSchemas } from "./schema/message-table.ts";

/** The calls of protocol `P` as they were defined. */
export type CallsOf<P extends AnyProtocol> =
  P extends Protocol<infer Schemas> ? CallsIn<Schemas> : never;

/** Protocols that are written out as a type may leave `calls` out. */
type CallsIn<Schemas> = Schemas extends { readonly calls: infer Calls } ? Calls : NoCalls;

/** What a client of `P` shows to be let in; undefined where `P` has no `auth`. */
export type AuthOf<P extends AnyProtocol> =
  P extends Protocol<infer Schemas>
    ? Schemas extends { readonly auth: infer Schema extends TSchema }
      ? Static<Schema>
      : undefined
    : never;

/** The names of the calls of `P`. */
export type CallNames<P extends AnyProtocol> = keyof CallsOf<P> & string;

/** The value of one part of a call; undefined where the call has it not. */
type Part<Definition, Name extends keyof CallDefinition> = Definition extends {
  readonly [Key in Name]: infer Schema extends TSchema;
}
  ? Static<Schema>
  : undefined;

/** As `Part`, for items: without it there are none. */
type Items<Definition, Name extends "sends" | "yields"> = Definition extends {
  readonly [Key in Name]: infer Schema extends TSchema;
}
  ? Static<Schema>
  : never;

/** The input of the call `Name`; undefined where it takes none. */
export type CallInput<P extends AnyProtocol, Name extends CallNames<P>> = Part<
  CallsOf<P>[Name],
  "input"
>;
/** The output of the call `Name`; undefined where it has none. */
export type CallOutput<P extends AnyProtocol, Name extends CallNames<P>> = Part<
  CallsOf<P>[Name],
  "output"
>;
/** What the caller of `Name` sends; never where it sends nothing. */
export type CallItemSent<P extends AnyProtocol, Name extends CallNames<P>> = Items<
  CallsOf<P>[Name],
  "sends"
>;
/** What the callee of `Name` yields; never where it yields nothing. */
export type CallItemYielded<P extends AnyProtocol, Name extends CallNames<P>> = Items<
  CallsOf<P>[Name],
  "yields"
>;

/** What a definition says of its errors: code to the schema of its data. */
type ErrorSchemas = Readonly<Record<string, TSchema>>;

/** The declared errors of a call: code to data. */
type ErrorDataOf<Definition> = Definition extends {
  readonly errors: infer Errors extends ErrorSchemas;
}
  ? DataIn<Errors>
  : {};

// A constraint, and not a conditional type for each code: TypeScript 5 and 6 look for what such a type can be where
// the code is generic, and do not come to an end within TypeBox's types (TS2589).
type DataIn<Errors extends ErrorSchemas> = {
  readonly [Code in keyof Errors]: Static<Errors[Code]>;
};

/** How a call can fail whose declared errors have this data. */
export type CallFailureOf<Data> =
  | { [Code in keyof Data & string]: CallError<Code, Data[Code]> }[keyof Data & string]
  | CallError<CallErrorCode, undefined>;

/** The host's `AbortSignal`; what of it we use, where the program's types have none. */
export type HostAbortSignal = typeof globalThis extends {
  AbortSignal: { prototype: infer Signal };
}
  ? Signal
  : {
      readonly aborted: boolean;
      readonly reason: unknown;
      addEventListener(type: "abort", listener: () => void): void;
      removeEventListener(type: "abort", listener: () => void): void;
    };

/** When a caller gives up. What is not possible is `option-invalid`, a rejection, and the call is not made. */
export interface CallOptions {
  /**
   * How long the call may take, waiting for a connection or a slot included, up to 2^31 − 1 ms; then it fails with
   * `deadline-exceeded`, and the handler is asked to end. 0 or Infinity: for ever. Default: 30 s without streams,
   * else for ever. In a handler that calls on: `call.remainingMs`.
   */
  readonly timeoutMs?: number;
  /**
   * Cancels the call when it aborts: `cancelled`, with the signal's reason as `cause`. One that has aborted makes no
   * call. In a handler that calls on: `call.signal`. Default: none.
   */
  readonly signal?: HostAbortSignal | undefined;
}

/**
 * What a call yields, to be iterated once; the call is made by the first `next()`, or by reading `output`.
 * Leaving the loop, or disposing of it, cancels the call.
 */
export interface CallStream<Item, Output>
  extends AsyncIterable<Item, void, undefined>, AsyncDisposable {
  /**
   * What ends the call. The items have to be iterated all the same: where nobody takes them, the handler stops where
   * its credit ends. A program that does not read it need not handle its rejection.
   *
   * @throws CallError (as a rejection) as iterating does.
   */
  readonly output: Promise<Output>;
}

/** What a call comes to, as a value. */
export type CallOutcome<Output, Failure> =
  { readonly ok: true; readonly output: Output } | { readonly ok: false; readonly error: Failure };

/** What items can be sent from. No text, which is one item and would be sent as its characters. */
type Sendable<Item> = AsyncIterable<Item> | (Iterable<Item> & object);

/** What a caller gives: the input where there is one, the items where it sends, and options. */
type CallArguments<Definition> = [
  ...(Definition extends { readonly input: TSchema } ? [input: Part<Definition, "input">] : []),
  ...(Definition extends { readonly sends: TSchema }
    ? [items: Sendable<Items<Definition, "sends">>]
    : []),
  options?: CallOptions,
];

/** What a caller gets: a stream where the call yields, else a promise. */
type Answer<Definition, Output> = Definition extends { readonly yields: TSchema }
  ? CallStream<Items<Definition, "yields">, Output>
  : Promise<Output>;

/** `client.call`: one function for each call of `P`. They reject, or throw while iterated, with a `CallError`. */
export type ClientCalls<P extends AnyProtocol> =
  P extends Protocol<infer Schemas> ? CallFunctions<CallsIn<Schemas>> : never;

type CallFunctions<Calls> = {
  readonly [Name in keyof Calls]: (
    ...given: CallArguments<Calls[Name]>
  ) => Answer<Calls[Name], Part<Calls[Name], "output">>;
};

/**
 * `client.try`: the same functions with the outcome as a value. They never reject; where the call yields,
 * iterating ends without a throw, and `output` is the outcome.
 */
export type ClientTries<P extends AnyProtocol> =
  P extends Protocol<infer Schemas> ? TryFunctions<CallsIn<Schemas>> : never;

type TryFunctions<Calls> = {
  readonly [Name in keyof Calls]: (
    ...given: CallArguments<Calls[Name]>
  ) => Answer<
    Calls[Name],
    CallOutcome<Part<Calls[Name], "output">, CallFailureOf<ErrorDataOf<Calls[Name]>>>
  >;
};

/** What a handler knows of the call that it answers. */
export interface ServerCall<Name, Item, Data, Self, Context> {
  /** The call's, by which one handler of several calls tells them apart. */
  readonly name: Name;
  /** The caller's. */
  readonly connection: Self;
  /** What `authenticate` made of the connection. */
  readonly context: Context;
  /**
   * Aborts, with a `CallError` as its reason, when the caller does not wait for the answer any more; not when the call
   * ends well. Made when it is first read.
   */
  readonly signal: HostAbortSignal;
  /** Milliseconds until the deadline; Infinity where there is none. */
  readonly remainingMs: number;
  /** What the caller sends, to be iterated once; nothing where it sends none. Leaving the loop drops the rest. */
  readonly items: AsyncIterable<Item, void, undefined>;
  /** A declared error, to be thrown: what the caller gets instead of the output. */
  error<Code extends keyof Data & string>(
    this: void,
    code: Code,
    ...data: undefined extends Data[Code] ? [data?: Data[Code]] : [data: Data[Code]]
  ): CallError<Code, Data[Code]>;
}

/** What the calls of `P` declare, each as code to data. */
type DeclaredBy<P extends AnyProtocol> =
  CallsOf<P> extends infer Calls ? ErrorDataOf<Calls[keyof Calls]> : never;

/** The codes of the errors that any of the calls of `P` declares. */
export type DeclaredCodes<P extends AnyProtocol> = KeysOfEach<DeclaredBy<P>> & string;

/** The data of an error, by the calls of `P` that declare it. */
export type DeclaredData<P extends AnyProtocol, Code extends DeclaredCodes<P>> = ValueOfEach<
  DeclaredBy<P>,
  Code
>;

type KeysOfEach<Union> = Union extends unknown ? keyof Union : never;

type ValueOfEach<Union, Key extends string> = Union extends { readonly [K in Key]: infer Value }
  ? Value
  : never;

/** The `call` that the handler of the call `Name` of `P` is given. */
export type ServerCallOf<P extends AnyProtocol, Name extends CallNames<P>, Self, Context> = CallIn<
  CallsOf<P>[Name],
  Name,
  Self,
  Context
>;

type CallIn<Definition, Name, Self, Context> = ServerCall<
  Name,
  Items<Definition, "sends">,
  ErrorDataOf<Definition>,
  Self,
  Context
>;

/**
 * What a handler returns: the output, or its promise. Where the call yields, an async generator, whose
 * return value is the output, or any async iterable.
 */
type Answered<Definition> = Definition extends { readonly yields: TSchema }
  ? Streamed<Items<Definition, "yields">, Definition>
  : Definition extends { readonly output: TSchema }
    ? Part<Definition, "output"> | PromiseLike<Part<Definition, "output">>
    : // As for the handlers of messages: nothing reads it.
      // oxlint-disable-next-line typescript/no-explicit-any -- `unknown` makes a circle of a handler that uses the server
      any;

type Streamed<Item, Definition> =
  | AsyncIterable<Item, Returned<Definition>>
  | PromiseLike<AsyncIterable<Item, Returned<Definition>>>;

type Returned<Definition> = Definition extends { readonly output: TSchema }
  ? Part<Definition, "output">
  : unknown;

/** The handler of one call. Called without `this`; what it throws ends this call alone. */
export type CallHandler<Definition, Name, Self, Context> = (
  input: Part<Definition, "input">,
  call: CallIn<Definition, Name, Self, Context>,
) => Answered<Definition>;

/** What a server does with what it receives: each call has a handler, a message may have one. */
export type CallHandlers<P extends AnyProtocol, Self, Context> =
  P extends Protocol<infer Schemas>
    ? HandlersIn<Schemas["client"], CallsIn<Schemas>, Self, Context>
    : never;

// One mapped type over both: of an intersection of two the compiler infers each parameter as a union. It is
// over the schemas themselves, so that a name in an editor leads to the protocol and is renamed with it.
type HandlersIn<
  Messages extends MessageSchemas,
  Calls,
  Self,
  Context,
  Both = Partial<Messages> & Calls,
> = {
  [Name in keyof Both]: Name extends keyof Calls
    ? CallHandler<Calls[Name], Name, Self, Context>
    : Name extends keyof Messages
      ? // oxlint-disable-next-line typescript/no-explicit-any -- nothing reads it
        (message: MessageNamed<Messages, Name>, connection: Self) => any
      : never;
};
