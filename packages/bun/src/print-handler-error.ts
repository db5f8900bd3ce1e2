// Where a handler's failure goes when the user has not said where.

/** Prints the failure of a handler to stderr, with its stack. */
export function printHandlerError(
  connection: { readonly name: string },
  handlerName: string,
  error: unknown,
): void {
  // oxlint-disable-next-line no-console -- the only voice of a library that was given no other
  console.error(`Handler ${handlerName} of ${connection.name} failed:`, error);
}
