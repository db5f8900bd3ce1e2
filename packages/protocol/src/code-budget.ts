// When code may be made, and how much of it for checks. Making it takes milliseconds, in which no connection
// is served, so one piece is made in a turn: from one return to the event loop, or to whatever awaits, until
// the next.

/** What was used so often may be compiled. */
export const USES_BEFORE_CODE = 16;

/** Types that the compiled checks of a protocol may hold together: some 2 MB of source. */
const MAX_CHECKED_TYPES = 20_000;

/** What the two directions of a protocol may spend. */
export class CodeBudget {
  #isTurnTaken = false;
  #checkedTypes = 0;

  /** Whether code may be made now; true once in a turn. */
  takeTurn(): boolean {
    if (this.#isTurnTaken) return false;
    this.#isTurnTaken = true;
    // The language has no timers; what is promised is run when the caller of all callers has returned.
    void Promise.resolve().then(() => {
      this.#isTurnTaken = false;
    });
    return true;
  }

  /** Whether a check of so many types may be compiled, which then counts. */
  takeTypes(count: number): boolean {
    if (this.#checkedTypes + count > MAX_CHECKED_TYPES) return false;
    this.#checkedTypes += count;
    return true;
  }
}
