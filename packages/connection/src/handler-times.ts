// How long handlers take, for the watcher of a server. Of each name the first run is timed, one in 64 after it, and
// the next after `sampleNext`: to read the clock twice takes as long as a fifth of a message. Without a watcher the
// handlers in the table are the program's own, and nothing here is made.

import { type Handler, type HandlerTable, isThenable } from "./handlers.ts";
import type { Clock } from "./time/clock.ts";

/** Of so many runs of a handler one is timed, whatever `sampleNext` adds. */
const ONE_IN = 64;

/** Told of a run that was timed: the name of the message or call, and milliseconds until it had settled. */
export type TellHandled = (name: string, elapsedMs: number) => void;

interface Sample {
  readonly name: string;
  /** Runs until the next that is timed. */
  left: number;
}

/** The times of the handlers of one endpoint. */
export class HandlerTimes {
  readonly #clock: Clock;
  readonly #tell: TellHandled;
  readonly #samples = new Map<string, Sample>();

  constructor(clock: Clock, tell: TellHandled) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** The next run of each name is timed: called ten times a second, also a handler that seldom runs has its times. */
  sampleNext(): void {
    for (const sample of this.#samples.values()) sample.left = 1;
  }

  /** The handlers of messages in `table`, from now on timed. */
  timeAll<Incoming, Self>(table: HandlerTable<Incoming, Self>): void {
    for (const [name, entry] of table) entry.handler = this.#timed(name, entry.handler);
  }

  /** A call begins: the time, where this one is timed. */
  begin(name: string): number | undefined {
    return isDue(this.#sampleOf(name)) ? this.#clock.now() : undefined;
  }

  /** A call has ended that `begin` gave `beganAtMs`. */
  end(name: string, beganAtMs: number): void {
    this.#tell(name, this.#clock.now() - beganAtMs);
  }

  #timed<Incoming, Self>(name: string, handler: Handler<Incoming, Self>): Handler<Incoming, Self> {
    const sample = this.#sampleOf(name);
    return (message, self) => {
      if (!isDue(sample)) return handler(message, self);
      const beganAtMs = this.#clock.now();
      const end = (): void => this.end(name, beganAtMs);
      let result: unknown;
      try {
        result = handler(message, self);
      } catch (error) {
        end();
        throw error;
      }
      if (!isThenable(result)) {
        end();
        return result;
      }
      // A thenable of a library may begin its work anew with each `then`: it is asked once, here.
      return Promise.resolve(result).finally(end);
    };
  }

  #sampleOf(name: string): Sample {
    const found = this.#samples.get(name);
    if (found !== undefined) return found;
    const sample = { name, left: 1 };
    this.#samples.set(name, sample);
    return sample;
  }
}

function isDue(sample: Sample): boolean {
  sample.left -= 1;
  if (sample.left > 0) return false;
  sample.left = ONE_IN;
  return true;
}
