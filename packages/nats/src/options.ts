// What `nats()` is given, held against what is possible. Says nothing of the client's own options: what is here is what
// somebody sets who has a bus to reach.

import {
  aPlainObject,
  aText,
  checkOptions,
  either,
  only,
  type OptionCheck,
  type OptionChecks,
} from "@typewire/connection";

/** How to reach NATS, 2.9 or later, and who this server is there. */
export interface NatsOptions {
  /** `HOST:PORT` or `nats://HOST:PORT`; of a cluster all that are known, of which one is tried after the other. */
  readonly servers: string | readonly string[];
  /** For a bus that asks for a name and a password. */
  readonly user?: string;
  readonly password?: string;
  /** For a bus that asks for a token. */
  readonly token?: string;
  /** For a bus with accounts: what stands in a file `.creds`. */
  readonly credentials?: string;
  /** For a bus on another machine: encrypts, and asks NATS for a certificate. PEM texts; `true`: the system's authorities. */
  readonly tls?: true | NatsTls;
}

export interface NatsTls {
  /** The authority that vouches for NATS. */
  readonly ca?: string;
  /** What this server shows, where NATS asks for it. */
  readonly cert?: string;
  readonly key?: string;
}

const addresses: OptionCheck = {
  expected: "an address, or an array of them",
  allows: (value) =>
    isAddress(value) || (Array.isArray(value) && value.length > 0 && value.every(isAddress)),
};

const known: OptionChecks<keyof NatsOptions> = {
  servers: addresses,
  user: aText,
  password: aText,
  token: aText,
  credentials: aText,
  tls: either(only(true), aPlainObject),
};

const knownTls: OptionChecks<keyof NatsTls> = { ca: aText, cert: aText, key: aText };

/** @throws TypewireError `option-invalid` naming the option that is not known or not possible. */
export function checkNatsOptions(options: NatsOptions): void {
  checkOptions(options, known);
  if (options.servers === undefined) checkOptions({ servers: null }, known);
  if (typeof options.tls === "object") checkOptions(options.tls, knownTls, "tls.");
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && /^(?:(?:nats|tls):\/\/)?[^\s/@]+$/.test(value);
}
