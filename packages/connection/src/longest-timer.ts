// The bound on every duration that a program or a peer gives.

/** The longest time that a timer of the host takes, in milliseconds, 24.8 days: beyond it, it fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
