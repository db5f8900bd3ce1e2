// When code may be made. Making it takes milliseconds, in which no connection is served, so one message is
// compiled in a turn: from one return to the event loop, or to whatever awaits, until the next.

export class Turns {
  #isTaken = false;

  /** Whether code may be made now; true once in a turn. */
  take(): boolean {
    if (this.#isTaken) return false;
    this.#isTaken = true;
    // The language has no timers; what is promised is run when the caller of all callers has returned.
    void Promise.resolve().then(() => {
      this.#isTaken = false;
    });
    return true;
  }
}
