// What the server's log says of the bus and of the other servers, with `--backplane`. Reasons stay English.

import { logEvent } from "@typewire/command";

interface OtherServer {
  node: string;
  servers: number;
}

const tag = "BACKPLANE";

export const busEvents = {
  /** `address` is that of the NATS that took it. */
  "bus-up": logEvent<{ address: string }>({
    level: "info",
    tag,
    en: ({ address }) => `The server is joined to the others at ${address}`,
    es: ({ address }) => `El servidor está unido a los demás en ${address}`,
  }),
  "bus-down": logEvent<{ reason: string }>({
    level: "warn",
    tag,
    en: ({ reason }) => `The other servers cannot be reached: ${reason}`,
    es: ({ reason }) => `No se puede alcanzar a los demás servidores: ${reason}`,
  }),
  /** For good. */
  "bus-failed": logEvent<{ reason: string }>({
    level: "error",
    tag,
    en: ({ reason }) => `The server stays alone: ${reason}`,
    es: ({ reason }) => `El servidor se queda solo: ${reason}`,
  }),
  "bus-refused": logEvent<{ reason: string }>({
    level: "warn",
    tag,
    en: ({ reason }) => `NATS goes on without something that it has refused: ${reason}`,
    es: ({ reason }) => `NATS sigue sin algo que ha rechazado: ${reason}`,
  }),
  /** `servers` are those that are heard then, this one among them. */
  "server-joined": logEvent<OtherServer>({
    level: "info",
    tag,
    en: ({ node, servers }) => `The server ${node} has come; there are ${servers}`,
    es: ({ node, servers }) => `Ha llegado el servidor ${node}; son ${servers}`,
  }),
  "server-left": logEvent<OtherServer>({
    level: "info",
    tag,
    en: ({ node, servers }) => `The server ${node} has left; there are ${servers}`,
    es: ({ node, servers }) => `Se ha ido el servidor ${node}; quedan ${servers}`,
  }),
  "server-lost": logEvent<OtherServer & { silentMs: number }>({
    level: "warn",
    tag,
    en: ({ node, servers, silentMs }) =>
      `The server ${node} has not been heard for ${silentMs} ms; there are ${servers}`,
    es: ({ node, servers, silentMs }) =>
      `Hace ${silentMs} ms que no se oye al servidor ${node}; quedan ${servers}`,
  }),
  "server-other-schema": logEvent<{ node: string; theirs: string; ours: string }>({
    level: "warn",
    tag,
    en: ({ node, theirs, ours }) =>
      `The server ${node} has another schema of this protocol (${theirs}, here ${ours})`,
    es: ({ node, theirs, ours }) =>
      `El servidor ${node} tiene otro esquema de este protocolo (${theirs}, aquí ${ours})`,
  }),
  /** Messages of another server that have not come here. */
  gap: logEvent<{ node: string; from: number; missed: number }>({
    level: "warn",
    tag,
    en: ({ node, from, missed }) =>
      `${missed} messages of the server ${node} have not come, from number ${from} on`,
    es: ({ node, from, missed }) =>
      `No han llegado ${missed} mensajes del servidor ${node}, desde el número ${from}`,
  }),
  /** `--reuse-port` without `--backplane`. */
  "port-shared": logEvent<object>({
    level: "warn",
    tag: "WARNING",
    en: () =>
      "Without --backplane what a client says reaches the clients of this process, not those of the others on this port",
    es: () =>
      "Sin --backplane lo que dice un cliente llega a los clientes de este proceso, no a los de los demás de este puerto",
  }),
};
