// Sentences that cross a trust boundary: what a peer or a thrown value says, made safe for one log line
// and short enough for one `$error`. Says for all packages which characters are not shown as they are.

import { CallError, TypewireError } from "@typewire/protocol";
import { beginningOf } from "@typewire/protocol/internal";

/** Longest sentence sent to a peer or taken from one, in UTF-16 units. */
const MAX_SENTENCE_LENGTH = 500;

/** What breaks a line, drives a terminal, reorders text, or is not to be seen (Unicode, UAX #44). */
const UNSEEN = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]`;

/** Scripts whose letters do not join, so that a joiner between them only hides. */
const UNJOINED = String.raw`[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Hani}\p{sc=Hang}\p{sc=Zyyy}]`;

/** Where such a character stays, because text is wrong without it: emoji and keycaps, letters that join. */
const KEPT = [
  String.raw`(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})`,
  String.raw`(?<=\p{Extended_Pictographic})\ufe0f`,
  String.raw`(?<=[\d#*])\ufe0f(?=\u20e3)`,
  String.raw`(?<=(?!${UNJOINED})[\p{L}\p{M}])[\u200c\u200d](?=(?!${UNJOINED})[\p{L}\p{M}])`,
].join("|");

const UNPRINTABLE = new RegExp(`(?:(?=${UNSEEN})(?!${KEPT})[^])+`, "gu");

/** `text` with every run of characters that are not to be shown replaced by what `replace` makes of the run. */
export function replaceUnprintable(text: string, replace: (run: string) => string): string {
  return text.replace(UNPRINTABLE, replace);
}

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
