// How much memory this process may have, for the bound on what all connections together hold.

/** What the control group allows, or what the machine has; nothing where Bun does not know. */
export function memoryLimit(): { readonly memoryLimitBytes?: number } {
  const memoryLimitBytes = process.constrainedMemory();
  return memoryLimitBytes > 0 ? { memoryLimitBytes } : {};
}
