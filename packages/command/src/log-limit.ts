// Keeps a peer from filling the disk with what it does wrong: of the warnings and errors about connections
// only so many of one reason are written in a window of time; of the rest, how many there were.

import { type Clock, systemClock } from "@typewire/connection";

import type { Log, Vocabulary } from "./log.ts";
import type { sharedEvents } from "./shared-events.ts";

export interface LogLimitOptions {
  /** Lines of one reason in a window. */
  readonly most: number;
  /** Default 10 s, from the first line of a reason on. */
  readonly windowMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

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

const defaultWindowMs = 10_000;

/** Codes may come from peers. Beyond so many reasons at once, those of one event count as one. */
const mostReasons = 100;

/**
 * `log` with a limit for each reason: an event and, where it has one, its `code`. Only for warnings and
 * errors that name a `connection`; what else there is to say happens once, or was asked for.
 */
export function limitLog<Events extends Vocabulary & typeof sharedEvents>(
  events: Events,
  log: Log<Events>,
  { most, windowMs = defaultWindowMs, clock = systemClock }: LogLimitOptions,
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
    else if (windows.size >= mostReasons) closeOld();
    if (code !== "" && windows.size >= mostReasons) return windowOf(event, "");
    const window = { event, code, sinceMs: clock.now(), written: 0, held: 0 };
    windows.set(key, window);
    return window;
  };

  return {
    log(name, fields) {
      if (events[name]?.level !== "info" && "connection" in (fields as object)) {
        const { code = "" } = fields as { code?: string };
        const window = windowOf(name, code.slice(0, 40));
        if (window.written >= most) {
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
