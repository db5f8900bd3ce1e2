// Where it goes, when the user has not said where, that a handler failed or something should be known.

/** Prints the failure of a handler to stderr, with its stack. */
export function printHandlerError(
  connection: { readonly name: string },
  handlerName: string,
  error: unknown,
): void {
  // oxlint-disable-next-line no-console -- the only voice of a library that was given no other
  console.error(`Handler ${handlerName} of ${connection.name} failed:`, error);
}

/** Prints a sentence for the developer of the program to stderr. */
export function printWarning(sentence: string): void {
  // oxlint-disable-next-line no-console -- the only voice of a library that was given no other
  console.warn(`typewire: ${sentence}`);
}
