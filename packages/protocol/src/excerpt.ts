// The beginning of a text that is too long to be shown whole. What else a sentence must not show is the
// connection's to say.

/** The first `length` UTF-16 units of `text`, or one fewer where the last would be half a character. */
export function beginningOf(text: string, length: number): string {
  const cutsPair = text.length > length && (text.codePointAt(length - 1) ?? 0) > 0xff_ff;
  return text.slice(0, cutsPair ? length - 1 : length);
}
