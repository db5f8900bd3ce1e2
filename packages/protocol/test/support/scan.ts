import { type MarkedText, Scanner } from "../../src/cbor/scan.ts";
import { type DecodeLimits, defaultLimits } from "../../src/limits.ts";
import { embed } from "./bytes.ts";
import { outcomeOf } from "./errors.ts";

interface ScanOptions extends Partial<DecodeLimits> {
  readonly allowUndefined?: boolean;
}

// Two for all tests: nothing of one payload may remain for the next.
const strict = new Scanner({ allowUndefined: false });
const lenient = new Scanner({ allowUndefined: true });

/** Scans a payload that stands amid bytes that would go on with it, so that reading on shows. */
export function scan(
  payload: Uint8Array,
  { allowUndefined = false, ...limits }: ScanOptions = {},
): readonly MarkedText[] {
  const { bytes, start, end } = embed(payload, 0x00);
  const scanner = allowUndefined ? lenient : strict;
  return scanner.scan(bytes, start, end, { ...defaultLimits, ...limits });
}

/** "accepted", or the code of the refusal. */
export function verdictOf(payload: Uint8Array, options?: ScanOptions): string {
  return outcomeOf(() => scan(payload, options));
}
