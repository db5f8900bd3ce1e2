// One server's line to NATS: core publish and subscribe, and a new connection whenever the present one cannot be
// relied on. The client's own reconnecting is off: it drops what is published meanwhile, and stays with a server
// that has stopped as long as bytes wait for it. What has to be sent again is the backplane's to know.

import type { Stop, Transport, TransportStatus } from "@typewire/backplane";
import { type Cancel, type Clock, describeThrown } from "@typewire/connection";

import { ANSWER_MS, type Dialled, Dialler, Refused } from "./dialler.ts";
import type { NatsSource } from "./options.ts";

/** Between two attempts: so long at first, then more, up to the last. */
const FIRST_WAIT_MS = 50;
const WAIT_FACTOR = 1.6;
const LAST_WAIT_MS = 2000;

/** A line that ends sooner was no good: the next waits longer. Answers a NATS that takes lines and ends them. */
const GOOD_LINE_MS = 100;

/** Different reasons of one line that are told. Answers a NATS whose words are never the same. */
const MOST_REFUSALS = 16;

/** After these NATS ends the connection: the next dial shows whether it refuses. */
const LAST_WORDS = ["AuthorizationError", "UserAuthenticationExpiredError"];

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
interface Line extends Dialled {
  /** Ends it, with the reason. */
  readonly end: (why: string) => void;
}

/** A line for one server, by the options of `nats`. */
export class NatsTransport implements Transport {
  readonly #dialler: Dialler;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  /** Rejects what waits for an answer of the present line. */
  readonly #asking = new Set<(why: Error) => void>();
  #line: Line | undefined;
  #isStopped = false;
  /** Ends the wait before the next attempt. */
  #wake: () => void = () => {};

  /** `name` is how NATS lists the connection. */
  constructor(source: NatsSource, clock: Clock, name: string) {
    this.#dialler = new Dialler(source, clock, name);
    this.#clock = clock;
  }

  onStatus(tell: Tell): Stop {
    void this.#run(tell);
    return () => {
      this.#isStopped = true;
      this.#wake();
      this.#line?.end("this server has ended");
    };
  }

  publish(subject: string, bytes: Uint8Array): void {
    if (this.#line === undefined) return;
    const { connection, prefix } = this.#line;
    connection.publish(prefix + subject, bytes);
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
        line.end(`NATS has not answered for ${ANSWER_MS} ms`);
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
    let dialled: Dialled;
    try {
      dialled = await this.#dialler.dial(() => !this.#isStopped);
    } catch (error) {
      const why = error instanceof Error ? error.message : describeThrown(error);
      return { state: error instanceof Refused ? "failed" : "down", why };
    }
    const { connection, address } = dialled;
    const ended = Promise.withResolvers<Ended>();
    const line: Line = {
      ...dialled,
      end: (why) => {
        if (this.#line === line) this.#line = undefined;
        for (const reject of this.#asking) reject(new Error("The line to NATS has ended"));
        ended.resolve({ state: "down", why });
        // What it still holds is not waited for.
        connection.close().catch(() => {});
      },
    };
    if (this.#isStopped) line.end("this server has ended");
    else {
      this.#line = line;
      for (const listener of this.#listeners) this.#listen(line, listener);
      void this.#watch(line, tell);
      const maxMessageBytes = connection.info?.max_payload;
      tell({ state: "up", address, ...(maxMessageBytes !== undefined && { maxMessageBytes }) });
    }
    return ended.promise;
  }

  /** Ends a line that NATS ends, leaves, or does not answer on; tells what it refuses on one that goes on. */
  async #watch(line: Line, tell: Tell): Promise<void> {
    const { connection, address, prefix, learn } = line;
    const refused = new Set<string>();
    void connection.closed().then((error) => {
      if (!(error instanceof Error)) line.end("NATS has ended the connection");
      else line.end(`the line to NATS at ${address} is lost: ${describeThrown(error)}`);
    });
    for await (const status of connection.status()) {
      if (this.#line !== line) continue;
      switch (status.type) {
        case "staleConnection":
          line.end("NATS does not answer");
          break;
        case "ldm":
          line.end("NATS is shutting down");
          break;
        case "update":
          learn();
          break;
        case "error": {
          const { error } = status;
          const why = describeThrown(error);
          if (LAST_WORDS.includes(error.name)) line.end(why);
          else if (!refused.has(why) && refused.size < MOST_REFUSALS) {
            refused.add(why);
            tell({ state: "refused", why, ...subjectOf(error, prefix) });
          }
          break;
        }
        default:
      }
    }
  }

  #listen(line: Line, listener: Listener): void {
    const { subject, receive } = listener;
    const subscription = line.connection.subscribe(line.prefix + subject, {
      callback: (error, message) => {
        if (this.#line !== line) return;
        // Of an error `status` tells as well: see `#watch`.
        if (error === null) receive(message.data);
      },
    });
    listener.stop = () => {
      if (this.#line === line) subscription.unsubscribe();
    };
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** Of which subject an error is, where it says so. */
function subjectOf(error: Error, prefix: string): { readonly subject?: string } {
  const subject: unknown = "subject" in error ? error.subject : undefined;
  return typeof subject === "string" ? { subject: subject.slice(prefix.length) } : {};
}
