// The public face of @typewire/nats: `nats(options)`, for the option `backplane` of a server.

import { type Backplane, overTransport } from "@typewire/backplane";

import { NatsTransport } from "./nats-transport.ts";
import { checkNatsOptions, type NatsOptions } from "./options.ts";

export type { NatsOptions, NatsTls } from "./options.ts";

/**
 * Joins servers of a protocol by NATS. Connects when a server begins, and goes on trying; `onBackplane` tells how
 * it is. Give the same to each process.
 *
 * @throws TypewireError `option-invalid` naming the option that is not known or not possible.
 */
export function nats(options: NatsOptions): Backplane {
  checkNatsOptions(options);
  return overTransport((clock) => new NatsTransport(options, clock));
}
