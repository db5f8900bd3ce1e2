// A bus of arrays and a fake clock that does to messages what a test tells it: loses, doubles, reorders, delays,
// damages them, splits servers from each other, and is gone for a while. Each line keeps what NATS keeps: nothing.

import type { Clock } from "@typewire/connection";

import type { Transport, TransportStatus } from "../../src/index.ts";

type Receive = (bytes: Uint8Array) => void;

/** What becomes of one message on its way to one line: copies of it, each after a delay; none loses it. */
export type Fate = (
  subject: string,
  bytes: Uint8Array,
) => readonly { readonly afterMs: number; readonly bytes: Uint8Array }[];

/** A line of one server. */
export interface HostileLine extends Transport {
  /** Of all lines with the same number, and no others, it hears. */
  side: number;
  /** Takes the line away, or brings it back. */
  tell(status: TransportStatus): void;
  readonly isUp: boolean;
}

export class HostileBus {
  readonly #clock: Clock;
  readonly lines: HostileLine[] = [];
  readonly #receivers = new Map<HostileLine, Map<string, Set<Receive>>>();
  fate: Fate = (_subject, bytes) => [{ afterMs: 0, bytes }];
  /** How long an answer to `flush` takes; undefined: none comes. */
  answerMs: number | undefined = 0;
  /** Calls of `flush`. */
  asked = 0;
  published = 0;
  publishedBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A line that is up when `isUp`. */
  line(isUp = true): HostileLine {
    const subjects = new Map<string, Set<Receive>>();
    let tell: ((status: TransportStatus) => void) | undefined;
    let up = false;
    let era = 0;
    const line: HostileLine = {
      side: 0,
      get isUp() {
        return up;
      },
      tell: (status) => {
        up = status.state === "up";
        era += 1;
        tell?.(status);
      },
      onStatus: (told) => {
        tell = told;
        if (isUp) line.tell({ state: "up" });
        return () => {
          tell = undefined;
          up = false;
          era += 1;
        };
      },
      publish: (subject, bytes) => {
        if (!up) throw new Error("There is no line");
        this.published += 1;
        this.publishedBytes += bytes.length;
        this.send(line, subject, bytes);
      },
      subscribe: (subject, receive) => {
        const own: Receive = (bytes) => receive(bytes);
        const receivers = subjects.get(subject) ?? new Set();
        subjects.set(subject, receivers.add(own));
        return () => {
          receivers.delete(own);
          if (receivers.size === 0) subjects.delete(subject);
        };
      },
      flush: () => {
        this.asked += 1;
        const began = era;
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        if (this.answerMs === undefined) return promise;
        this.#after(this.answerMs, () => {
          if (began === era && up) resolve();
          else reject(new Error("The line is lost"));
        });
        return promise;
      },
    };
    this.lines.push(line);
    this.#receivers.set(line, subjects);
    return line;
  }

  /** What `from`, or a stranger, puts on the bus. */
  send(from: HostileLine | undefined, subject: string, bytes: Uint8Array): void {
    for (const line of this.lines) {
      if (line === from || (from !== undefined && line.side !== from.side)) continue;
      for (const copy of this.fate(subject, bytes)) {
        this.#after(copy.afterMs, () => {
          if (!line.isUp) return;
          for (const receive of this.#receivers.get(line)?.get(subject) ?? []) receive(copy.bytes);
        });
      }
    }
  }

  #after(delayMs: number, callback: () => void): void {
    if (delayMs <= 0) callback();
    else this.#clock.after(delayMs, callback);
  }
}
