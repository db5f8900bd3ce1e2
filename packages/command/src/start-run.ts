// What both commands begin with: the log of the run, bounded, and the promise of the signal that ends it.

import type { LogFlags } from "./command-line.ts";
import { exitCodes } from "./exit-codes.ts";
import { chooseLanguage, type Environment } from "./language.ts";
import { createLog, type Log, type Vocabulary } from "./log.ts";
import { type LimitedLog, limitLog } from "./log-limit.ts";
import type { sharedEvents } from "./shared-events.ts";
import { type SignalSource, stopSignal, type StopSignal } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** What a run of a command takes from the process. */
export interface RunContext {
  readonly terminal: Terminal;
  readonly signals: SignalSource;
  readonly environment: Environment;
}

/** A run that has begun. */
export interface StartedRun<Events extends Vocabulary> extends LimitedLog<Events> {
  /** Resolves with the first signal to stop; an impatient one ends the process at once. */
  readonly stopped: Promise<StopSignal>;
}

/** `stops` are the signals that ask for an end, where one of them means something else: see `stopSignal`. */
export function startRun<Events extends Vocabulary & typeof sharedEvents>(
  events: Events,
  flags: LogFlags,
  { terminal, signals, environment }: RunContext,
  stops?: readonly StopSignal[],
): StartedRun<Events> {
  const unlimited = createLog(events, {
    format: flags.log,
    language: chooseLanguage(flags.lang, environment),
    colours: terminal.errHasColours,
    write: (text) => terminal.err.write(text),
  });
  const stopNow = (): void => void terminal.exit(exitCodes.forced, { deadlineMs: 0 });
  return {
    ...limitLog(events, unlimited, { most: flags.logLimit }),
    stopped: stopSignal(signals, stopNow, stops === undefined ? {} : { signals: stops }),
  };
}

/** Says in the log that a signal ends the run, below the terminal's own `^C`. */
export function logExit(
  signal: StopSignal,
  log: Log<Pick<typeof sharedEvents, "exiting">>,
  terminal: Terminal,
): void {
  if (signal === "SIGINT" && terminal.errIsTerminal) terminal.err.write("\n");
  log("exiting", { signal });
}
