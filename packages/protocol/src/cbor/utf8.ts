// UTF-8 as RFC 3629 §4 has it: no overlong forms, no surrogates, nothing above U+10FFFF.

/** The offset of the first byte in `bytes[start, end)` that is not part of valid UTF-8; −1 when there is none. */
export function utf8ErrorAt(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end) {
    const lead = bytes[position] ?? 0;
    if (lead < 0x80) {
      position += 1;
      continue;
    }
    const length = sequenceLength(lead);
    if (length === 0 || position + length > end) return position;
    const second = bytes[position + 1] ?? 0;
    if (!isSecondByte(lead, second)) return position;
    for (let index = position + 2; index < position + length; index += 1) {
      if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return position;
    }
    position += length;
  }
  return -1;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/** The second byte is where overlong forms, surrogates and too large code points show. */
function isSecondByte(lead: number, second: number): boolean {
  switch (lead) {
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf;
    case 0xed:
      return second >= 0x80 && second <= 0x9f;
    case 0xf0:
      return second >= 0x90 && second <= 0xbf;
    case 0xf4:
      return second >= 0x80 && second <= 0x8f;
    default:
      return (second & 0xc0) === 0x80;
  }
}
