// The vectors of test/fixtures, with types.

import malformed from "../fixtures/malformed.json";
import refusedEarlier from "../fixtures/refused-before-malformed.json";
import appendixA from "../fixtures/rfc8949-appendix-a.json";

export interface AppendixAVector {
  readonly hex: string;
  readonly diagnostic: string;
}

export interface MalformedVector {
  readonly hex: string;
  readonly class: string;
  readonly why: string;
  /** "yes", "no", or "yes+trailing". */
  readonly wellFormed: string;
}

/** RFC 8949 appendix A. */
export const appendixAVectors: readonly AppendixAVector[] = appendixA.vectors;

/** Inputs that are not well-formed, or well-formed and odd. */
export const malformedVectors: readonly MalformedVector[] = malformed;

/** Those that are not well-formed and meet another refusal first. */
export const refusedBeforeMalformed: ReadonlySet<string> = new Set([
  ...refusedEarlier.tag,
  ...refusedEarlier["indefinite length"],
  ...refusedEarlier.key,
]);
