// Where a program made a call: the beginning of the stack of the error that the call may fail with. When it
// fails, the program's own stack is gone, and an async stack would need an async function around every call.

/**
 * So many calls may be open for the next one's site to be noted. A site costs 0.3 µs: a hundredth of a call that is
 * alone, a fifth of one among 64.
 */
export const MOST_OPEN_NOTED = 4;
