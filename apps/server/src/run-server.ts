// The command: reads nothing, decides nothing about bytes; puts flags, log, terminal, signals and the
// server of `saludo` together, and says how it ended.

import {
  chooseLanguage,
  ConnectionLog,
  createLog,
  type Environment,
  exitCodes,
  type GuardedWriter,
  isOrdinaryEnd,
  type Log,
  printable,
  type RunEnd,
  type SignalSource,
  stopSignal,
  tagged,
  type Terminal,
  toJsonText,
} from "@typewire/command";
import { describeThrown } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import type { ServerFlags } from "./command-line.ts";
import { serverEvents } from "./events.ts";
import { isLoopback, resolveHost } from "./host.ts";
import type { ListenTarget } from "./listen.ts";
import { version } from "./program.ts";
import { serveSaludo } from "./serve-saludo.ts";
import type { Server } from "./server.ts";
import { removeStaleSocket } from "./stale-socket.ts";

/** What the command takes from the process. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly signals: SignalSource;
  readonly environment: Environment;
}

/** After a signal, a reader of our output that does not read holds the exit back no longer than this. */
const flushDeadlineMs = 2000;

/** Serves until a signal. Returns at once where it cannot listen. */
export async function runServer(
  flags: ServerFlags,
  { terminal, signals, environment }: Surroundings,
): Promise<RunEnd> {
  const log = createLog(serverEvents, {
    format: flags.log,
    language: chooseLanguage(flags.lang, environment),
    colours: terminal.errHasColours,
    write: (text) => terminal.err.write(text),
  });
  const stopped = stopSignal(signals, () => {
    void terminal.exit(exitCodes.forced, { deadlineMs: 0 });
  });
  void terminal.out.broken.then(({ message }) => log("output-closed", { reason: message }));

  log("starting", { version });
  let server: Server<typeof saludo>;
  try {
    server = start(flags, await targetOf(flags), log, terminal);
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    log("listen-failed", { code: error.code, reason: error.message });
    return { code: exitCodes.unreachable };
  }
  const { address, hostname, maxConnections } = server;
  if (hostname !== undefined && !isLoopback(hostname)) log("open-network", { address });
  if (flags.maxConnections !== undefined && maxConnections < flags.maxConnections) {
    log("connections-lowered", { requested: flags.maxConnections, allowed: maxConnections });
  }
  log("listening", { address });

  const signal = await stopped;
  // Below the terminal's own `^C`.
  if (signal === "SIGINT" && terminal.errIsTerminal) terminal.err.write("\n");
  log("exiting", { signal });
  const { cut } = await server.drain();
  if (cut > 0) log("cut", { connections: cut });
  return { code: exitCodes.done, flushDeadlineMs };
}

/** The server with its log and its output. */
function start(
  flags: ServerFlags,
  target: ListenTarget,
  log: Log<typeof serverEvents>,
  { out, outHasColours }: Terminal,
): Server<typeof saludo> {
  const print = printerTo(out, log);
  const tagColour = outHasColours ? "32" : undefined;
  const server = serveSaludo({
    ...target,
    ...(flags.maxConnections !== undefined && { maxConnections: flags.maxConnections }),
    limits: { maxFrameBytes: flags.maxFrame },
    words: flags.greeting,
    intervalMs: flags.interval,
    observe: (connection) =>
      new ConnectionLog({ log, connection, fingerprint: saludo.fingerprint, trace: flags.trace }),
    onOpen: ({ name }) => log("connected", { connection: name, active: server.connections.size }),
    onClose({ name }, { code, message }) {
      const event = isOrdinaryEnd(code) ? "disconnected" : "failed";
      const active = server.connections.size;
      log(event, { connection: name, active, code, reason: message });
    },
    onSaid(message) {
      const human = tagged("RECEIVED", `${message.from}: ${printable(message.text)}`, tagColour);
      print(flags.log === "json" ? toJsonText(message) : human);
    },
    onTurnedAway: (connection) => log("turned-away", { connection, limit: server.maxConnections }),
    onHandlerError: ({ name }, handler, error) =>
      log("handler-failed", { connection: name, handler, error: describeThrown(error) }),
  });
  return server;
}

/** Prints lines. The server does not wait for whoever reads them: where too much waits, lines are lost. */
function printerTo(out: GuardedWriter, log: Log<typeof serverEvents>): (line: string) => void {
  let isStalled = false;
  return (line) => {
    const lostBefore = out.droppedWrites;
    out.write(`${line}\n`);
    if (isStalled || out.droppedWrites === lostBefore) return;
    isStalled = true;
    log("output-stalled", {});
    void out.ready().then(() => {
      isStalled = false;
      log("output-resumed", { lines: out.droppedWrites - lostBefore });
    });
  };
}

async function targetOf({ unix, host, port }: ServerFlags): Promise<ListenTarget> {
  if (unix === undefined) return { hostname: await resolveHost(host, port), port };
  await removeStaleSocket(unix);
  return { unix };
}
