// A short name for the exact schemas of a protocol, so that two ends can notice that theirs differ. It is
// FNV-1a of 64 bits over the UTF-8 of canonical JSON (docs/wire.md): it tells versions apart and is no
// protection against forgery.

// 64 bits as two words: a BigInt for every byte would take a second for hundreds of large messages.
const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
/** The prime is 2^40 + 0x1b3. */
const PRIME_LOW = 0x1b3;
const WORD = 2 ** 32;

/** Sixteen hexadecimal digits of `canonical`, which is well-formed Unicode. */
export function fingerprintOf(canonical: string): string {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  const mix = (byte: number): void => {
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * PRIME_LOW;
    // The low word times 2^40 is its last 24 bits in the high one.
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / WORD) + (mixed << 8)) >>> 0;
    low = product % WORD;
  };
  for (let index = 0; index < canonical.length; index += 1) {
    const unit = canonical.charCodeAt(index);
    if (unit < 0x80) {
      mix(unit);
      continue;
    }
    const point = canonical.codePointAt(index) ?? unit;
    if (point > 0xffff) index += 1;
    for (const byte of utf8Of(point)) mix(byte);
  }
  return [high, low].map((word) => word.toString(16).padStart(8, "0")).join("");
}

/** The bytes of a code point beyond ASCII (RFC 3629 §3). */
function utf8Of(point: number): readonly number[] {
  const tail = (shift: number): number => 0x80 | ((point >> shift) & 0x3f);
  if (point < 0x800) return [0xc0 | (point >> 6), tail(0)];
  if (point < 0x10000) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
