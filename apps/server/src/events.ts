// What the server's log says, in the tutorial's words where the tutorial has words for it. Reasons and
// error texts inside a sentence stay English: they are looked up by their code.

import { describeEnd, logEvent, sharedEvents } from "@typewire/command";

import { busEvents } from "./bus-events.ts";

interface PeerCount {
  connection: string;
  active: number;
}

interface PeerEnd extends PeerCount {
  code: string;
  reason: string;
}

interface Stats {
  accepted: number;
  turnedAway: number;
  messagesReceived: number;
  messagesSent: number;
  messagesUndelivered: number;
  bytesReceived: number;
  bytesSent: number;
  ended: string;
}

const inEnglish = ({ connection, code, reason }: PeerEnd): string =>
  `The server is disconnected from ${connection}: ${describeEnd(code, reason, "en")}`;
const inSpanish = ({ connection, code, reason }: PeerEnd): string =>
  `El servidor se ha desconectado de ${connection}: ${describeEnd(code, reason, "es")}`;
const active = ({ active: count }: PeerCount) => [["ACTIVE CONNECTIONS", `${count}`]] as const;

export const serverEvents = {
  ...sharedEvents,
  ...busEvents,
  starting: logEvent<{ version: string }>({
    level: "info",
    tag: "STARTING",
    en: () => "The server is starting...",
    es: () => "El servidor se está inicializando...",
  }),
  listening: logEvent<{ address: string }>({
    level: "info",
    tag: "LISTENING",
    en: ({ address }) => `The server is listening on ${address}`,
    es: ({ address }) => `El servidor está a la escucha en ${address}`,
  }),
  /** The listener of `--admin`. */
  admin: logEvent<{ url: string }>({
    level: "info",
    tag: "ADMIN",
    en: ({ url }) => `Metrics and the live page are at ${url}`,
    es: ({ url }) => `Las métricas y la página en vivo están en ${url}`,
  }),
  "listen-failed": logEvent<{ code: string; reason: string }>({
    level: "error",
    tag: "ERROR",
    en: ({ reason }) => reason,
    es: ({ reason }) => `El servidor no puede escuchar: ${reason}`,
  }),
  /** `--insecure` was given where it was needed. `risk` is `exposureOf`'s. */
  "open-network": logEvent<{ address: string; risk: string }>({
    level: "warn",
    tag: "WARNING",
    en: ({ address, risk }) => `${address} can be reached from other machines: ${risk}`,
    es: ({ address, risk }) => `${address} es accesible desde otras máquinas: ${risk}`,
  }),
  /** It was not. */
  "too-open": logEvent<{ host: string; risk: string; remedy: string }>({
    level: "error",
    tag: "ERROR",
    en: ({ host, risk, remedy }) =>
      `${host} can be reached from other machines: ${risk}; give ${remedy}, or --insecure`,
    es: ({ host, risk, remedy }) =>
      `${host} es accesible desde otras máquinas: ${risk}; indique ${remedy}, o bien --insecure`,
  }),
  /** What works but should not stay: of certificates, keys, secrets, the environment. */
  "security-warning": logEvent<{ reason: string }>({
    level: "warn",
    tag: "WARNING",
    en: ({ reason }) => reason,
    es: ({ reason }) => reason,
  }),
  "certificates-reloaded": logEvent<Record<never, never>>({
    level: "info",
    tag: "TLS",
    en: () => "The certificates were read again; new connections meet the new ones",
    es: () => "Se han vuelto a leer los certificados; valen para las conexiones nuevas",
  }),
  "reload-failed": logEvent<{ reason: string }>({
    level: "error",
    tag: "TLS",
    en: ({ reason }) => `The certificates in use stay in use: ${reason}`,
    es: ({ reason }) => `Siguen en uso los certificados de antes: ${reason}`,
  }),
  /** A connection that ended before it was open: TLS or the secret failed. */
  "not-opened": logEvent<{ connection: string; code: string; reason: string }>({
    level: "warn",
    tag: "REFUSED",
    en: ({ connection, code, reason }) => `${connection}: ${describeEnd(code, reason, "en")}`,
    es: ({ connection, code, reason }) => `${connection}: ${describeEnd(code, reason, "es")}`,
  }),
  "connections-lowered": logEvent<{ requested: number; allowed: number }>({
    level: "warn",
    tag: "WARNING",
    en: ({ requested, allowed }) =>
      `The limit of open files (ulimit -n) allows ${allowed} connections, not ${requested}`,
    es: ({ requested, allowed }) =>
      `El límite de ficheros abiertos (ulimit -n) permite ${allowed} conexiones, no ${requested}`,
  }),
  connected: logEvent<PeerCount>({
    level: "info",
    tag: "CONNECTED",
    en: ({ connection }) => `The server is connected to ${connection}`,
    es: ({ connection }) => `El servidor se ha conectado a ${connection}`,
    more: active,
  }),
  disconnected: logEvent<PeerEnd>({
    level: "info",
    tag: "DISCONNECTED",
    en: inEnglish,
    es: inSpanish,
    more: active,
  }),
  /** A connection that ended in an error. */
  failed: logEvent<PeerEnd>({
    level: "warn",
    tag: "DISCONNECTED",
    en: inEnglish,
    es: inSpanish,
    more: active,
  }),
  "turned-away": logEvent<{ connection: string; code: string; limit: number }>({
    level: "warn",
    tag: "REFUSED",
    en: ({ connection, code, limit }) =>
      code === "descriptors"
        ? `${connection}: no file descriptor is left for it`
        : `${connection}: the limit of connections${code === "maxConnections" ? "" : " from one address"} is reached (${limit})`,
    es: ({ connection, code, limit }) =>
      code === "descriptors"
        ? `${connection}: no queda ningún descriptor de fichero`
        : `${connection}: se ha alcanzado el límite de conexiones${code === "maxConnections" ? "" : " de una dirección"} (${limit})`,
  }),
  "output-closed": logEvent<{ reason: string }>({
    level: "warn",
    tag: "WARNING",
    en: ({ reason }) => `stdout takes nothing more (${reason}); the server goes on without it`,
    es: ({ reason }) => `stdout no admite nada más (${reason}); el servidor sigue sin ella`,
  }),
  "output-stalled": logEvent<object>({
    level: "warn",
    tag: "WARNING",
    en: () => "Nobody reads stdout; what clients say is not printed until somebody does",
    es: () => "Nadie lee stdout; lo que dicen los clientes no se imprime hasta que alguien lo haga",
  }),
  "output-resumed": logEvent<{ lines: number }>({
    level: "warn",
    tag: "WARNING",
    en: ({ lines }) => `stdout is being read again; lines not printed: ${lines}`,
    es: ({ lines }) => `Se vuelve a leer stdout; líneas no impresas: ${lines}`,
  }),
  /** At the end. `ended` is `describeEnds`'. */
  stats: logEvent<Stats>({
    level: "info",
    tag: "STATS",
    en: (stats) =>
      `${stats.accepted} connections, ${stats.turnedAway} turned away; ` +
      `${stats.messagesReceived} messages in (${stats.bytesReceived} bytes), ` +
      `${stats.messagesSent} out (${stats.bytesSent} bytes), ${stats.messagesUndelivered} not delivered` +
      (stats.ended === "" ? "" : `; ends: ${stats.ended}`),
    es: (stats) =>
      `${stats.accepted} conexiones, ${stats.turnedAway} rechazadas; ` +
      `${stats.messagesReceived} mensajes recibidos (${stats.bytesReceived} bytes), ` +
      `${stats.messagesSent} enviados (${stats.bytesSent} bytes), ${stats.messagesUndelivered} sin entregar` +
      (stats.ended === "" ? "" : `; finales: ${stats.ended}`),
  }),
  cut: logEvent<{ connections: number; messages: number }>({
    level: "warn",
    tag: "WARNING",
    en: ({ connections, messages }) =>
      `${connections} connections did not end in time and were cut; ${messages} messages had not left`,
    es: ({ connections, messages }) =>
      `${connections} conexiones no terminaron a tiempo y fueron cortadas; ${messages} mensajes quedaron sin salir`,
  }),
};
