/** The greatest distance of a Date from the epoch, in milliseconds (ECMA-262 §21.4.1.1). */
export const MAX_DATE_MS = 8.64e15;

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** Whether a signed or an unsigned 64-bit integer can hold `value`: what a BigInt may be on the wire. */
export function fits64Bits(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_UINT64;
}
