// Bun.serve, and nothing else: an HTTP listener beside a server's own, for what an operator asks. For
// the command; an entry of its own, since its declarations name types of the host that a program may not have.

import { describeSystemError, formatAddress } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

import { descriptors, hasDescriptorsBelow } from "./descriptor-limit.ts";
import { listenReasons } from "./listen.ts";

/** A request has no body here. */
const MAX_BODY_BYTES = 1024;

/** Seconds after which a client is gone that takes nothing, or asks for nothing. */
const IDLE_SECONDS = 30;

/**
 * How often it is looked whether descriptors are left. Bun neither counts nor refuses connections of HTTP: a
 * stranger at this address could take every descriptor, and without one no client is accepted.
 */
const LOOK_MS = 1000;

/** A listener for HTTP. */
export interface HttpListening {
  /** The address bound, for people: `127.0.0.1:9464`. */
  readonly address: string;
  /** Ends it at once, answers under way included. */
  stop(): Promise<void>;
}

/**
 * Listens at `target`, at port 0 on a free one, and answers with what `answer` makes of a request. Where the
 * process comes to its last descriptors, all connections of this listener are ended.
 *
 * @throws TypewireError `listen-failed`, naming the address and the reason.
 */
export function serveHttp(
  target: { readonly hostname: string; readonly port: number },
  answer: (request: Request) => Promise<Response>,
): HttpListening {
  const { reservedFrom } = descriptors();
  const listenAt = (port: number) =>
    Bun.serve({
      hostname: target.hostname,
      port,
      fetch: answer,
      idleTimeout: IDLE_SECONDS,
      maxRequestBodySize: MAX_BODY_BYTES,
      development: false,
      // Without development, Bun would share the port with whatever process listens there already.
      reusePort: false,
    });
  try {
    const first = listenAt(target.port);
    const port = first.port ?? target.port;
    let server: typeof first | undefined = first;
    const looking = setInterval(() => {
      if (server !== undefined && hasDescriptorsBelow(reservedFrom)) return;
      void server?.stop(true);
      server = undefined;
      try {
        server = listenAt(port);
      } catch {
        // The port or the last descriptor is another's for now: the next look tries again.
      }
    }, LOOK_MS);
    looking.unref();
    return {
      address: formatAddress({ hostname: target.hostname, port }),
      stop: async () => {
        clearInterval(looking);
        await server?.stop(true);
      },
    };
  } catch (error) {
    const why = describeSystemError(error, listenReasons);
    const message = `Cannot listen on ${formatAddress(target)}: ${why}`;
    throw new TypewireError("listen-failed", message, { cause: error });
  }
}
