// What has to be true of the items that arrived through one connection, and how numbers are printed.

/** What is wrong with what arrived of the items that were due, in sentences; and how many are missing. */
export interface Verdict {
  readonly faults: readonly string[];
  /** Items missing before the last that arrived: each cost a flipped bit, or was lost in silence. */
  readonly gaps: number;
}

/**
 * What arrived is the beginning of what was due, once and in order, but for `gaps`. What is missing
 * behind it was on the line when that broke; where it did not break, `isComplete`, nothing is.
 */
export function judge(
  due: readonly number[],
  arrived: readonly number[],
  isComplete: boolean,
): Verdict {
  const faults: string[] = [];
  const counts = new Map<number, number>();
  for (const number of arrived) counts.set(number, (counts.get(number) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count > 1).map(([number]) => number);
  if (twice.length > 0) faults.push(`received ${ranges(twice)} more than once`);
  const late = arrived.filter((number, index) => number < (arrived[index - 1] ?? -1));
  if (late.length > 0) faults.push(`received ${ranges(late)} after later ones`);
  const missing = due.filter((number) => !counts.has(number));
  if (isComplete && missing.length > 0) {
    faults.push(`lost ${ranges(missing)} in silence, on a line that did not break`);
  }
  const last = arrived.reduce((most, number) => Math.max(most, number), -1);
  return { faults, gaps: isComplete ? 0 : missing.filter((number) => number < last).length };
}

export function areEqual(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((number, index) => number === right[index]);
}

/** `3-7 9`, for a message. */
export function ranges(numbers: readonly number[]): string {
  const words: string[] = [];
  for (let index = 0; index < numbers.length; index += 1) {
    const first = numbers[index] ?? 0;
    let last = first;
    while (numbers[index + 1] === last + 1) {
      last += 1;
      index += 1;
    }
    words.push(last === first ? `${first}` : `${first}-${last}`);
  }
  return words.join(" ") || "none";
}
