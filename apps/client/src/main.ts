// typewire-client: parse, compose, run.

import { isatty } from "node:tty";
import {
  ignoreUserSignals,
  openTerminal,
  runCommand,
  startRun,
  thisProcess,
} from "@typewire/command";

import { readClientCommandLine } from "./command-line.ts";
import { clientEvents } from "./events.ts";
import { ClientRun } from "./run-client.ts";

const terminal = openTerminal(thisProcess());
ignoreUserSignals(process);
await runCommand(readClientCommandLine(process.argv.slice(2)), terminal, process, async (flags) => {
  const context = { terminal, signals: process, environment: process.env };
  const { log, flush, stopped } = startRun(clientEvents, flags, context);
  const stdin = { isTerminal: isatty(0), chunks: Bun.stdin.stream() };
  const end = await new ClientRun({ flags, log, terminal, stopped, stdin }).run();
  flush();
  return end;
});
