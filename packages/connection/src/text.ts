// Sentences that cross a trust boundary: what a peer or a thrown value says, made safe for one log line
// and short enough for one `$error`.

/** Longest sentence sent to a peer or taken from one, in UTF-16 units. */
const MAX_SENTENCE_LENGTH = 500;

/** Control characters, line separators, and the marks that reorder or hide text on a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** `text` as one printable line of well-formed Unicode, cut at `maxLength` UTF-16 units. */
export function oneLine(text: string, maxLength: number = MAX_SENTENCE_LENGTH): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return cut.toWellFormed().replace(UNPRINTABLE, " ");
}

/** One line about a thrown value, whatever it is: also of a `null`, and of an object whose getters throw. */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return oneLine(`${thrown.name}: ${thrown.message}`);
    if (typeof thrown === "string") return oneLine(thrown);
    return `a thrown ${thrown === null ? "null" : typeof thrown}`;
  } catch {
    return "a thrown value that cannot be read";
  }
}
