// `multipleOf` of numbers, in decimal: 143.48 is a multiple of 0.01, although the remainder of the two
// doubles is 0.0099…. A number stands for the shortest decimal that reads back as the same double, which
// is how JavaScript, JSON and most languages write it.

/** A decimal without its sign: `digits` × 10^−`places`. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/** Up to this many units, each multiple of a power of ten is the shortest decimal of its own double. */
const MAX_UNITS = 1e15;
/** Up to this one, powers of ten are doubles without loss. */
const MAX_EXACT_PLACES = 22;

/**
 * A test for multiples of `step`. Nothing is a multiple of 0 or of what is no number, and what is no
 * number is a multiple of nothing.
 */
export function isMultipleOf(step: number): (value: number) => boolean {
  if (!Number.isFinite(step) || step === 0) return () => false;
  const { digits, places } = decimalOf(step);
  const isExact = (value: number): boolean =>
    Number.isFinite(value) && divides(value, digits, places);
  if (places < 0 || places > MAX_EXACT_PLACES || digits > BigInt(Number.MAX_SAFE_INTEGER)) {
    return isExact;
  }
  const [factor, scale] = [Number(digits), 10 ** places];
  return (value) => {
    // The product is off by less than a quarter here, and a quotient is rounded correctly.
    const units = Math.round(value * scale);
    if (!(units <= MAX_UNITS && units >= -MAX_UNITS)) return isExact(value);
    return units / scale === value && units % factor === 0;
  };
}

/** Whether the decimal of `value` is a multiple of `digits` × 10^−`places`, in whole numbers. */
function divides(value: number, digits: bigint, places: number): boolean {
  const decimal = decimalOf(value);
  const shared = Math.max(decimal.places, places);
  const dividend = decimal.digits * 10n ** BigInt(shared - decimal.places);
  return dividend % (digits * 10n ** BigInt(shared - places)) === 0n;
}

/** The shortest decimal that reads back as `value`, its sign left out. */
export function decimalOf(value: number): Decimal {
  const [significand = "", exponent = "0"] = String(Math.abs(value)).split("e");
  const [before = "", behind = ""] = significand.split(".");
  return { digits: BigInt(before + behind), places: behind.length - Number(exponent) };
}
