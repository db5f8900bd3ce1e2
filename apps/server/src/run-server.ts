// The command: reads nothing, decides nothing about bytes; puts flags, log, terminal, signals and the
// server of `saludo` together, and says how it ended.

import { environmentWarnings, removeStaleSocket, tryCertificates } from "@typewire/bun";
import type { HttpListening } from "@typewire/bun/http";
import {
  connectionLog,
  endInOwnWords,
  exitCodes,
  type GuardedWriter,
  isOrdinaryEnd,
  type Log,
  logExit,
  printable,
  type RunContext,
  type RunEnd,
  startRun,
  tagged,
  type Terminal,
  toJsonText,
} from "@typewire/command";
import { type CloseReason, describeThrown, type SocketAddress } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import type { ServerOf, ServerStats } from "@typewire/server";

import { planAdmin } from "./admin.ts";
import { backplaneLog, backplaneOptions } from "./backplane.ts";
import type { ServerFlags } from "./command-line.ts";
import { describeEnds } from "./describe-ends.ts";
import { serverEvents } from "./events.ts";
import { exposureOf, remedyOf } from "./exposure.ts";
import { resolveHost } from "./host.ts";
import { version } from "./program.ts";
import { guardsOf, securityOptions } from "./security-flags.ts";
import { serveSaludo } from "./serve-saludo.ts";

/** Serves until a signal. Returns at once where it cannot listen. */
export async function runServer(flags: ServerFlags, context: RunContext): Promise<RunEnd> {
  const { terminal, signals, environment } = context;
  const guards = guardsOf(flags);
  // With TLS, SIGHUP reads the certificates again; without, it is a terminal that closed.
  const stops = guards.tls ? (["SIGINT", "SIGTERM"] as const) : undefined;
  const { log, flush, stopped } = startRun(serverEvents, flags, context, stops);
  void terminal.out.broken.then(({ message }) => log("output-closed", { reason: message }));

  log("starting", { version });
  let server: ServerOf<typeof saludo>;
  let risk: string | undefined;
  let admin: HttpListening | undefined;
  try {
    const target = await targetOf(flags);
    const host = "unix" in target ? undefined : target.hostname;
    risk = exposureOf(host, guards);
    if (host !== undefined && risk !== undefined && flags.insecure !== true) {
      log("too-open", { host, risk, remedy: remedyOf(guards) });
      return { code: exitCodes.usage };
    }
    const plan = await planAdmin(flags);
    for (const reason of plan?.warnings ?? []) log("security-warning", { reason });
    const { warnings, ...security } = securityOptions(flags);
    for (const reason of warnings) log("security-warning", { reason });
    if (security.tls !== undefined) await tryCertificates(security.tls);
    const { backplane: bus, reusePort } = flags;
    if (reusePort === true && bus === undefined) log("port-shared", {});
    const where = { ...target, ...security, ...(await backplaneOptions(bus)) };
    server = start(flags, where, { log, terminal });
    try {
      admin = plan?.start(server);
    } catch (error) {
      server.stop();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    log("listen-failed", { code: error.code, reason: error.message });
    return {
      code: error.code === "option-invalid" ? exitCodes.usage : exitCodes.unreachable,
    };
  }
  const { address, maxConnections } = server;
  if (risk !== undefined) log("open-network", { address, risk });
  if (guards.tls) {
    for (const reason of [...environmentWarnings(environment), ...server.tlsWarnings]) {
      log("security-warning", { reason });
    }
    signals.on("SIGHUP", () => void reloadCertificates(server, log));
  }
  if (flags.maxConnections !== undefined && maxConnections < flags.maxConnections) {
    log("connections-lowered", { requested: flags.maxConnections, allowed: maxConnections });
  }
  log("listening", { address });
  if (admin !== undefined) log("admin", { url: `http://${admin.address}/` });

  logExit(await stopped, log, terminal);
  const { cut, messagesUndelivered } = await server.drain({
    timeoutMs: flags.drainTimeout,
    ...(flags.drainSpread !== undefined && { spreadMs: flags.drainSpread }),
  });
  await admin?.stop();
  flush();
  logStats(server.stats(), log);
  if (cut > 0 || messagesUndelivered > 0) {
    log("cut", { connections: cut, messages: messagesUndelivered });
  }
  return { code: exitCodes.done, stopped };
}

/** The server with its log and its output. */
function start(
  flags: ServerFlags,
  where: SocketAddress &
    Omit<ReturnType<typeof securityOptions>, "warnings"> &
    Awaited<ReturnType<typeof backplaneOptions>>,
  {
    log,
    terminal: { out, outHasColours },
  }: { readonly log: Log<typeof serverEvents>; readonly terminal: Terminal },
): ServerOf<typeof saludo> {
  const print = printerTo(out, log);
  const tagColour = outHasColours ? "32" : undefined;
  const reasonOf = flags.trace ? (end: CloseReason) => end.message : endInOwnWords;
  const server = serveSaludo({
    ...where,
    ...(flags.reusePort === true && { reusePort: true }),
    ...(flags.maxConnections !== undefined && { maxConnections: flags.maxConnections }),
    ...(flags.maxConnectionsPerAddress !== undefined && {
      maxConnectionsPerAddress: flags.maxConnectionsPerAddress,
    }),
    ...(flags.maxBuffered !== undefined && { maxBufferedBytes: flags.maxBuffered }),
    limits: flags.limits,
    words: flags.greeting,
    intervalMs: flags.interval,
    observers: [
      connectionLog({
        log,
        fingerprint: saludo.fingerprint,
        trace: flags.trace,
        quotesPeer: flags.trace,
      }),
      ...(where.backplane === undefined ? [] : [backplaneLog(log)]),
    ],
    onOpen: ({ name }) => log("connected", { connection: name, active: server.connections.size }),
    onClose({ name }, end) {
      const { code } = end;
      const event = isOrdinaryEnd(code) ? "disconnected" : "failed";
      const active = server.connections.size;
      log(event, { connection: name, active, code, reason: reasonOf(end) });
    },
    onSaid(message) {
      const { from, text } = message;
      const isJson = flags.log === "json";
      print(
        isJson ? toJsonText(message) : tagged("RECEIVED", `${from}: ${printable(text)}`, tagColour),
      );
    },
    onNotOpened({ name }, end) {
      log("not-opened", { connection: name, code: end.code, reason: reasonOf(end) });
    },
    onTurnedAway(connection, code) {
      const limit =
        code === "maxConnectionsPerAddress"
          ? flags.maxConnectionsPerAddress
          : server.maxConnections;
      log("turned-away", { connection, code, limit: limit ?? 0 });
    },
    onHandlerError: ({ name }, handler, error) =>
      log("handler-failed", { connection: name, handler, error: describeThrown(error) }),
  });
  return server;
}

/** Prints lines. The server does not wait for their reader: where too much waits, lines are lost. */
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

function logStats(stats: ServerStats, log: Log<typeof serverEvents>): void {
  const { accepted, turnedAway, messagesReceived, messagesSent } = stats;
  const { messagesUndelivered, bytesReceived, bytesSent } = stats;
  const messages = { messagesReceived, messagesSent, messagesUndelivered };
  const ended = describeEnds(stats);
  log("stats", { accepted, turnedAway, ...messages, bytesReceived, bytesSent, ended });
}

/** What cannot be used is told, and changes nothing. */
async function reloadCertificates(
  server: ServerOf<typeof saludo>,
  log: Log<typeof serverEvents>,
): Promise<void> {
  try {
    await server.reloadCertificates();
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    log("reload-failed", { reason: error.message });
    return;
  }
  log("certificates-reloaded", {});
  for (const reason of server.tlsWarnings) log("security-warning", { reason });
}

async function targetOf({ unix, host, port }: ServerFlags): Promise<SocketAddress> {
  if (unix === undefined) return { hostname: await resolveHost(host, port), port };
  await removeStaleSocket(unix);
  return { unix };
}
