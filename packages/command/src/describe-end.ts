// Why a connection ended, in a few words for the log. Ordinary ends have words in both languages; errors
// are their code and the English sentence that the peer may have been told as well.

import type { Language } from "./language.ts";

const ordinaryInSpanish: Readonly<Record<string, string>> = {
  done: "este extremo ha cerrado la conexión",
  "peer-closed": "el otro extremo ha cerrado la conexión",
  "connection-reset": "la conexión se ha perdido",
};

/** Whether an end with this code is no fault of either end. */
export function isOrdinaryEnd(code: string): boolean {
  return Object.hasOwn(ordinaryInSpanish, code);
}

/** `code` and `reason` are those of a CloseReason. */
export function describeEnd(code: string, reason: string, language: Language): string {
  const ordinary = ordinaryInSpanish[code];
  if (ordinary !== undefined) return language === "es" ? ordinary : reason;
  return reason.startsWith(code) ? reason : `${code}: ${reason}`;
}
