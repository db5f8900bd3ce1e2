// One run of the command: reads nothing, decides nothing about bytes; puts flags, log, signals and the server
// together, and says how it ended.

import { environmentWarnings, removeStaleSocket, tryCertificates } from "@typewire/bun";
import type { HttpListening } from "@typewire/bun/http";
import {
  exitCodes,
  type Log,
  logExit,
  type RunContext,
  type RunEnd,
  startRun,
} from "@typewire/command";
import type { SocketAddress } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import type { saludo } from "@typewire/protocol/saludo";
import type { ServerOf, ServerStats } from "@typewire/server";

import { planAdmin } from "./admin.ts";
import { planBackplane } from "./backplane.ts";
import type { ServerFlags } from "./command-line.ts";
import { describeEnds } from "./describe-ends.ts";
import { serverEvents } from "./events.ts";
import { exposureOf, remedyOf } from "./exposure.ts";
import { resolveHost } from "./host.ts";
import { serveLogged } from "./logged-server.ts";
import { version } from "./program.ts";
import { guardsOf, securityOptions } from "./security-flags.ts";

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
    if (flags.reusePort === true && flags.backplane === undefined) log("port-shared", {});
    const bus = await planBackplane(flags);
    for (const reason of bus.warnings) log("security-warning", { reason });
    const where = { ...target, ...security, ...bus.options };
    server = serveLogged(flags, where, { log, terminal });
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
