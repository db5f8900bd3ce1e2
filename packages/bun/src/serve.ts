// The entrance for programs: `serve(protocol, options, handlers)`.

import {
  aPlainObject,
  checkEnd,
  type OptionChecks,
  systemClock,
  yesOrNo,
} from "@typewire/connection";
import { type AnyProtocol, type MessageOf, TypewireError } from "@typewire/protocol";
import { beginningAt } from "@typewire/protocol/internal";
import {
  LiveServer,
  type Server,
  type ServerHandlers,
  type ServerHandlersArgument,
  serverOptions,
  type ServerOptions,
} from "@typewire/server";

import { descriptors } from "./descriptor-limit.ts";
import { listen } from "./listen.ts";
import { memoryLimit } from "./memory-limit.ts";
import { printHandlerError, printWarning } from "./print.ts";
import { aSecret, type SecretOptions, sharedSecret } from "./secret.ts";
import { ServerTls } from "./server-tls.ts";
import type { ServerTlsOptions } from "./server-tls-options.ts";
import { targetOf, type TargetOptions, targetOptions } from "./target.ts";

/** `port`, with or without `hostname`, or `unix`; and what else a server is made with. */
export interface ServeOptions<
  P extends AnyProtocol,
  Context = undefined,
  Port extends number | undefined = number | undefined,
>
  extends ServerOptions<P, Context>, TargetOptions<Port>, SecretOptions {
  /** Encrypts, and shows clients the server's certificate; see `ServerTlsOptions`. Default: plaintext. */
  readonly tls?: ServerTlsOptions;
  /**
   * Lets other processes of this user listen on the same port, each with this option: the system shares new
   * connections out among them, so that one machine's cores serve one address. On Linux alone, and not with `unix`.
   * Without a backplane a broadcast reaches the connections of its own process. Default false: the port is this
   * server's alone.
   */
  readonly reusePort?: boolean;
}

const target = targetOptions(0);

const known: OptionChecks<keyof ServeOptions<AnyProtocol>> = {
  ...target,
  tls: aPlainObject,
  secret: aSecret,
  reusePort: yesOrNo,
  ...serverOptions,
};

/**
 * Serves `protocol`: listens at once and calls `handlers` with what clients send. `server.port` is a
 * number where `options.port` is.
 *
 * @throws TypewireError `option-invalid` naming the option or handler that is not possible or not known;
 * `listen-failed` naming the address and the reason.
 */
export function serve<
  P extends AnyProtocol,
  Port extends number | undefined = undefined,
  Context = undefined,
  Exhaustive extends boolean = false,
>(
  protocol: P,
  options: ServeOptions<P, Context, Port> & { readonly exhaustive?: Exhaustive },
  ...[handlers]: ServerHandlersArgument<P, Context, Exhaustive>
): Server<MessageOf<P, "server">, Port extends number ? number : undefined, Context> {
  return beginningAt(new Error(), () => {
    checkEnd(protocol, options, known);
    const address = targetOf(options, target);
    const { reusePort = false } = options;
    if (reusePort) checkReusePort("unix" in address);
    const tls =
      options.tls === undefined
        ? undefined
        : new ServerTls(options.tls, options.clock ?? systemClock);
    const { sockets, reservedFrom } = descriptors();
    return new LiveServer(protocol, options, handlers as ServerHandlers<P, Context> | undefined, {
      listen: (accept) => listen(address, accept, { tls, reservedFrom, reusePort }),
      ...(tls && { certificates: tls }),
      ...(options.secret !== undefined && { secret: sharedSecret(options.secret) }),
      sockets,
      ...memoryLimit(),
      handlerFailed: printHandlerError,
      warn: printWarning,
    });
  });
}

/** Elsewhere the option is taken and does nothing, or all connections go to one of the processes. */
function checkReusePort(isUnix: boolean): void {
  if (isUnix) throw new TypewireError("option-invalid", "reusePort: expected no unix beside it");
  if (process.platform === "linux") return;
  const message = `reusePort: expected Linux, which shares connections out, got ${process.platform}`;
  throw new TypewireError("option-invalid", message);
}
