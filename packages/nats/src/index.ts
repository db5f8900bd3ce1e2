// The public face of @typewire/nats: `nats(options)`, for the option `backplane` of a server.

import { type Backplane, overTransport } from "@typewire/backplane";

import { NatsTransport } from "./nats-transport.ts";
import { checkNatsOptions, type NatsSource } from "./options.ts";

export type { NatsOptions, NatsSource, NatsTls } from "./options.ts";

/**
 * Joins servers of a protocol by NATS. Connects when a server begins, and goes on trying; `onBackplane` tells how
 * it is. Give the same to each process. A function is asked for the options before each dial.
 *
 * @throws TypewireError `option-invalid` naming the option that is not known or not possible; what a function returns
 * is told as `failed` then.
 */
export function nats(options: NatsSource): Backplane {
  if (typeof options !== "function") checkNatsOptions(options);
  return overTransport((clock, name) => new NatsTransport(options, clock, name));
}
