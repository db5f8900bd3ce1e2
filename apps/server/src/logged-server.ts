// The server of `saludo` with its log, and with its output: what clients say.

import {
  connectionLog,
  endInOwnWords,
  type GuardedWriter,
  isOrdinaryEnd,
  type Log,
  printable,
  tagged,
  type Terminal,
  toJsonText,
} from "@typewire/command";
import { type CloseReason, describeThrown, type SocketAddress } from "@typewire/connection";
import { saludo } from "@typewire/protocol/saludo";
import type { ServerOf } from "@typewire/server";

import { backplaneLog, type BackplaneOptions } from "./backplane.ts";
import type { ServerFlags } from "./command-line.ts";
import type { serverEvents } from "./events.ts";
import type { securityOptions } from "./security-flags.ts";
import { serveSaludo } from "./serve-saludo.ts";

/** Listens, and logs and prints from then on. Throws as `serve`. */
export function serveLogged(
  flags: ServerFlags,
  where: SocketAddress & Omit<ReturnType<typeof securityOptions>, "warnings"> & BackplaneOptions,
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
