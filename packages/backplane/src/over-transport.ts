// A backplane of any bus: what makes a line for each server that joins.

import { aFunction, checkOption, type Clock } from "@typewire/connection";

import type { Backplane } from "./backplane.ts";
import { LiveBackplane } from "./live-backplane.ts";
import type { Transport } from "./transport.ts";

/**
 * `open` makes a server's line to the bus; it begins with `onStatus`. `name` tells an operator of the bus whose line it is:
 * the protocol, its version, and what the other servers call this one.
 *
 * @throws TypewireError `option-invalid` where `open` is no function.
 */
export function overTransport(open: (clock: Clock, name: string) => Transport): Backplane {
  checkOption("open", open, aFunction);
  return {
    join(server) {
      const node = randomNode();
      const name = `typewire ${server.protocol}/${server.version} ${node}`;
      return new LiveBackplane(server, open(server.clock, name), node);
    },
  };
}

/** A name of 64 random bits. */
function randomNode(): string {
  const half = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return half() + half();
}
