// What the server's log says, in the tutorial's words where the tutorial has words for it. Reasons and
// error texts inside a sentence stay English: they are looked up by their code.

import { describeEnd, logEvent, sharedEvents } from "@typewire/command";

interface PeerCount {
  connection: string;
  active: number;
}

interface PeerEnd extends PeerCount {
  code: string;
  reason: string;
}

const inEnglish = ({ connection, code, reason }: PeerEnd): string =>
  `The server is disconnected from ${connection}: ${describeEnd(code, reason, "en")}`;
const inSpanish = ({ connection, code, reason }: PeerEnd): string =>
  `El servidor se ha desconectado de ${connection}: ${describeEnd(code, reason, "es")}`;
const active = ({ active: count }: PeerCount) => [["ACTIVE CONNECTIONS", `${count}`]] as const;

export const serverEvents = {
  ...sharedEvents,
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
  "listen-failed": logEvent<{ code: string; reason: string }>({
    level: "error",
    tag: "ERROR",
    en: ({ reason }) => reason,
    es: ({ reason }) => `El servidor no puede escuchar: ${reason}`,
  }),
  "open-network": logEvent<{ address: string }>({
    level: "warn",
    tag: "WARNING",
    en: ({ address }) =>
      `${address} can be reached from other machines, and traffic is neither encrypted nor authenticated`,
    es: ({ address }) =>
      `${address} es accesible desde otras máquinas, y el tráfico no va ni cifrado ni autenticado`,
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
  "turned-away": logEvent<{ connection: string; limit: number }>({
    level: "warn",
    tag: "REFUSED",
    en: ({ connection, limit }) => `${connection}: the limit of connections is reached (${limit})`,
    es: ({ connection, limit }) =>
      `${connection}: se ha alcanzado el límite de conexiones (${limit})`,
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
  cut: logEvent<{ connections: number }>({
    level: "warn",
    tag: "WARNING",
    en: ({ connections }) => `Connections cut because they did not end in time: ${connections}`,
    es: ({ connections }) => `Conexiones cortadas por no terminar a tiempo: ${connections}`,
  }),
};
