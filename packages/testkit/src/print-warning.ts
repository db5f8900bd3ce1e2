// Where `connectInMemory` says what a process would print. The console is the one thing that it takes of a host,
// and every host has it.

/** Prints what a test should either mend or say that it expects. */
export function printWarning(sentence: string): void {
  // oxlint-disable-next-line no-console -- as `serve` and `connect` do
  console.warn(`typewire: ${sentence}`);
}
