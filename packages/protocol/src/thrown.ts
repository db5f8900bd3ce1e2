// What a program may throw is anything: also what throws itself when it is asked what it is.

/** `thrown instanceof kind`; false for a revoked proxy, and whatever else cannot be asked. Never throws. */
export function isInstance<Kind>(
  thrown: unknown,
  kind: abstract new (...given: never[]) => Kind,
): thrown is Kind {
  try {
    return thrown instanceof kind;
  } catch {
    return false;
  }
}
