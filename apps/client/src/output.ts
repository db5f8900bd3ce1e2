// How a message looks on stdout: one line in each of four formats.

import { printable, readable, tagged, toJsonText } from "@typewire/command";
import { toDiagnostic } from "@typewire/protocol/internal";
import type { SaludoServerMessage } from "@typewire/protocol/saludo";

export const outputFormats = ["human", "json", "diag", "hex"] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Makes the line of a message that came as the payload `bytes[start, end)`, without the newline. */
export type Formatter = (
  message: SaludoServerMessage,
  bytes: Uint8Array,
  start: number,
  end: number,
) => string;

/** The formatter of `format`. `colours` concerns the human one. */
export function formatterOf(format: OutputFormat, colours: boolean): Formatter {
  const colour = colours ? "32" : undefined;
  const formatters: Readonly<Record<OutputFormat, Formatter>> = {
    human: (message) => tagged("RECEIVED", humanText(message), colour),
    json: (message) => toJsonText(message),
    diag: (_message, bytes, start, end) => printable(toDiagnostic(bytes, start, end)),
    hex: (_message, bytes, start, end) => bytes.subarray(start, end).toHex(),
  };
  return formatters[format];
}

function humanText(message: SaludoServerMessage): string {
  switch (message.type) {
    case "welcome":
      return printable(message.text);
    case "greeting":
      return readable(message.words);
    case "said":
      return printable(`${message.from}: ${message.text}`);
  }
}
