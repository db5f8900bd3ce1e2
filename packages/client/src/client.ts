// The face of a client: what a program may ask of it. How it works is `LiveClient`'s.

import type { CloseOptions, CloseReason, Connection, WaitOptions } from "@typewire/connection";
import type {
  AnyMessage,
  AnyProtocol,
  ClientCalls,
  ClientTries,
  MessageOf,
} from "@typewire/protocol";

import type { ClientState, ClientStats } from "./client-options.ts";

/**
 * A client of one protocol, which comes back when its connection is lost. `Outgoing` are the messages that it
 * sends, `Call` and `Try` the functions of its calls. `await using` closes it in order.
 */
export interface Client<
  Outgoing extends AnyMessage,
  Call = object,
  Try = object,
> extends AsyncDisposable {
  readonly state: ClientState;
  /** The live connection; undefined while there is none. */
  readonly connection: Connection<Outgoing> | undefined;
  /** Resolves with the reason once the client is closed for good; never rejects. */
  readonly closed: Promise<CloseReason>;

  /**
   * One function for each call of the protocol: `(input, items, options)`, of these what the call has. It returns
   * a promise of the output, or where the call yields, a `CallStream`; both fail with a `CallError`. While the client
   * is coming back a call waits for the next connection, until its deadline. A call that may have run when its
   * connection was lost fails, unless it is `idempotent`: then it is made again, three times at most.
   */
  readonly call: Call;

  /** The same calls with the outcome as a value: `{ ok: true, output }`, or `{ ok: false, error }` with the declared errors' types. */
  readonly try: Try;

  /**
   * Sends a message, as `Connection.send`. While the client is coming back, the message waits for the next
   * connection and leaves first thing on it (see `whileReconnecting`). False means that the queue is above
   * the soft limit, that older messages were given up for this one, or that this one was: `onUndelivered`
   * tells of each message that was given up, and there is never a reason to send again because of false.
   * What was sent shortly before a connection is lost may be lost with it (see `resend`); nothing is sent twice.
   *
   * @throws TypewireError `schema-mismatch` or `unknown-type` where it is not a message of this side, with or
   * without a connection; `frame-too-large` and `cbor-limit` where the server that is there does not take it.
   */
  send(message: Outgoing): boolean;

  /**
   * Resolves when there is a connection with room in its queue; `options` say when to give up. Unhandled, a
   * rejection does not end the process.
   *
   * @throws TypewireError (as a rejection) `connection-closed` when there will be none, and what else
   * `Connection.ready` rejects with.
   */
  ready(options?: WaitOptions): Promise<void>;

  /** As `Connection.pause`, also over a lost connection: the next one begins with it. */
  pause(): void;

  /** Reads again. */
  resume(): void;

  /** What it has done so far on all its connections, in numbers: for a log or a probe, not for each message. */
  stats(): ClientStats;

  /**
   * Ends for good and in order: everything that was sent still leaves. Calls under way are not waited for, and fail
   * with `connection-lost`; those that wait, and all later ones, with `connection-closed`. Idempotent; resolves as
   * `closed`.
   *
   * @throws TypewireError `option-invalid` where an option is not known; nothing has ended then.
   */
  close(options?: Pick<CloseOptions, "reason">): Promise<CloseReason>;
}

/** What `connect` resolves with for the protocol `P`. */
export type ClientOf<P extends AnyProtocol> = Client<
  MessageOf<P, "client">,
  ClientCalls<P>,
  ClientTries<P>
>;
