// The words that a `$hello` may have in its `features`: what an end can do that its fingerprint does not say.

/** The end's protocol has calls, whatever its fingerprint is. */
export const CALLS_FEATURE = "calls";

/** The end is told of gaps, in `$gap`. */
export const GAP_FEATURE = "gap";
