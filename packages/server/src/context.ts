// What a server makes of a client: the context of its connection, by `authenticate` where the protocol has
// `auth`, else by `context`. When a client shows something, and what follows from a refusal, is the handshake's.

import { type Admission, tellOption } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

/** A context that ends: the server then closes with `auth-expired`, and the client comes back with something newer. */
export interface ExpiringContext<Context> {
  readonly context: Context;
  /** By the server's clock. One that has passed is `auth-expired`. */
  readonly expiresAt: Date;
}

/** What `authenticate` may return, or promise. */
export type Authenticated<Context> = Context | ExpiringContext<Context>;

/** A connection that can be given its context. */
export interface ContextHolder {
  hold(context: unknown): void;
}

/**
 * Gives `connection` its context, and says for how long it may stay.
 *
 * @throws TypewireError `internal` where `expiresAt` is no date, `auth-expired` where it has passed.
 */
export function admit(connection: ContextHolder, authenticated: unknown): Admission {
  if (!isExpiring(authenticated)) {
    connection.hold(authenticated);
    return {};
  }
  const { context, expiresAt } = authenticated;
  const expiresInMs = expiresAt instanceof Date ? expiresAt.getTime() - Date.now() : Number.NaN;
  if (Number.isNaN(expiresInMs)) {
    const got = expiresAt instanceof Date ? "one of no time" : tellOption(expiresAt);
    throw new TypewireError("internal", `authenticate: expected a Date as expiresAt, got ${got}`);
  }
  if (expiresInMs <= 0) {
    throw new TypewireError("auth-expired", "authenticate: expiresAt has passed");
  }
  connection.hold(context);
  return { expiresInMs };
}

/** An object with these two properties and no other. */
function isExpiring(authenticated: unknown): authenticated is ExpiringContext<unknown> {
  if (typeof authenticated !== "object" || authenticated === null) return false;
  const names = Object.keys(authenticated);
  return names.length === 2 && names.includes("context") && names.includes("expiresAt");
}
