// What ends a run of the client command, and for each ending the line in the log and the exit code.

import {
  type ExitCode,
  exitCodes,
  formatDuration,
  type Log,
  logExit,
  type StopSignal,
  type Terminal,
} from "@typewire/command";
import type { CloseReason } from "@typewire/connection";
import type { TypewireError } from "@typewire/protocol";

import type { clientEvents } from "./events.ts";
import { attemptExitCodeOf, exitCodeOf, withRefusals } from "./exit-code.ts";

/** The first thing that ends a run. */
export type Ending =
  | { readonly by: "count" }
  | { readonly by: "signal"; readonly signal: StopSignal }
  | { readonly by: "timeout"; readonly timeoutMs: number }
  /** The first attempt to connect failed. */
  | { readonly by: "unreachable"; readonly error: TypewireError }
  /** The connection was lost for good. */
  | { readonly by: "closed"; readonly reason: CloseReason }
  /** A line of stdin is no message; the log has said which. */
  | { readonly by: "input" }
  | { readonly by: "output"; readonly error: Error };

/** What the sentence and the exit code of an ending depend on. */
export interface RunSoFar {
  readonly log: Log<typeof clientEvents>;
  readonly terminal: Terminal;
  /** How many messages came. */
  readonly received: number;
  /** Whether the server sent one that the schema forbids. */
  readonly hasRefused: boolean;
}

/** Says in the log how the run ended. */
export function reportEnding(ending: Ending, run: RunSoFar): ExitCode {
  const { log, terminal, received, hasRefused } = run;
  switch (ending.by) {
    case "count":
      return exitCodes.done;
    case "signal":
      logExit(ending.signal, log, terminal);
      return exitCodes.done;
    case "timeout":
      log("timed-out", { received, timeout: formatDuration(ending.timeoutMs) });
      return withRefusals(exitCodes.timedOut, hasRefused);
    case "unreachable": {
      const { code, message: reason } = ending.error;
      log("connect-failed", { code, reason });
      return withRefusals(attemptExitCodeOf(code), hasRefused);
    }
    case "closed": {
      const { code, message: reason } = ending.reason;
      log("disconnected", { code, reason });
      return withRefusals(exitCodeOf(code), hasRefused);
    }
    case "input":
      return exitCodes.forbiddenMessage;
    case "output":
      // EPIPE: the reader of stdout has had enough, which is no failure.
      if ("code" in ending.error && ending.error.code === "EPIPE") return exitCodes.done;
      log("output-failed", { reason: ending.error.message });
      return exitCodes.internal;
  }
}
