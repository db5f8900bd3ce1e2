// An order by chance.

/**
 * The same values in random order, each order as likely as any other (Fisher and Yates). `random` is uniform in
 * [0, 1), as `Math.random`: where it is always 0 they stay as they are, and for one value it is not called.
 */
export function shuffled<Value>(values: Iterable<Value>, random: () => number): Value[] {
  const result = [...values];
  for (let at = 0; at < result.length - 1; at += 1) {
    const chosen = at + Math.floor(random() * (result.length - at));
    [result[at], result[chosen]] = [result[chosen] as Value, result[at] as Value];
  }
  return result;
}
