// The figures of a server as Prometheus reads them. A label is a name of the protocol, a code of ours, or a
// limit: a closed set, which no peer can add to.

import { usualCloseCodes } from "@typewire/connection/internal";

import { addBackplane } from "./backplane-metrics.ts";
import { Exposition, type Labels } from "./exposition.ts";
import { reasonsAgainst } from "./health.ts";
import type { Histogram } from "./histogram.ts";
import type { HostResponse } from "./host-types.ts";
import type { Observable } from "./observable.ts";
import { type Observation, observationOf } from "./observation.ts";
import { version } from "./version.ts";

const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

/**
 * The metrics of `server`, as an answer to a scrape. Messages and connections are counted without any scrape
 * too; the first call begins to time handlers and the event loop.
 *
 * @throws TypewireError `option-invalid` where `server` is none; so do the other answers.
 */
export function metrics(server: Observable): HostResponse {
  const text = metricsText(server, observationOf(server));
  return new Response(text, {
    headers: { "Content-Type": TEXT_FORMAT, "Cache-Control": "no-store" },
  });
}

function metricsText(server: Observable, observation: Observation): string {
  const { watch, lag, handlerTimes, busTimes } = observation;
  const stats = server.stats();
  const figures = watch.figures();
  const { name, version: protocolVersion, fingerprint } = watch.protocol;
  const { receivedByType } = figures;
  const times = [...handlerTimes].filter(([type]) => Object.hasOwn(receivedByType, type));
  const callTimes = [...handlerTimes].filter(([type]) => !Object.hasOwn(receivedByType, type));
  // Prometheus sees no increase where a series begins with 1: all that may happen is there, with 0.
  const closed = { ...none(usualCloseCodes), ...stats.closedByReason };
  const exposition = new Exposition()
    .info("typewire_build_info", "The version of Typewire, its host, and the protocol.", {
      version,
      host: hostName(),
      protocol: name,
      protocol_version: `${protocolVersion}`,
      fingerprint,
    })
    .gauge(
      "typewire_ready",
      "1 where the server takes connections, as /readyz says it.",
      reasonsAgainst(server, stats).length === 0 ? 1 : 0,
    )
    .gauge("typewire_connections", "Connections that have not ended.", stats.connections)
    .counter("typewire_connections_opened_total", "Connections let in.", stats.accepted)
    .counterBy("typewire_connections_closed_total", "Connections that have ended.", "code", closed)
    .counterBy(
      "typewire_connections_refused_total",
      "Peers turned away, by the limit that was reached.",
      "limit",
      figures.turnedAwayBy,
    )
    .counterOf("typewire_messages_total", "Messages received (valid ones) and sent.", [
      ...byType("in", receivedByType),
      ...byType("out", figures.sentByType),
    ])
    .counterBy("typewire_bytes_total", "Bytes received and sent, of all frames.", "direction", {
      in: stats.bytesReceived,
      out: stats.bytesSent,
    })
    .counterBy("typewire_messages_refused_total", "Messages of peers that were refused.", "code", {
      "schema-mismatch": stats.messagesRefused,
      "unknown-type": stats.messagesUnknown,
    })
    .counter(
      "typewire_messages_refused_by_peer_total",
      "Messages sent that a peer has refused, as it said.",
      stats.messagesRefusedByPeer,
    )
    .counter(
      "typewire_messages_undelivered_total",
      "Messages sent that could not be handed to the socket whole.",
      stats.messagesUndelivered,
    )
    .counter(
      "typewire_messages_dropped_total",
      'Messages that slow members of a topic did not get (whenSlow: "drop").',
      stats.messagesDropped,
    )
    .counter(
      "typewire_messages_unhandled_total",
      "Valid messages whose handler still waited when their connection ended.",
      stats.messagesUnhandled,
    )
    .gauge("typewire_queue_bytes", "Bytes that wait to be sent or handled.", stats.bufferedBytes)
    .gauge(
      "typewire_queue_limit_bytes",
      "Bytes that all connections together may hold (maxBufferedBytes).",
      figures.maxBufferedBytes,
    )
    .gauge(
      "typewire_slow_connections",
      "Connections for which more waits than softQueueBytes.",
      figures.slowConnections,
    )
    .gauge(
      "typewire_handlers_in_flight",
      "Handlers of messages that have not settled.",
      figures.handlersInFlight,
    )
    .gauge("typewire_calls_in_flight", "Calls that are being answered.", stats.callsInFlight)
    .counterBy("typewire_calls_total", 'Calls that have ended; "ok" with their output.', "code", {
      ok: stats.callsAnswered,
      ...none(watch.protocol.callCodes),
      ...stats.callsFailedByCode,
    })
    .gauge("typewire_topics", "Topics that a connection hears.", figures.topics)
    .histograms(
      "typewire_handler_duration_seconds",
      "Until a message's handler settled: of each type one run in 64, ten more a second at most.",
      labelled("type", times),
    )
    .histograms(
      "typewire_call_duration_seconds",
      "Until a call was answered, sampled as handlers of messages are.",
      labelled("call", callTimes),
    )
    .histograms("typewire_event_loop_lag_seconds", "How late a timer was, ten times a second.", [
      [{}, lag.histogram],
    ]);
  if (stats.backplane !== undefined) addBackplane(exposition, stats.backplane, busTimes);
  return exposition.toString();
}

function none(codes: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(codes.map((code) => [code, 0]));
}

function byType(
  direction: "in" | "out",
  counts: Readonly<Record<string, number>>,
): readonly (readonly [Labels, number])[] {
  return Object.entries(counts).map(([type, count]) => [{ direction, type }, count]);
}

function labelled(
  label: string,
  histograms: readonly (readonly [string, Histogram])[],
): readonly (readonly [Labels, Histogram])[] {
  return histograms.map(([name, histogram]) => [{ [label]: name }, histogram]);
}

/** `Bun/1.4.5`, `Node.js/22`; empty where the host does not say. */
function hostName(): string {
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: unknown } };
  const agent = navigator?.userAgent;
  return typeof agent === "string" ? agent : "";
}
