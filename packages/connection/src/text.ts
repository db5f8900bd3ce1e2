// Sentences that cross a trust boundary: what a peer or a thrown value says, made safe for one log line
// and short enough for one `$error`. Which characters are not shown as they are, the protocol knows: no name has them.

import { CallError, TypewireError } from "@typewire/protocol";
import { beginningOf, replaceUnprintable } from "@typewire/protocol/internal";

/** Longest sentence sent to a peer or taken from one, in UTF-16 units. */
const MAX_SENTENCE_LENGTH = 500;

/** `text` as one printable line of well-formed Unicode, of `maxLength` UTF-16 units at most. */
export function oneLine(text: string, maxLength: number = MAX_SENTENCE_LENGTH): string {
  const cut = text.length > maxLength ? `${beginningOf(text, maxLength - 1)}…` : text;
  return replaceUnprintable(cut.toWellFormed(), () => " ");
}

/**
 * One line about a thrown value, whatever it is: also of a `null`, and of an object whose getters throw. For the middle
 * of a sentence: of an error of ours its own sentence, of another its kind too.
 */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof TypewireError || thrown instanceof CallError) {
      return oneLine(thrown.message);
    }
    if (thrown instanceof Error) return oneLine(`${thrown.name}: ${thrown.message}`);
    if (typeof thrown === "string") return oneLine(thrown);
    return `a thrown ${thrown === null ? "null" : typeof thrown}`;
  } catch {
    return "a thrown value that cannot be read";
  }
}
