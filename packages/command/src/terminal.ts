// The process as a command sees it: stdout for data, stderr for everything else, colours, exit. Built
// once in `main.ts`; everything below is handed the parts that it uses.

import { fstatSync } from "node:fs";
import { isatty } from "node:tty";

import type { ExitCode } from "./exit-codes.ts";
import { GuardedWriter, type GuardedWriterOptions, type TextSink } from "./guarded-writer.ts";
import type { Environment } from "./language.ts";
import { openTerminalSink } from "./terminal-sink.ts";

/** One of the two output streams. */
export interface OutputStream {
  readonly sink: TextSink;
  readonly isTerminal: boolean;
}

/** The parts of the process that are used. */
export interface HostProcess {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Environment;
  exit(code: number): never;
}

/** This process. */
export function thisProcess(): HostProcess {
  const stream = (descriptor: number): OutputStream => {
    const isTerminal = isatty(descriptor);
    const sink = isTerminal ? openTerminalSink(descriptor) : Bun.file(descriptor).writer();
    return { sink, isTerminal };
  };
  const stdout = stream(1);
  // One sink for one terminal: what waits for it then leaves line by line, in the order it was written.
  const isOne = stdout.isTerminal && isatty(2) && fstatSync(1).rdev === fstatSync(2).rdev;
  return {
    stdout,
    stderr: isOne ? stdout : stream(2),
    environment: process.env,
    exit: (code) => process.exit(code),
  };
}

/** The output of this process, and its end. */
export interface Terminal {
  readonly out: GuardedWriter;
  readonly err: GuardedWriter;
  readonly errIsTerminal: boolean;
  readonly outHasColours: boolean;
  readonly errHasColours: boolean;
  /**
   * Ends the process once both streams have taken everything, or after `deadlineMs`, or 2 s after `stopped`
   * has resolved. Without these a reader that has stopped reading holds the process back, as it would any
   * program in a pipe.
   */
  exit(
    code: ExitCode,
    options?: { readonly deadlineMs?: number; readonly stopped?: Promise<unknown> },
  ): Promise<never>;
}

/** Log lines that wait beyond this are dropped: nothing may make a server hold its own log in memory. */
const MAX_WAITING_LOG_CHARACTERS = 1024 * 1024;

/** How long a reader of our output may still take once a signal has asked for the end. */
const AFTER_SIGNAL_MS = 2000;

/** The output of `host`; `output` bounds what waits of stdout. */
export function openTerminal(host: HostProcess, output: GuardedWriterOptions = {}): Terminal {
  const out = new GuardedWriter(host.stdout.sink, output);
  const err = new GuardedWriter(host.stderr.sink, { hardLimit: MAX_WAITING_LOG_CHARACTERS });
  return {
    out,
    err,
    errIsTerminal: host.stderr.isTerminal,
    outHasColours: hasColours(host.stdout, host.environment),
    errHasColours: hasColours(host.stderr, host.environment),
    async exit(code, { deadlineMs, stopped } = {}) {
      const ends: Promise<unknown>[] = [Promise.all([out.flush(), err.flush()])];
      if (deadlineMs !== undefined) ends.push(elapsed(deadlineMs));
      if (stopped !== undefined) ends.push(stopped.then(() => elapsed(AFTER_SIGNAL_MS)));
      await Promise.race(ends);
      return host.exit(code);
    },
  };
}

/** Colours go to a terminal only, and not where NO_COLOR is set (no-color.org) or the terminal is dumb. */
function hasColours(stream: OutputStream, environment: Environment): boolean {
  const { NO_COLOR: noColour, TERM: terminal } = environment;
  return stream.isTerminal && (noColour ?? "") === "" && terminal !== "dumb";
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
