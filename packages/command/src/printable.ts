// Makes text from a peer safe to show. A terminal obeys what it is shown (ESC sequences, C1 controls),
// and direction marks reorder the line that holds them, so each of these characters is replaced by
// its JSON escape. Everything that a command prints passes through here, on stdout and on stderr.

/** Controls (C0, DEL, C1), separators of lines, marks of direction, the byte order mark, lone surrogates. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}\ufeff]/gu;

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `text` on one line, with nothing in it that a terminal obeys. Valid JSON stays the same JSON. */
export function printable(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(4, "0");
  return shortEscapes[character] ?? `\\u${code}`;
}
