// The entrance for programs: `await connect(protocol, options, handlers)`.

import {
  type Client,
  type ClientHandlers,
  type ClientHandlersArgument,
  clientOptions,
  type ClientOptions,
  LiveClient,
  type SocketAddresses,
} from "@typewire/client";
import {
  aPlainObject,
  checkEnd,
  checkOptions,
  either,
  type OptionCheck,
  only,
  type OptionChecks,
  type SocketAddress,
  systemClock,
} from "@typewire/connection";
import {
  type AnyProtocol,
  type ClientCalls,
  type ClientTries,
  type MessageOf,
  TypewireError,
} from "@typewire/protocol";
import { beginningAt } from "@typewire/protocol/internal";

import { type ClientTlsOptions, type DialTls, dialTls } from "./client-tls.ts";
import { dial } from "./dial.ts";
import { printHandlerError, printWarning } from "./print.ts";
import { aSecret, type SecretOptions, sharedSecret } from "./secret.ts";
import { targetOf, type TargetOptions, targetOptions } from "./target.ts";

/** `port`, with or without `hostname`, or `unix`, or `servers`; and what else a client is made with. */
export interface ConnectOptions<P extends AnyProtocol>
  extends ClientOptions<P>, TargetOptions, SecretOptions {
  /**
   * Several servers of the same kind, instead of one: each is `{ port }`, `{ port, hostname }` or `{ unix }`. A client
   * starts at a random one. After a failed attempt the others are tried at once, each one time, before there is a
   * wait; after a lost connection or a `$bye`, another is the first to be tried.
   */
  readonly servers?: readonly TargetOptions[];
  /**
   * Encrypts, and verifies that the server is the one dialled before anything is sent. True: its
   * certificate comes from a well-known authority and is for `hostname`; else see `ClientTlsOptions`.
   * Default: plaintext.
   */
  readonly tls?: true | ClientTlsOptions;
}

const target = targetOptions(1);

const serverList: OptionCheck = {
  expected: "an array of addresses, at least one",
  allows: (value) => Array.isArray(value) && value.length > 0,
};

const known: OptionChecks<keyof ConnectOptions<AnyProtocol>> = {
  ...target,
  servers: serverList,
  tls: either(only(true), aPlainObject),
  secret: aSecret,
  ...clientOptions,
};

/**
 * Connects to a server of `protocol` and calls `handlers` with what it sends. Resolves once the server's
 * first valid message has come: a socket that opens proves nothing. From then on a lost connection is
 * dialled again, for ever unless `reconnect` is false; the first attempt is repeated only where `firstAttempt`
 * says so, until `signal` ends it. The stack of the error that it rejects with begins where it was called.
 *
 * @throws the reason of `signal` (as a rejection) where it was aborted before there was a connection.
 * @throws TypewireError (as a rejection) `connect-failed` naming address and reason, `connect-timeout`,
 * or what was wrong with the server's first bytes: `protocol-mismatch`, `header-invalid`, …
 * @throws TypewireError (as a rejection) `option-invalid` naming the option or handler that is not possible
 * or not known.
 */
export async function connect<P extends AnyProtocol, Exhaustive extends boolean = false>(
  protocol: P,
  options: ConnectOptions<P> & { readonly exhaustive?: Exhaustive },
  ...[handlers]: ClientHandlersArgument<P, Exhaustive>
): Promise<Client<MessageOf<P, "client">, ClientCalls<P>, ClientTries<P>>> {
  const site = new Error();
  const client = beginningAt(site, () => {
    checkEnd(protocol, options, known);
    const addresses = addressesOf(options);
    const { tls, clock = systemClock, secret } = options;
    // Its files are read for each attempt: certificates that were replaced in between count.
    const material = (to: SocketAddress): DialTls | undefined =>
      tls === undefined ? undefined : dialTls(tls, "unix" in to ? undefined : to.hostname);
    // For mistakes in them, before anything is dialled.
    for (const address of addresses) material(address);
    return new LiveClient(protocol, addresses, options, handlers as ClientHandlers<P> | undefined, {
      dial: async (to, user) => dial(to, user, material(to), clock),
      ...(secret !== undefined && { secret: sharedSecret(secret) }),
      handlerFailed: printHandlerError,
      warn: printWarning,
    });
  });
  await client.start(site);
  return client;
}

/** @throws TypewireError `option-invalid` naming the option, and which of `servers` it is of. */
function addressesOf({ servers, ...one }: ConnectOptions<AnyProtocol>): SocketAddresses {
  if (servers === undefined) return [targetOf(one, target)];
  if (one.port !== undefined || one.hostname !== undefined || one.unix !== undefined) {
    throw new TypewireError(
      "option-invalid",
      "servers: expected no port, hostname and unix beside it",
    );
  }
  const addresses = servers.map((server, index) => {
    const prefix = `servers[${index}].`;
    checkOptions(server, target, prefix);
    return targetOf(server, target, prefix);
  });
  // `serverList` asks for one.
  return addresses as readonly SocketAddress[] as SocketAddresses;
}
