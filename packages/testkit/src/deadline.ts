// The only waiting that tests of real processes and sockets do: for something, and not for ever.

/** Longest wait for something that comes at once on a machine that is not overloaded, in milliseconds. */
export const DEFAULT_WAIT_MS = 10_000;

/** `promise`, or a rejection that says what was awaited, and what had come instead. */
export async function within<T>(
  promise: Promise<T>,
  awaited: () => string,
  waitMs: number = DEFAULT_WAIT_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`After ${waitMs} ms: ${awaited()}`)), waitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
