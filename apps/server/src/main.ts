// typewire-server: parse, compose, run.

import { ignoreUserSignals, openTerminal, runCommand, thisProcess } from "@typewire/command";

import { readServerCommandLine } from "./command-line.ts";
import { runServer } from "./run-server.ts";

/** Lines of output that wait for a slow reader beyond this are dropped: the server goes on serving. */
const MAX_WAITING_OUTPUT_CHARACTERS = 1024 * 1024;

const terminal = openTerminal(thisProcess(), { hardLimit: MAX_WAITING_OUTPUT_CHARACTERS });
ignoreUserSignals(process);
await runCommand(readServerCommandLine(process.argv.slice(2)), terminal, process, (flags) =>
  runServer(flags, { terminal, signals: process, environment: process.env }),
);
