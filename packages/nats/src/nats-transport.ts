// One server's line to NATS: core publish and subscribe, and a new connection whenever the present one cannot be
// relied on. The client's own reconnecting is off: it drops what is published meanwhile, and stays with a server
// that has stopped as long as bytes wait for it. What has to be sent again is the backplane's to know.

import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import type { Stop, Transport, TransportStatus } from "@typewire/backplane";
import { type Cancel, type Clock, describeThrown } from "@typewire/connection";

import { greeted } from "./greeting.ts";
import { type NatsOptions, placeOf } from "./options.ts";

/** An answer that takes longer does not come. */
const ANSWER_MS = 2000;

/** Between two attempts: so long at first, then more, up to the last. */
const FIRST_WAIT_MS = 50;
const WAIT_FACTOR = 1.6;
const LAST_WAIT_MS = 2000;

/** A line that ends sooner was no good: the next waits longer. Answers a NATS that takes lines and ends them. */
const GOOD_LINE_MS = 100;

/** Different reasons of one line that are told. Answers a NATS whose words are never the same. */
const MOST_REFUSALS = 16;

/** What NATS refuses by, and will refuse by again. */
const FINAL_ERRORS = [
  "AuthorizationError",
  "UserAuthenticationExpiredError",
  "PermissionViolationError",
];

type Tell = (status: TransportStatus) => void;

/** How a line is over. */
type Ended = Extract<TransportStatus, { state: "down" | "failed" }>;

interface Listener {
  readonly subject: string;
  readonly receive: (bytes: Uint8Array) => void;
  /** On the present line. */
  stop: Stop;
}

/** A connection in use. */
interface Line {
  readonly connection: NatsConnection;
  /** Ends it, with the reason. */
  readonly end: (status: Ended) => void;
}

export class NatsTransport implements Transport {
  readonly #options: NatsOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  /** Rejects what waits for an answer of the present line. */
  readonly #asking = new Set<(why: Error) => void>();
  #line: Line | undefined;
  #isStopped = false;

  constructor(options: NatsOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  onStatus(tell: Tell): Stop {
    void this.#run(tell);
    return () => {
      this.#isStopped = true;
      this.#line?.end({ state: "down", why: "this server has ended" });
    };
  }

  publish(subject: string, bytes: Uint8Array): void {
    this.#line?.connection.publish(subject, bytes);
  }

  subscribe(subject: string, receive: (bytes: Uint8Array) => void): Stop {
    const listener: Listener = { subject, receive, stop() {} };
    this.#listeners.add(listener);
    if (this.#line !== undefined) this.#listen(this.#line, listener);
    return () => {
      this.#listeners.delete(listener);
      listener.stop();
    };
  }

  async flush(): Promise<void> {
    const line = this.#line;
    if (line === undefined) throw new Error("There is no line to NATS");
    let cancel: Cancel = () => {};
    const { promise, reject } = Promise.withResolvers<never>();
    this.#asking.add(reject);
    try {
      cancel = this.#clock.after(ANSWER_MS, () => {
        line.end({ state: "down", why: `NATS has not answered for ${ANSWER_MS} ms` });
      });
      await Promise.race([line.connection.flush(), promise]);
    } finally {
      cancel();
      this.#asking.delete(reject);
    }
  }

  /** One line after the other, until this is stopped or NATS refuses. */
  async #run(tell: Tell): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.#isStopped) {
      const beganAtMs = this.#clock.now();
      const status = await this.#use(tell);
      if (this.#isStopped) return;
      tell(status);
      if (status.state === "failed") return;
      const wasGood = this.#clock.now() - beganAtMs >= GOOD_LINE_MS;
      waitMs = wasGood ? FIRST_WAIT_MS : Math.min(waitMs * WAIT_FACTOR, LAST_WAIT_MS);
      await this.#sleep(waitMs * (0.5 + Math.random() / 2));
    }
  }

  /** Dials, and has a line until it ends. Never rejects. */
  async #use(tell: Tell): Promise<Ended> {
    const dialled = await this.#dial();
    if ("state" in dialled) return dialled;
    const connection = dialled;
    const ended = Promise.withResolvers<Ended>();
    const line: Line = {
      connection,
      end: (status) => {
        if (this.#line === line) this.#line = undefined;
        for (const reject of this.#asking) reject(new Error("The line to NATS has ended"));
        ended.resolve(status);
        // What it still holds is not waited for.
        connection.close().catch(() => {});
      },
    };
    if (this.#isStopped) line.end({ state: "down", why: "this server has ended" });
    else {
      this.#line = line;
      for (const listener of this.#listeners) this.#listen(line, listener);
      void this.#watch(line, tell);
      const maxMessageBytes = connection.info?.max_payload;
      tell({ state: "up", ...(maxMessageBytes !== undefined && { maxMessageBytes }) });
    }
    return ended.promise;
  }

  /** A connection to one of the addresses, asked in random order; or why there is none. Never rejects. */
  async #dial(): Promise<NatsConnection | Ended> {
    const addresses = [this.#options.servers].flat();
    let ended = lost("this server has ended");
    for (const address of shuffled(addresses)) {
      if (this.#isStopped) break;
      const place = placeOf(address);
      if (place === undefined) continue;
      try {
        await greeted(place, this.#clock, ANSWER_MS);
        return await connect(this.#dialOptions(address));
      } catch (error) {
        const status = statusOf(error);
        // One that refuses says more than one that is away.
        if (ended.state !== "failed") ended = status;
      }
    }
    if (ended.state === "failed") return ended;
    // The client's words name no address, and are few where another service answers, or none.
    return lost(`no line to NATS at ${addresses.join(", ")}: ${ended.why}`);
  }

  /** Ends a line that NATS ends, leaves, or does not answer on, and tells what NATS refuses on it. */
  async #watch(line: Line, tell: Tell): Promise<void> {
    const { connection } = line;
    const refused = new Set<string>();
    void connection.closed().then((error) => {
      line.end(error instanceof Error ? statusOf(error) : lost("NATS has ended the connection"));
    });
    for await (const status of connection.status()) {
      switch (status.type) {
        case "staleConnection":
          line.end(lost("NATS does not answer"));
          break;
        case "ldm":
          line.end(lost("NATS is shutting down"));
          break;
        case "error":
          if (isFinal(status.error)) line.end(statusOf(status.error));
          else if (this.#line === line && refused.size < MOST_REFUSALS) {
            const { why } = statusOf(status.error);
            if (!refused.has(why)) tell({ state: "refused", why });
            refused.add(why);
          }
          break;
        default:
      }
    }
  }

  #listen(line: Line, listener: Listener): void {
    const { subject, receive } = listener;
    const subscription = line.connection.subscribe(subject, {
      callback: (error, message) => {
        if (this.#line !== line) return;
        if (error === null) receive(message.data);
      },
    });
    listener.stop = () => {
      if (this.#line === line) subscription.unsubscribe();
    };
  }

  #dialOptions(address: string): Parameters<typeof connect>[0] {
    const { user, password, token, credentials, tls } = this.#options;
    return {
      servers: address,
      name: "typewire",
      noEcho: true,
      reconnect: false,
      timeout: ANSWER_MS,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password }),
      ...(token !== undefined && { token }),
      ...(credentials !== undefined && {
        authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
      }),
      ...(tls !== undefined && { tls: tls === true ? {} : { ...tls } }),
    };
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(delayMs, resolve);
    });
  }
}

function statusOf(error: unknown): Ended {
  const why = describeThrown(error);
  return { state: isFinal(error) ? "failed" : "down", why };
}

function isFinal(error: unknown): boolean {
  return error instanceof Error && FINAL_ERRORS.includes(error.name);
}

function shuffled(addresses: readonly string[]): readonly string[] {
  return addresses
    .map((address) => ({ address, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ address }) => address);
}

function lost(why: string): Ended {
  return { state: "down", why };
}
