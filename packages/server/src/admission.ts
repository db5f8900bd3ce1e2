// The option `authenticate` as a connection asks it: what it returns is what the connection holds.

import type { Authenticate, Connection } from "@typewire/connection";
import { type AnyProtocol, type AuthOf, type MessageOf, TypewireError } from "@typewire/protocol";

import { admit, type ContextHolder } from "./context.ts";
import type { ServerConnection, ServerOptions } from "./server-options.ts";

/**
 * Undefined where `options` have none. Every connection that asks has to be one of this server.
 *
 * @throws TypewireError `option-invalid` where the protocol has `auth`, and `options` a `context`.
 */
export function admission<P extends AnyProtocol, Context>(
  protocol: P,
  options: ServerOptions<P, Context>,
): Authenticate<Connection<MessageOf<P, "server">>> | undefined {
  if (options.context !== undefined && protocol.hasAuth) {
    throw new TypewireError(
      "option-invalid",
      "context: expected none, since the protocol has `auth`: what `authenticate` returns is the context",
    );
  }
  if (options.authenticate === undefined) return undefined;
  return async (shown, connection) => {
    const member = connection as ServerConnection<P> & ContextHolder;
    // The codec has held it against the protocol's `auth`.
    return admit(member, await options.authenticate?.(shown as AuthOf<P>, member));
  };
}
