// typewire-client: parse, compose, run.

import { isatty } from "node:tty";
import {
  chooseLanguage,
  createLog,
  exitCodes,
  Housekeeping,
  ignoreUserSignals,
  limitLog,
  openTerminal,
  runCommand,
  stopSignal,
  thisProcess,
} from "@typewire/command";

import { readClientCommandLine } from "./command-line.ts";
import { clientEvents } from "./events.ts";
import { ClientRun } from "./run-client.ts";

const terminal = openTerminal(thisProcess());
ignoreUserSignals(process);
await runCommand(readClientCommandLine(process.argv.slice(2)), terminal, process, async (flags) => {
  const unlimited = createLog(clientEvents, {
    format: flags.log,
    language: chooseLanguage(flags.lang, process.env),
    colours: terminal.errHasColours,
    write: (text) => terminal.err.write(text),
  });
  const { log, flush } = limitLog(clientEvents, unlimited, { most: flags.logLimit });
  const stopped = stopSignal(
    process,
    () => void terminal.exit(exitCodes.forced, { deadlineMs: 0 }),
  );
  const stdin = { isTerminal: isatty(0), chunks: Bun.stdin.stream() };
  const end = await new ClientRun({
    flags,
    log,
    terminal,
    stopped,
    stdin,
    housekeeping: new Housekeeping(),
  }).run();
  flush();
  return end;
});
