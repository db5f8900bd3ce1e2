// What the client's log says, in the tutorial's words where the tutorial has words for it. Reasons and
// error texts inside a sentence stay English: they are looked up by their code.

import { describeEnd, type Language, logEvent, sharedEvents } from "@typewire/command";

interface Failure {
  code: string;
  reason: string;
}

function nextAttempt({ delayMs }: { delayMs: number }, language: Language): string {
  const seconds = (delayMs / 1000).toFixed(1);
  return language === "es"
    ? `el próximo intento será en ${seconds}s`
    : `the next attempt is in ${seconds}s`;
}

export const clientEvents = {
  ...sharedEvents,
  connecting: logEvent<{ address: string }>({
    level: "info",
    tag: "CONNECTING",
    en: ({ address }) => `The client is connecting to the server at ${address}...`,
    es: ({ address }) => `cliente conectando al servidor... (${address})`,
  }),
  connected: logEvent<{ address: string }>({
    level: "info",
    tag: "CONNECTED",
    en: ({ address }) => `The client is connected to the server at ${address}`,
    es: ({ address }) => `cliente conectado al servidor en ${address}`,
  }),
  "connect-failed": logEvent<Failure>({
    level: "error",
    tag: "ERROR",
    en: ({ reason }) => reason,
    es: ({ reason }) => `el cliente no puede conectar: ${reason}`,
  }),
  /** Lost for now. `address` is that of the server which was lost. */
  lost: logEvent<Failure & { address: string; delayMs: number }>({
    level: "warn",
    tag: "DISCONNECTED",
    en: (lost) => `${describeEnd(lost.code, lost.reason, "en")}; ${nextAttempt(lost, "en")}`,
    es: (lost) => `${describeEnd(lost.code, lost.reason, "es")}; ${nextAttempt(lost, "es")}`,
  }),
  /** Another attempt has failed. */
  "still-lost": logEvent<Failure & { address: string; delayMs: number }>({
    level: "warn",
    tag: "CONNECTING",
    en: (lost) => `${lost.reason}; ${nextAttempt(lost, "en")}`,
    es: (lost) => `${lost.reason}; ${nextAttempt(lost, "es")}`,
  }),
  undelivered: logEvent<{ messages: number }>({
    level: "warn",
    tag: "WARNING",
    en: ({ messages }) =>
      `${messages} messages had not left when the connection ended, and are lost`,
    es: ({ messages }) =>
      `${messages} mensajes no habían salido al terminar la conexión, y se han perdido`,
  }),
  /** Lost for good. */
  disconnected: logEvent<Failure>({
    level: "error",
    tag: "DISCONNECTED",
    en: ({ code, reason }) => describeEnd(code, reason, "en"),
    es: ({ code, reason }) => describeEnd(code, reason, "es"),
  }),
  /** What works but should not stay: of certificates, keys, secrets, the environment. */
  "security-warning": logEvent<{ reason: string }>({
    level: "warn",
    tag: "WARNING",
    en: ({ reason }) => reason,
    es: ({ reason }) => reason,
  }),
  "timed-out": logEvent<{ received: number; timeout: string }>({
    level: "error",
    tag: "ERROR",
    en: ({ received, timeout }) => `--timeout ${timeout} is over; messages received: ${received}`,
    es: ({ received, timeout }) =>
      `--timeout ${timeout} ha vencido; mensajes recibidos: ${received}`,
  }),
  "input-invalid": logEvent<{ line: number; reason: string }>({
    level: "error",
    tag: "ERROR",
    en: ({ line, reason }) => `Line ${line} of stdin was not sent: ${reason}`,
    es: ({ line, reason }) => `La línea ${line} de stdin no se ha enviado: ${reason}`,
  }),
  /** At the end, of lines that the client did not take any more. */
  "input-unsent": logEvent({
    level: "error",
    tag: "ERROR",
    en: () => "Lines that were read from stdin were not sent",
    es: () => "No se han enviado líneas leídas de stdin",
  }),
  "output-failed": logEvent<{ reason: string }>({
    level: "error",
    tag: "ERROR",
    en: ({ reason }) => `stdout cannot be written: ${reason}`,
    es: ({ reason }) => `no se puede escribir en stdout: ${reason}`,
  }),
};
