// Keeps peers from filling the disk: of the lines about connections, that they came and went as well as what
// they did wrong, only so many of one reason are written in a window of time; of the rest, how many there
// were. Reasons are a closed set: no peer can invent one.

import { type Clock, systemClock } from "@typewire/connection";

import type { Log, Vocabulary } from "./log.ts";
import type { sharedEvents } from "./shared-events.ts";

/** How many lines of one reason are written. */
export interface LogLimitOptions {
  /** Warnings and errors of one reason in a window; ten times as many lines that are neither. */
  readonly most: number;
  /** Default 10 s, from the first line of a reason on. */
  readonly windowMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** A log, and what brings out the counts that it still holds. */
export interface LimitedLog<Events extends Vocabulary> {
  readonly log: Log<Events>;
  /** Says at once what was held back so far: for the end. */
  readonly flush: () => void;
}

interface Window {
  readonly event: string;
  readonly code: string;
  readonly sinceMs: number;
  written: number;
  held: number;
}

const DEFAULT_WINDOW_MS = 10_000;

/** A line that is no fault counts so much less: hundreds of clients of a server may come at once. */
const ORDINARY_FACTOR = 10;

/**
 * `log` with a limit for each reason: an event and, where it has one, its `code` (see `LogEvent.counted`).
 * Only for lines that name a `connection`; what else there is to say happens once.
 */
export function limitLog<Events extends Vocabulary & typeof sharedEvents>(
  events: Events,
  log: Log<Events>,
  { most, windowMs = DEFAULT_WINDOW_MS, clock = systemClock }: LogLimitOptions,
): LimitedLog<Events> {
  const windows = new Map<string, Window>();
  const logSuppressed = log as Log<typeof sharedEvents>;
  let isTimed = false;

  const close = (key: string, { event, code, held }: Window): void => {
    windows.delete(key);
    const reason = code === "" ? event : `${event} ${code}`;
    if (held > 0) logSuppressed("suppressed", { reason, lines: held });
  };
  const closeOld = (): void => {
    const nowMs = clock.now();
    for (const [key, window] of windows) {
      if (nowMs - window.sinceMs >= windowMs) close(key, window);
    }
  };
  /** A timer runs only while there is something to say. */
  const closeLater = (): void => {
    if (isTimed) return;
    isTimed = true;
    clock.after(windowMs, () => {
      isTimed = false;
      closeOld();
      if ([...windows.values()].some(({ held }) => held > 0)) closeLater();
    });
  };
  const windowOf = (event: string, code: string): Window => {
    const key = `${event} ${code}`;
    const known = windows.get(key);
    if (known !== undefined && clock.now() - known.sinceMs < windowMs) return known;
    if (known !== undefined) close(key, known);
    const window = { event, code, sinceMs: clock.now(), written: 0, held: 0 };
    windows.set(key, window);
    return window;
  };

  return {
    log(name, fields) {
      const counted = events[name]?.counted ?? "by code";
      if (counted !== "never" && "connection" in (fields as object)) {
        const { code = "" } = fields as { code?: string };
        const window = windowOf(name, counted === "as one" ? "" : code);
        const isOrdinary = events[name]?.level === "info";
        if (window.written >= (isOrdinary ? ORDINARY_FACTOR * most : most)) {
          window.held += 1;
          closeLater();
          return;
        }
        window.written += 1;
      }
      log(name, fields);
    },
    flush() {
      for (const [key, window] of windows) close(key, window);
    },
  };
}
