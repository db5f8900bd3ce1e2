// The environment may not weaken TLS; a variable that would is warned of.

/** Sentences for a log about variables that TLS ignores here. */
export function environmentWarnings(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if (environment["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0") return [];
  return ["NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect: certificates are verified all the same"];
}
