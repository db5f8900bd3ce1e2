// Where a program made a call: the beginning of the stack of the error that the call may fail with. When it
// fails, the program's own stack is gone, and an async stack would need an async function around every call.

import { CallError } from "@typewire/protocol";

import { isInstance } from "../thrown.ts";

/**
 * So many calls may be open for the next one's site to be noted. A site costs 0.3 µs: a hundredth of a call that is
 * alone, a fifth of one among 64.
 */
export const MOST_OPEN_NOTED = 4;

/**
 * Lets the stack of `error` begin where its call was made: at the caller of the function that has made `site`, by
 * `new Error()` in itself.
 */
export function beginAt(error: unknown, site: Error): void {
  if (!isInstance(error, CallError)) return;
  try {
    const stack: unknown = site.stack;
    // Without the headline and the function that has noted it. A program may ask for no frames.
    const frames = typeof stack === "string" ? stack.split("\n").slice(2) : [];
    error.stack = [`${error.name}: ${error.message}`, ...frames].join("\n");
  } catch {
    // `Error.prepareStackTrace` is the program's, and JavaScriptCore calls it here, to write a stack too. The call fails
    // as ever.
  }
}
