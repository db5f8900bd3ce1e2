// Secrets come from files and variables, where blanks are an accident: a secret of nothing else is none.

/** The space, the white space of ASCII, and the zeros of a file that was never written. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

/** `bytes` without blanks at both ends, in the same memory; HTTP drops those on the way. */
export function withoutOuterBlanks(bytes: Uint8Array): Uint8Array {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}
