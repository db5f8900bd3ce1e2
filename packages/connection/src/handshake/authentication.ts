// How a client shows what its protocol asks for (`auth`), and how a server judges it: the built-in call
// `$authenticate`, the first of a connection, after the hellos and the proofs. What it takes and what
// follows from a verdict is here; when it is its turn is the handshake's, and sending the connection's.

import { type Call, CallMisfit, type Result, TypewireError } from "@typewire/protocol";
import { AUTHENTICATE, isInstance } from "@typewire/protocol/internal";

import type { CloseReason, OwnError } from "../close-reason.ts";
import { describeThrown } from "../text.ts";

/** Largest payload read from a peer that has not authenticated: a token takes a few hundred bytes, a chain of them some thousand. */
export const MAX_UNAUTHENTICATED_FRAME_BYTES = 16_384;

/** The id of the call: the client's first. */
export const AUTHENTICATE_ID = 1;

/** A peer that may stay. */
export interface Admission {
  /** For how long, from 1 ms. Absent: until the connection ends. */
  readonly expiresInMs?: number;
}

/**
 * Judges what a client has shown, which fits the protocol's `auth`. Throws, or rejects, where it may not stay:
 * with a `TypewireError` of the code `auth-expired` where something newer would do, of another one than
 * `auth-failed` where that could not be found out.
 */
export type Authenticate<Connection> = (
  shown: unknown,
  connection: Connection,
) => Admission | PromiseLike<Admission>;

/** What a client shows, made anew for each connection. */
export type Credentials = () => unknown;

/** What `authenticate` made of a `$call` of `$authenticate`: what the client is told, and how it goes on. */
export type Judgement =
  | { readonly result: Result; readonly expiresInMs: number | undefined }
  /** `failure` has for this side's log what `result` and `error` keep from the client. */
  | { readonly result: Result; readonly error: OwnError; readonly failure: TypewireError };

/** Never rejects. */
export async function judge<Connection>(
  authenticate: Authenticate<Connection> | undefined,
  { id, input }: Call,
  connection: Connection,
): Promise<Judgement> {
  try {
    // The handshake asks only where there is one.
    const admission = await authenticate?.(input, connection);
    const expiresInMs = admission?.expiresInMs;
    const output = expiresInMs === undefined ? {} : { expiresInMs: Math.ceil(expiresInMs) };
    return { result: { type: "$result", id, output }, expiresInMs };
  } catch (thrown) {
    const code = refusalOf(thrown);
    const message = REFUSALS[code];
    const failure = new TypewireError(code, `${message}: ${describeThrown(thrown)}`, {
      cause: thrown,
    });
    return {
      result: { type: "$result", id, error: { code, message } },
      error: { type: "$error", code, message },
      failure,
    };
  }
}

const REFUSALS = {
  "auth-failed": "Cannot authenticate: the server does not let this client in",
  "auth-expired":
    "Cannot authenticate: what this client has shown is no longer valid, it may come back with something newer",
  internal: "Cannot authenticate: the server could not find out whether this client may stay",
} as const;

/** What a thrown value says of a client: that it may not stay, that it has to show something newer, or that this is unknown. */
function refusalOf(thrown: unknown): keyof typeof REFUSALS {
  if (!isInstance(thrown, TypewireError)) return "auth-failed";
  const { code } = thrown;
  return code === "auth-failed" || code === "auth-expired" ? code : "internal";
}

/** Whether a call is the one by which clients authenticate. Ids before the first are no client's. */
export function isAuthenticate({ call, id }: Call): boolean {
  return call === AUTHENTICATE && id >= AUTHENTICATE_ID;
}

/** A call that is not that one, for the sentence of its refusal. Its name is the peer's, and is not repeated. */
export function describeOtherCall({ call }: Call): string {
  return call === AUTHENTICATE
    ? `one with an id below ${AUTHENTICATE_ID}`
    : "$call of another call";
}

/** The error of what a client shows that is not what the protocol's `auth` asks; undefined for any other error. */
export function shownMisfit(error: unknown): TypewireError | undefined {
  if (!(error instanceof CallMisfit) || error.call !== AUTHENTICATE) return undefined;
  const { message, path } = error;
  return new TypewireError("auth-failed", `Cannot authenticate: ${message}`, { path });
}

/** The error of a client whose time is over. */
export function expired(): TypewireError {
  return new TypewireError(
    "auth-expired",
    "What this client has shown is no longer valid: it may come back with something newer",
  );
}

/** The `$call` of a client, or why it has none. Never rejects. */
export async function callOf(credentials: Credentials | undefined): Promise<Call | CloseReason> {
  try {
    // The handshake asks only where there are some.
    const input = await credentials?.();
    return { type: "$call", call: AUTHENTICATE, id: AUTHENTICATE_ID, input };
  } catch (thrown) {
    return nothingToShow(thrown);
  }
}

/** The reason of an end because this client has nothing to show. */
function nothingToShow(thrown: unknown): CloseReason {
  return { code: "connect-failed", message: `auth: ${describeThrown(thrown)}`, origin: "local" };
}

/** The reason of an end because what this client has to show cannot be written: it does not fit the protocol's `auth`. */
export function notShown(thrown: unknown): CloseReason {
  const reason = { code: "option-invalid", origin: "local", final: true } as const;
  const path = thrown instanceof TypewireError ? thrown.path : undefined;
  if (path === undefined) return { ...reason, message: `auth: ${describeThrown(thrown)}` };
  // The program has given `auth`; that it travels as an input is not its business.
  const place = path.replace(/^\/input(?=\/|$)/, "/auth");
  const message = describeThrown(thrown).replace(` at ${path}`, () => ` at ${place}`);
  return { ...reason, message, path: place };
}

/**
 * The error of a server that knows nothing of `auth`, by its answer or because it talks before there is one: another
 * version of the protocol. Of several servers one may have it, and this one not yet.
 */
export function serverWithoutAuth(got?: string): TypewireError {
  const message =
    "Cannot authenticate: this client's protocol has `auth`, and the server's has none";
  const why = got === undefined ? "" : `: expected $result of ${AUTHENTICATE}, got ${got}`;
  return new TypewireError("protocol-mismatch", message + why);
}

/** What a client makes of the answer: undefined where it is let in. */
export function refusalIn({ error }: Result): TypewireError | undefined {
  if (error === undefined) return undefined;
  if (error.code === "unknown-call") return serverWithoutAuth();
  const { code: said } = error;
  const code = said === "internal" || said === "auth-expired" ? said : "auth-failed";
  return new TypewireError(
    code,
    error.code === code ? error.message : `The server answers ${error.code}: ${error.message}`,
  );
}
