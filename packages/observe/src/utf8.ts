// Text as bytes.

const encoder = new TextEncoder();

/** `text` in UTF-8, in memory of its own. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, encoder.encodeInto(text, bytes).written);
}
