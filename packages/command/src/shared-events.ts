// The log events that both commands have: what a connection's peer did wrong, the end by a signal, and what
// `--trace` shows of each message, in the tutorial's order and with its tags.

import { logEvent } from "./log.ts";

/** One message on its way. `header` is the ten bytes before the payload, `encoded` the payload in hex. */
export interface TracedMessage {
  connection: string;
  type: string;
  message: string;
  encoded: string;
  header: string;
}

const MAX_TRACED_LENGTH = 8192;

const withReason = (text: string, reason: string): string =>
  reason === "" ? text : `${text}: ${reason}`;

export const sharedEvents = {
  exiting: logEvent<{ signal: string }>({
    level: "info",
    tag: "!",
    en: () => "EXITING!!",
    es: () => "SALIENDO!!",
  }),
  sent: logEvent<TracedMessage>({
    level: "info",
    tag: "TYPE",
    en: ({ type, connection }) => `${type}, to ${connection}`,
    es: ({ type, connection }) => `${type}, para ${connection}`,
    more: ({ message, encoded, header }) => [
      ["MESSAGE", message],
      ["MESSAGE ENCODED", encoded],
      ["HEADER", header],
    ],
    maxFieldLength: MAX_TRACED_LENGTH,
    counted: "never",
  }),
  received: logEvent<TracedMessage>({
    level: "info",
    tag: "HEADER",
    en: ({ header, connection }) => `${header}, from ${connection}`,
    es: ({ header, connection }) => `${header}, de ${connection}`,
    more: ({ message, encoded }) => [
      ["RECEIVED ENCODED", encoded],
      ["RECEIVED DECODED", message],
    ],
    maxFieldLength: MAX_TRACED_LENGTH,
    counted: "never",
  }),
  refused: logEvent<{ connection: string; code: string; reason: string }>({
    level: "warn",
    tag: "REFUSED",
    en: ({ connection, reason }) => `A message from ${connection}: ${reason}`,
    es: ({ connection, reason }) => `Un mensaje de ${connection}: ${reason}`,
  }),
  /** `code` and, where it is quoted, `reason` are the peer's words. */
  "peer-error": logEvent<{ connection: string; code: string; reason: string }>({
    level: "warn",
    tag: "WARNING",
    en: ({ connection, code, reason }) => withReason(`${connection} reports ${code}`, reason),
    es: ({ connection, code, reason }) => withReason(`${connection} comunica ${code}`, reason),
    counted: "as one",
  }),
  "other-schema": logEvent<{ connection: string; theirs: string; ours: string }>({
    level: "warn",
    tag: "WARNING",
    en: ({ connection, theirs, ours }) =>
      `${connection} has another schema of this protocol (${theirs}, here ${ours})`,
    es: ({ connection, theirs, ours }) =>
      `${connection} tiene otro esquema de este protocolo (${theirs}, aquí ${ours})`,
  }),
  /** Of `limitLog`. `reason` is an event's name, and its code where it has one. */
  suppressed: logEvent<{ reason: string; lines: number }>({
    level: "warn",
    tag: "SUPPRESSED",
    en: ({ reason, lines }) => `${lines} more lines: ${reason}`,
    es: ({ reason, lines }) => `${lines} líneas más: ${reason}`,
  }),
  "handler-failed": logEvent<{ connection: string; handler: string; error: string }>({
    level: "error",
    tag: "ERROR",
    en: ({ connection, handler, error }) => `Handling ${handler} of ${connection} failed: ${error}`,
    es: ({ connection, handler, error }) =>
      `Falló el manejo de ${handler} de ${connection}: ${error}`,
    maxFieldLength: 4000,
  }),
};
