// Frames in hex.

/** Hex of a header and of this payload. */
export function frame(payload: string): string {
  const hex = payload.replaceAll(" ", "");
  return ascii(String(hex.length / 2).padEnd(10)) + hex;
}

/** Hex of text. */
export function ascii(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}
