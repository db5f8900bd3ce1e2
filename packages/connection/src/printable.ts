// Makes text from a peer safe to show. A terminal obeys what it is shown (ESC sequences, C1 controls), direction
// marks reorder the line that holds them, and what is not to be seen hides in it: each of these characters is
// replaced by its JSON escape. Everything that a command prints passes through here, and what the live page shows of
// peers. Which characters these are, `replaceUnprintable` knows.

import { replaceUnprintable } from "@typewire/protocol/internal";

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `text` on one line, with nothing in it that a terminal obeys or hides. Valid JSON stays the same JSON. */
export function printable(text: string): string {
  return replaceUnprintable(text, (run) => run.replace(/[^]/g, escapeUnit));
}

/** The escape of one UTF-16 unit: JSON has none for a whole pair. */
function escapeUnit(unit: string): string {
  const code = unit.charCodeAt(0).toString(16).padStart(4, "0");
  return shortEscapes[unit] ?? `\\u${code}`;
}
