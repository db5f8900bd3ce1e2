// Which characters are not shown as they are, for all packages: a terminal obeys them, they reorder or break a line,
// or they hide in it. What stands in their place is for others to say.

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
