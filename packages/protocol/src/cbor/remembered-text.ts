// Short ASCII that comes again and again (names, identifiers, states) is made once: a table of the last
// such texts, by a hash of all their bytes. A text is remembered when its hash comes twice running, since
// keeping what comes once costs more than making it. Found text costs a comparison, half of a new string.

import { decodeAscii, decodeText } from "./host-text.ts";

/** Up to this many bytes, text is looked up. */
const REMEMBERED_BYTES = 24;
/** How many texts are remembered, a power of two; a newer one takes the place of an older. */
const PLACES = 4096;

const remembered: string[] = Array.from({ length: PLACES }, () => "");
/** The hash that came last at each place. */
const lastHashes = new Int32Array(PLACES);

/** The text of `bytes[start, end)`; undefined where it is not valid UTF-8 or may not be. */
export function readText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > REMEMBERED_BYTES) return decodeText(bytes, start, end);
  if (length === 0) return "";
  let hash = length;
  let seen = 0;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] as number;
    seen |= byte;
    hash = ((hash << 5) - hash + byte) | 0;
  }
  // Of ASCII, characters can be compared with bytes.
  if (seen >= 0x80) return decodeText(bytes, start, end);
  const place = (hash ^ (hash >>> 12)) & (PLACES - 1);
  if (lastHashes[place] !== hash) {
    lastHashes[place] = hash;
    return decodeAscii(bytes, start, end);
  }
  const known = remembered[place] as string;
  if (known.length === length) {
    let index = 0;
    while (index < length && known.charCodeAt(index) === bytes[start + index]) index += 1;
    if (index === length) return known;
  }
  const text = decodeAscii(bytes, start, end);
  remembered[place] = text;
  return text;
}
