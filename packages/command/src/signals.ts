// Signals turned into two requests: stop in order, and stop at once.
//
// - SIGINT (Ctrl+C), SIGTERM and SIGHUP (the terminal closed): the first of them asks for an orderly end.
// - A SIGINT at least half a second after that stops at once. Sooner it is an echo: turbo without a
//   terminal delivers each SIGINT twice within a millisecond (docs/runtime.md).
// - A further SIGTERM or SIGHUP is ignored: supervisors repeat them, and the end has its own deadline.
// - SIGUSR1 and SIGUSR2 mean nothing, and are kept from ending the process.
// - A SIGHUP that was ignored at the start stays so: that is what `nohup` asks for.

import { readFileSync } from "node:fs";

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** `process`, or a test's stand-in. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
}

/** How long after the first signal a SIGINT counts as impatience. */
const ECHO_WINDOW_MS = 500;

/** What a signal is waited for by. */
export interface StopSignalOptions {
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Whether SIGHUP is not to be listened to. Default: as the process was started. */
  readonly ignoresHangUp?: boolean;
  /** Those that ask for an end, where one of them means something else. Default: SIGINT, SIGTERM, SIGHUP. */
  readonly signals?: readonly StopSignal[];
}

/**
 * Resolves with the first signal, and calls `stopAtOnce` at an impatient one. Listens for the rest of the
 * process's life.
 */
export function stopSignal(
  source: SignalSource,
  stopAtOnce: () => void,
  {
    now = () => performance.now(),
    ignoresHangUp = startedIgnoringHangUp(),
    signals = ["SIGINT", "SIGTERM", "SIGHUP"],
  }: StopSignalOptions = {},
): Promise<StopSignal> {
  const first = Promise.withResolvers<StopSignal>();
  let firstAtMs: number | undefined;
  const listen = (signal: StopSignal): unknown =>
    source.on(signal, () => {
      if (firstAtMs === undefined) {
        firstAtMs = now();
        first.resolve(signal);
      } else if (signal === "SIGINT" && now() - firstAtMs >= ECHO_WINDOW_MS) {
        stopAtOnce();
      }
    });
  for (const signal of signals) {
    if (signal !== "SIGHUP" || !ignoresHangUp) listen(signal);
  }
  return first.promise;
}

/** SIGUSR1 and SIGUSR2 mean nothing here; left alone, they would end the process. */
export function ignoreUserSignals(source: {
  on(signal: "SIGUSR1" | "SIGUSR2", listener: () => void): unknown;
}): void {
  source.on("SIGUSR1", () => {});
  source.on("SIGUSR2", () => {});
}

/** Linux tells in proc(5), as a mask whose lowest bit is signal 1. Elsewhere `nohup` does not keep SIGHUP away. */
function startedIgnoringHangUp(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
