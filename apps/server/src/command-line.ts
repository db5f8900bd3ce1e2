// The flags of typewire-server: what each takes, its default, and which contradict each other.

import {
  addLogFlags,
  type Command,
  type CommandLine,
  createCommand,
  durationValue,
  exitCodes,
  exitCodesHelp,
  type FlagValue,
  integerValue,
  isGiven,
  type LogFlags,
  readCommandLine,
  sizeValue,
  socketPathValue,
  textValue,
  UsageError,
  valueFlag,
} from "@typewire/command";
import type { MessageOf } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import { name, version } from "./program.ts";

export type GreetingWords = Extract<
  MessageOf<typeof saludo, "server">,
  { type: "greeting" }
>["words"];

/** The command line, read. Durations in milliseconds, sizes in bytes. */
export interface ServerFlags extends LogFlags {
  /** A Unix socket instead of `host` and `port`. */
  readonly unix?: string;
  readonly host: string;
  readonly port: number;
  readonly interval: number;
  readonly greeting: GreetingWords;
  readonly maxConnections?: number;
  readonly maxFrame: number;
}

const defaultGreeting = '{"1":"Hola","2":"Bienvenido","3":"Al","4":"Servidor"}';

const hostValue = textValue("an address or name of this machine, or auto for that of its own name");

const connectionsHelp =
  "clients at once, by default 10000, or ulimit -n less 128 where that is lower";
const connectionsValue = integerValue("a number", 1, 1_000_000);

const greetingValue: FlagValue<GreetingWords> = {
  takes: 'a JSON object of integer keys and words, such as {"1":"Hola","2":"Bienvenido"}',
  parse(text) {
    try {
      const words = JSON.parse(text) as GreetingWords;
      saludo.server.encode({ type: "greeting", words });
      return words;
    } catch {
      return undefined;
    }
  },
};

const notes = `
Data goes to stdout: what clients say, as [RECEIVED] lines, or with --log json as one JSON object a
line. Everything else goes to stderr. Colours appear on a terminal only; NO_COLOR turns them off.

Ctrl+C, SIGTERM and SIGHUP drain: no new connections, $bye to every client, at most 10s for what is
queued, exit 0. A second Ctrl+C after half a second exits at once.

Limits without a flag: 32 levels and 65536 items in a message; 8MiB waiting for one client; 10
refused messages in 10s; 2s for a client to end after the server has.

${exitCodesHelp({
  [exitCodes.done]: "drained after a signal",
  [exitCodes.internal]: "internal error",
  [exitCodes.usage]: "wrong flags",
  [exitCodes.unreachable]: "cannot listen: address in use, not of this machine, not permitted",
  [exitCodes.forced]: "second Ctrl+C",
})}`;

/** Reads `argv`, without the program's own name. */
export function readServerCommandLine(argv: readonly string[]): CommandLine<ServerFlags> {
  const command = createCommand(
    name,
    version,
    "Greets every client over TCP and passes on what each one says to all others.",
  )
    .addOption(valueFlag("--host <host>", "where to listen", hostValue, "127.0.0.1"))
    .addOption(
      valueFlag("--port <port>", "0 picks a free one", integerValue("a port", 0, 65_535), "8080"),
    )
    .addOption(valueFlag("--unix <path>", "listen there instead of a port", socketPathValue))
    .addOption(
      valueFlag("--interval <duration>", "time between greetings", durationValue(10), "60s"),
    )
    .addOption(
      valueFlag("--greeting <json>", "what a greeting says", greetingValue, defaultGreeting),
    )
    .addOption(valueFlag("--max-connections <n>", connectionsHelp, connectionsValue))
    .addOption(
      valueFlag("--max-frame <size>", "largest message taken", sizeValue(256, 1024 ** 3), "1MiB"),
    );
  addLogFlags(command).addHelpText("after", notes);
  return readCommandLine(command, argv, toOptions);
}

function toOptions(command: Command): ServerFlags {
  const options = command.opts<ServerFlags>();
  for (const flag of ["host", "port"]) {
    if (options.unix !== undefined && isGiven(command, flag)) {
      throw new UsageError(`--unix and --${flag} exclude each other; give one of them`);
    }
  }
  return options;
}
