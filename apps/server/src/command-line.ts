// The flags of typewire-server: what each takes, its default, and which contradict each other.

import {
  addLimitFlag,
  addLogFlags,
  collectFlag,
  type Command,
  type CommandLine,
  createCommand,
  durationValue,
  exitCodes,
  exitCodesHelp,
  type FlagValue,
  formatSize,
  integerValue,
  isGiven,
  listenAddressValue,
  type LimitFlags,
  type LogFlags,
  readCommandLine,
  requireBeside,
  sizeValue,
  socketPathValue,
  textValue,
  UsageError,
  valueFlag,
  withLimits,
} from "@typewire/command";
import { defaultConnectionLimits } from "@typewire/connection/internal";
import type { MessageOf } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import type { AdminFlags } from "./admin.ts";
import { busValue } from "./bus-value.ts";
import { name, version } from "./program.ts";
import { addSecurityFlags, checkSecurityFlags, type SecurityFlags } from "./security-flags.ts";

export type GreetingWords = Extract<
  MessageOf<typeof saludo, "server">,
  { type: "greeting" }
>["words"];

/** The command line, read. Durations in milliseconds, sizes in bytes. */
export interface ServerFlags extends LogFlags, LimitFlags, SecurityFlags, AdminFlags {
  /** A Unix socket instead of `host` and `port`. */
  readonly unix?: string;
  readonly host: string;
  readonly port: number;
  readonly reusePort?: boolean;
  /** Addresses of one NATS. */
  readonly backplane?: readonly string[];
  /** The path of a file with what that asks for beside. */
  readonly backplaneOptions?: string;
  readonly interval: number;
  readonly greeting: GreetingWords;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly maxBuffered?: number;
  readonly drainTimeout: number;
  readonly drainSpread?: number;
}

const defaultGreeting = '{"1":"Hola","2":"Bienvenido","3":"Al","4":"Servidor"}';

const hostValue = textValue("an address or name of this machine, or auto for that of its own name");

const connectionsHelp = "clients at once, by default 10000, or what ulimit -n leaves to them";
const connectionsValue = integerValue("a number", 1, 1_000_000);

const bufferedHelp =
  "memory for what waits, of all connections together, by default 256MiB or a quarter of this process's memory, but hardQueueBytes and maxFrameBytes at least";

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

/** What is of no use on a Unix socket, and its name among the options. */
const addressFlags = [
  ["host", "host"],
  ["port", "port"],
  ["reuse-port", "reusePort"],
] as const;

/** What `--help` says below the flags. */
export const serverNotes = `
Data goes to stdout: what clients say, as [RECEIVED] lines, or with --log json as one JSON object a
line. Everything else goes to stderr. Colours appear on a terminal only; NO_COLOR turns them off.

With --backplane several servers are one: what a client of one says reaches the clients of all. NATS
may be away when a server starts, and come and go; what was lost meanwhile is in the log, counted.

With --tls-cert, SIGHUP reads the certificate files again: new connections meet the new ones.

Ctrl+C, SIGTERM and, without TLS, SIGHUP drain: no new connections, answers under way are finished,
$bye to every client, at most --drain-timeout for all that, exit 0. A second Ctrl+C after half a
second exits at once. With --drain-spread clients hear $bye one after the other, and are served
until then.

${exitCodesHelp({
  [exitCodes.done]: "drained after a signal",
  [exitCodes.internal]: "internal error",
  [exitCodes.usage]: "wrong flags, or a certificate, key or secret that cannot be used",
  [exitCodes.unreachable]: "cannot listen: address in use, not of this machine, not permitted",
  [exitCodes.forced]: "second Ctrl+C",
})}`;

/** Reads `argv`, without the program's own name. */
export function readServerCommandLine(argv: readonly string[]): CommandLine<ServerFlags> {
  return readCommandLine(serverCommand(), argv, toOptions);
}

/** The flags, before anything is read: also what docs/commands.md is made from. */
export function serverCommand(): Command {
  const command = createCommand(
    name,
    version,
    "Greets every client over TCP and passes on what each one says to all others.",
  )
    .addOption(valueFlag("--host <host>", "where to listen", hostValue, "127.0.0.1"))
    .addOption(
      valueFlag("--port <port>", "0 picks a free one", integerValue("a port", 0, 65_535), "8080"),
    )
    .option("--reuse-port", "share the port with other processes that have this flag (Linux)")
    .addOption(
      collectFlag("--backplane <url>", "pass on what clients say by this NATS too", busValue),
    )
    .addOption(
      valueFlag(
        "--backplane-options <path>",
        "what that NATS asks for, read before each dial",
        textValue(
          'the path of a JSON file, such as {"token":"…"} or {"tls":true,"credentials":"…"}',
        ),
      ),
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
      valueFlag(
        "--max-connections-per-address <n>",
        "of them from one IP address, by default as many as there may be",
        connectionsValue,
      ),
    )
    .addOption(valueFlag("--max-buffered <size>", bufferedHelp, sizeValue(1024, 64 * 1024 ** 3)))
    .addOption(
      valueFlag(
        "--drain-timeout <duration>",
        "how long clients may take to let go at the end",
        durationValue(1),
        "10s",
      ),
    )
    .addOption(
      valueFlag(
        "--drain-spread <duration>",
        "time from the first $bye to the last at the end, by default none, for a server that has siblings",
        durationValue(1),
      ),
    );
  addAdminFlags(command);
  addSecurityFlags(command).option("--require-hello", "short for --limit requireHello=true");
  addLimitFlag(addLogFlags(command)).addHelpText("after", serverNotes);
  return command;
}

function addAdminFlags(command: Command): void {
  command
    .addOption(
      valueFlag(
        "--admin <address>",
        "an HTTP listener for its operator: / (a live page), /metrics, /healthz, /readyz; the port is 9464 where none is given",
        listenAddressValue({ hostname: "127.0.0.1", port: 9464 }),
      ),
    )
    .addOption(
      valueFlag(
        "--admin-secret-file <path>",
        "what has to be shown there, as a bearer token or a password; for an address that other machines reach",
        textValue("the path of a file of at least 16 bytes"),
      ),
    );
}

function toOptions(command: Command): ServerFlags {
  const more = isGiven(command, "requireHello") ? { requireHello: true } : {};
  const { requireHello: _, ...options } = withLimits<
    Omit<ServerFlags, "limits"> & { requireHello?: true }
  >(command, more);
  for (const [flag, attribute] of addressFlags) {
    if (options.unix !== undefined && isGiven(command, attribute)) {
      throw new UsageError(`--unix and --${flag} exclude each other; give one of them`);
    }
  }
  checkSecurityFlags(options);
  const { admin, adminSecretFile: adminSecret } = options;
  const { backplane, backplaneOptions: busOptions } = options;
  requireBeside(
    busOptions !== undefined,
    backplane !== undefined,
    "--backplane-options",
    "--backplane",
  );
  requireBeside(adminSecret !== undefined, admin !== undefined, "--admin-secret-file", "--admin");
  refuseContradictions(options);
  return options;
}

function refuseContradictions(flags: ServerFlags): void {
  const { unix, maxConnections, maxConnectionsPerAddress: perAddress, maxBuffered, limits } = flags;
  if (unix !== undefined && perAddress !== undefined) {
    throw new UsageError(
      "--unix and --max-connections-per-address exclude each other: its clients have no addresses",
    );
  }
  if (perAddress !== undefined && maxConnections !== undefined && perAddress > maxConnections) {
    throw new UsageError(
      `--max-connections-per-address (${perAddress}) must not be above --max-connections (${maxConnections})`,
    );
  }
  const { hardQueueBytes, maxFrameBytes } = { ...defaultConnectionLimits, ...limits };
  const least = hardQueueBytes + maxFrameBytes;
  if (maxBuffered !== undefined && maxBuffered < least) {
    throw new UsageError(
      `--max-buffered (${formatSize(maxBuffered)}) must not be below hardQueueBytes and maxFrameBytes together (${formatSize(least)})`,
    );
  }
}
