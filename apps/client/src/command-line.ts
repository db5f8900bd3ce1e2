// The flags of typewire-client: what each takes, its default, and which contradict each other.

import {
  type Address,
  addLimitFlag,
  addLogFlags,
  addressValue,
  choiceValue,
  type Command,
  type CommandLine,
  createCommand,
  durationValue,
  exitCodes,
  exitCodesHelp,
  integerValue,
  type LimitFlags,
  type LogFlags,
  readCommandLine,
  socketPathValue,
  UsageError,
  valueArguments,
  valueFlag,
  withLimits,
} from "@typewire/command";

import { type OutputFormat, outputFormats } from "./output.ts";
import { name, version } from "./program.ts";
import { addSecurityFlags, checkSecurityFlags, type SecurityFlags } from "./security-flags.ts";

/** The command line, read. Durations in milliseconds. */
export interface ClientFlags extends LogFlags, LimitFlags, SecurityFlags {
  /** One or more servers; ignored where `unix` is given. */
  readonly addresses: readonly Address[];
  readonly unix?: string;
  readonly output: OutputFormat;
  readonly count?: number;
  readonly timeout?: number;
  readonly connectTimeout: number;
  readonly reconnect: boolean;
  readonly wait?: boolean;
}

/** What `--help` says below the flags. */
export const clientNotes = `
Messages go to stdout, everything else to stderr. Colours appear on a terminal only; NO_COLOR turns
them off. --output says how a message looks, one line for each:
  human  [RECEIVED] and what it says
  json   a JSON object; dates as ISO 8601 text, bytes as base64, 64-bit integers as decimal text,
         NaN and infinities as null
  diag   the notation of RFC 8949 for what travelled
  hex    the bytes that travelled, without their header

Each line typed on stdin is sent with say; with --output json a line is one JSON message, such as
{"type":"say","text":"hola"}. Empty lines are skipped. A line that is not a valid message is
reported; unless stdin is a terminal the client then ends with 6, after what was sent before has
left. End of stdin is not the end of listening. While reconnecting, lines wait. What was read has
left before the client ends, or it does not exit 0. At --count, what is in a pipe is read first.

Without --wait the first attempt to connect is not repeated. Later a lost connection is dialled
again for ever, after a random wait below 0.5s that grows by 1.6 up to 30s. Of several addresses a
random one is the first. When it fails, or its server says $bye, the others are dialled before it;
there is one wait for a round of all of them.

Ctrl+C, SIGTERM and SIGHUP close in order and exit 0. When the reader of stdout has gone, the client
closes in order and exits 0.

${exitCodesHelp({
  [exitCodes.done]: "--count reached, or a signal",
  [exitCodes.internal]: "internal error, or stdout cannot be written",
  [exitCodes.usage]: "wrong flags, or a certificate, key or secret that cannot be used",
  [exitCodes.unreachable]: "could not connect, or the server could not be verified",
  [exitCodes.timedOut]: "--timeout over",
  [exitCodes.forbiddenMessage]:
    "the server sent what the schema forbids (also instead of 3, 5 and 9), or stdin did",
  [exitCodes.incompatiblePeer]: "the server speaks another protocol, or has not the same secret",
  [exitCodes.brokenBytes]: "the server's bytes break framing, CBOR or a limit",
  [exitCodes.peerClosed]:
    "the server closed, with --no-reconnect; or instead of 0, it did not take what stdin said",
  [exitCodes.forced]: "second Ctrl+C",
})}`;

const home: Address = { hostname: "127.0.0.1", port: 8080 };

const isArgument = "the server is an argument without a flag: HOST:PORT, HOST or :PORT";

/** What to give in the place of flags that the server has. */
const advice: ReadonlyMap<string, string> = new Map([
  ["--port", isArgument],
  ["--host", isArgument],
]);

/** Reads `argv`, without the program's own name. */
export function readClientCommandLine(argv: readonly string[]): CommandLine<ClientFlags> {
  return readCommandLine(clientCommand(), argv, toFlags, advice);
}

/** The flags, before anything is read: also what docs/commands.md is made from. */
export function clientCommand(): Command {
  const command = createCommand(
    name,
    version,
    "Prints what a server says over TCP, checked against the schema, and sends what you type.",
  )
    .usage("[options] [HOST:PORT...]")
    .addArgument(valueArguments("address", "the server", addressValue(home), "127.0.0.1:8080"))
    .addOption(valueFlag("--unix <path>", "connect there instead of address", socketPathValue))
    .addOption(
      valueFlag("--output <format>", "how stdout looks", choiceValue(outputFormats), "human"),
    )
    .addOption(
      valueFlag(
        "--count <n>",
        "end after so many messages, by default never",
        integerValue("a number", 1, 1e9),
      ),
    )
    .addOption(
      valueFlag(
        "--timeout <duration>",
        "exit 5 unless --count is reached by then, by default never",
        durationValue(1),
      ),
    )
    .addOption(
      valueFlag(
        "--connect-timeout <duration>",
        "how long the server may take to answer",
        durationValue(1),
        "10s",
      ),
    )
    .option("--wait", "dial again until the server is up, instead of exiting with 3")
    .option("--no-reconnect", "end when the connection is lost, instead of dialling again");
  addLimitFlag(addLogFlags(addSecurityFlags(command))).addHelpText("after", clientNotes);
  return command;
}

function toFlags(command: Command): ClientFlags {
  const flags = withLimits<Omit<ClientFlags, "addresses" | "limits">>(command);
  if (flags.unix !== undefined && command.args.length > 0) {
    throw new UsageError("--unix and address exclude each other; give one of them");
  }
  checkSecurityFlags(flags, flags.unix);
  return { ...flags, addresses: command.processedArgs[0] as readonly Address[] };
}
