// Where NATS is looked for, and who this server is there: one connection of the client's, to the first address that
// takes it. Finds the other servers of a cluster by what the last one said of them. What becomes of the connection is
// `NatsTransport`'s.

import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "@nats-io/transport-node";
import { type Clock, describeThrown, shuffled } from "@typewire/connection";

import { greeted } from "./greeting.ts";
import {
  checkNatsOptions,
  type NatsOptions,
  type NatsSource,
  type NatsTls,
  type Place,
  placeOf,
} from "./options.ts";

/** An answer that takes longer does not come. */
export const ANSWER_MS = 2000;

/** Addresses that one NATS may name. Answers one that names what it likes. */
const MOST_FOUND = 32;

/** There is no line, and the next attempt would end as this one did. */
export class Refused extends Error {}

/** One address of NATS. */
interface Target extends Place {
  /** Without a scheme. */
  readonly address: string;
  /** Whom its certificate names, where that is not its host. */
  readonly tlsName: string | undefined;
}

export interface Dialled {
  readonly connection: NatsConnection;
  readonly address: string;
  /** Before every subject, with its dot; or nothing. */
  readonly prefix: string;
  /** Remembers which other servers its NATS knows now: called as long as the connection lives. */
  readonly learn: () => void;
}

/** For one server; `name` is how NATS lists its connection. */
export class Dialler {
  readonly #source: NatsSource;
  readonly #clock: Clock;
  readonly #name: string;
  /** What the last NATS said of its cluster. */
  #found: readonly Target[] = [];

  constructor(source: NatsSource, clock: Clock, name: string) {
    this.#source = source;
    this.#clock = clock;
    this.#name = name;
  }

  /**
   * A connection to the first address that takes it: those that were given, in any order, then those that were found.
   * `isWanted` is asked before each.
   *
   * @throws Refused where one refuses and none takes it, or the options are not possible; Error where none takes it.
   */
  async dial(isWanted: () => boolean): Promise<Dialled> {
    const options = await this.#read();
    const given = targetsOf([options.servers].flat(), undefined);
    const found = this.#found.filter((each) => !given.some((other) => isSame(each, other)));
    const failures = new Map<string, string[]>();
    let isRefused = false;
    for (const target of [...shuffled(given, Math.random), ...shuffled(found, Math.random)]) {
      if (!isWanted()) break;
      const { address } = target;
      try {
        const connection = await this.#dial(options, target);
        const prefix = options.prefix === undefined ? "" : `${options.prefix}.`;
        const learn = (): void => void (this.#found = foundBy(connection, target));
        learn();
        return { connection, address, prefix, learn };
      } catch (error) {
        isRefused ||= isRefusal(error);
        const why = describeThrown(error);
        failures.set(why, [...(failures.get(why) ?? []), address]);
      }
    }
    // The client's words name no address, and are few where another service answers, or none.
    const why = [...failures].map(([each, places]) => `at ${places.join(", ")}: ${each}`);
    const sentence = `no line to NATS ${why.join("; ")}`;
    throw isRefused ? new Refused(sentence) : new Error(sentence);
  }

  async #dial(options: NatsOptions, target: Target): Promise<NatsConnection> {
    const { tls } = options;
    const isHidden = typeof tls === "object" && tls.handshakeFirst === true;
    if (!isHidden) await greeted(target, this.#clock, ANSWER_MS);
    return connect(this.#clientOptions(options, target));
  }

  /** The options, as they are now. */
  async #read(): Promise<NatsOptions> {
    if (typeof this.#source !== "function") return this.#source;
    const late = Promise.withResolvers<never>();
    const cancel = this.#clock.after(ANSWER_MS, () => {
      late.reject(new Error(`the options of nats() have not come for ${ANSWER_MS} ms`));
    });
    let options: NatsOptions;
    try {
      options = await Promise.race([this.#source(), late.promise]);
    } finally {
      cancel();
    }
    try {
      checkNatsOptions(options);
    } catch (error) {
      throw new Refused(describeThrown(error));
    }
    return options;
  }

  #clientOptions(
    options: NatsOptions,
    { address, tlsName }: Target,
  ): Parameters<typeof connect>[0] {
    const { user, password, token, nkey, credentials, tls } = options;
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const encryption: NatsTls & { servername?: string } = {
      ...(typeof tls === "object" && tls),
      ...(tlsName !== undefined && { servername: tlsName }),
    };
    return {
      servers: address,
      name: this.#name,
      noEcho: true,
      reconnect: false,
      timeout: ANSWER_MS,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password }),
      ...(token !== undefined && { token }),
      ...(nkey !== undefined && { authenticator: nkeyAuthenticator(bytes(nkey)) }),
      ...(credentials !== undefined && { authenticator: credsAuthenticator(bytes(credentials)) }),
      ...(tls !== undefined && { tls: encryption }),
    };
  }
}

/** Whether NATS refuses this server: not where it was too busy to hear who it is. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "UserAuthenticationExpiredError") return true;
  return error.name === "AuthorizationError" && !/authentication timeout/i.test(error.message);
}

/** The servers that NATS at `target` knows. With TLS they have to show the name that was asked for there, not their address. */
function foundBy({ info }: NatsConnection, { hostname, tlsName }: Target): readonly Target[] {
  const isNumeric = /^[\d.]+$|:/.test(hostname);
  const name = tlsName ?? (isNumeric ? undefined : hostname);
  return targetsOf((info?.connect_urls ?? []).slice(0, MOST_FOUND), name);
}

function targetsOf(texts: readonly string[], tlsName: string | undefined): readonly Target[] {
  return texts.flatMap((text) => {
    const place = placeOf(text);
    if (place === undefined) return [];
    return [{ ...place, address: text.replace(/^(?:nats|tls):\/\//i, ""), tlsName }];
  });
}

function isSame(one: Place, other: Place): boolean {
  return one.hostname === other.hostname && one.port === other.port;
}
