// What `nats()` is given, held against what is possible. Knows no more of the client's own options than a program
// needs to reach its bus.

import { credsAuthenticator, nkeyAuthenticator } from "@nats-io/transport-node";
import {
  aPlainObject,
  aText,
  checkOptions,
  either,
  only,
  type OptionCheck,
  type OptionChecks,
  yesOrNo,
} from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

/** How to reach NATS, 2.9 or later, and who this server is there. */
export interface NatsOptions {
  /** `HOST:PORT` or `nats://HOST:PORT`; of a cluster all that are known, of which one is tried after the other. */
  readonly servers: string | readonly string[];
  /** For a bus that asks for a name and a password. */
  readonly user?: string;
  readonly password?: string;
  /** For a bus that asks for a token. */
  readonly token?: string;
  /** For a bus that lists its users by their public keys: the seed of one, `SU…`. */
  readonly nkey?: string;
  /** For a bus with accounts: what stands in a file `.creds`. */
  readonly credentials?: string;
  /** For a bus on another machine: encrypts, and asks NATS for a certificate. PEM texts; `true`: the system's authorities. */
  readonly tls?: true | NatsTls;
  /**
   * Stands before every subject, with a dot: for a bus that servers of the same protocol share who should not meet, such
   * as a trial beside the real thing, or that gives each team the subjects below its name. Default: none.
   */
  readonly prefix?: string;
}

/** The options; or what is asked for them before each dial, where credentials or certificates are renewed. */
export type NatsSource = NatsOptions | (() => NatsOptions | Promise<NatsOptions>);

/** Certificates for a line to NATS, as PEM texts. */
export interface NatsTls {
  /** The authority that vouches for NATS. */
  readonly ca?: string;
  /** What this server shows, where NATS asks for it. */
  readonly cert?: string;
  readonly key?: string;
  /** For a bus that begins with TLS: where it has `handshake_first`. Default: it greets first. */
  readonly handshakeFirst?: boolean;
}

const addresses: OptionCheck = {
  expected:
    "an address, HOST:PORT or nats://HOST:PORT (a name and a password are options), or an array of them",
  allows: (value) =>
    isAddress(value) || (Array.isArray(value) && value.length > 0 && value.every(isAddress)),
};

const aPrefix: OptionCheck = {
  expected: 'names of letters, digits, "_" and "-", joined by dots, at most 255 characters in all',
  allows: (value) =>
    typeof value === "string" && value.length <= 255 && /^[\w-]+(?:\.[\w-]+)*$/.test(value),
};

const known: OptionChecks<keyof NatsOptions> = {
  servers: addresses,
  user: aText,
  password: aText,
  token: aText,
  nkey: aText,
  credentials: aText,
  tls: either(only(true), aPlainObject),
  prefix: aPrefix,
};

const knownTls: OptionChecks<keyof NatsTls> = {
  ca: aText,
  cert: aText,
  key: aText,
  handshakeFirst: yesOrNo,
};

/** @throws TypewireError `option-invalid` naming the option that is not known or not possible. */
export function checkNatsOptions(options: NatsOptions): void {
  checkOptions(options, known);
  if (options.servers === undefined) checkOptions({ servers: null }, known);
  if (typeof options.tls === "object") checkOptions(options.tls, knownTls, "tls.");
  const { user, password, token, nkey, credentials, tls } = options;
  if (tls === undefined && [options.servers].flat().some((each) => each.startsWith("tls://"))) {
    // The client reads no scheme, and would send a password unencrypted.
    throw new TypewireError("option-invalid", "servers: expected `tls` beside an address tls://…");
  }
  if (credentials !== undefined && !areCredentials(credentials)) {
    const expected = "expected what stands in a file .creds, a JWT and an NKEY seed in blocks";
    throw new TypewireError("option-invalid", `credentials: ${expected}`);
  }
  if (nkey !== undefined && !isSeed(nkey)) {
    throw new TypewireError("option-invalid", "nkey: expected the seed of a user, SU…");
  }
  if ((user === undefined) !== (password === undefined)) {
    const [given, missing] = user === undefined ? ["password", "user"] : ["user", "password"];
    throw new TypewireError("option-invalid", `${given}: expected \`${missing}\` beside it`);
  }
  const ways = { user, token, nkey, credentials };
  const [first, second] = Object.entries(ways).flatMap(([name, way]) =>
    way === undefined ? [] : name,
  );
  if (second === undefined) return;
  throw new TypewireError("option-invalid", `${second}: expected no \`${first}\` beside it`);
}

/** Whether the client can read them: it would try again and again with others. */
function areCredentials(text: string): boolean {
  try {
    credsAuthenticator(new TextEncoder().encode(text))("");
    return true;
  } catch {
    return false;
  }
}

function isSeed(text: string): boolean {
  try {
    nkeyAuthenticator(new TextEncoder().encode(text))("");
    return text.startsWith("SU");
  } catch {
    return false;
  }
}

/** Where a NATS is. */
export interface Place {
  /** A name or an address, without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** What an address says; undefined where it has no port that there is, or no host that can be one. */
export function placeOf(address: string): Place | undefined {
  const parts = /^(?:(?:nats|tls):\/\/)?([^\s/@?#:[\]\0]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(
    address,
  );
  const port = Number(parts?.[2] ?? 4222);
  const hostname = parts?.[1]?.replace(/^\[|\]$/g, "");
  return hostname === undefined || port < 1 || port > 65_535 ? undefined : { hostname, port };
}

/** The client would dial what it makes of others. */
function isAddress(value: unknown): boolean {
  return typeof value === "string" && placeOf(value) !== undefined;
}
