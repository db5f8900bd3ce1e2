// Where the stack of an error of ours begins: at the line of the program that asked. What is shown of an error
// that the program does not catch is that line then, and not one of ours.

import { CallError } from "./call-error.ts";
import { TypewireError } from "./errors.ts";
import { isInstance } from "./thrown.ts";

/**
 * Lets the stack of `error` begin at the caller of the function that has made `site`, by `new Error()` in itself.
 * Nothing for an error that is not ours. Never throws.
 */
export function beginAt(error: unknown, site: Error): void {
  if (!isInstance(error, CallError) && !isInstance(error, TypewireError)) return;
  try {
    const stack: unknown = site.stack;
    // Without the headline and the function that has noted it. A program may ask for no frames.
    const frames = typeof stack === "string" ? stack.split("\n").slice(2) : [];
    error.stack = [`${error.name}: ${error.message}`, ...frames.map(named)].join("\n");
  } catch {
    // `Error.prepareStackTrace` is the program's, and JavaScriptCore calls it here, to write a stack too. What the error
    // says is told as ever.
  }
}

/** Runs `work`. What it throws of ours begins as `beginAt` says. */
export function beginningAt<Result>(site: Error, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    beginAt(error, site);
    throw error;
  }
}

/**
 * A frame at the top of a module has no name, and Bun reads a stack that was set only as far as its frames have one:
 * tests/assumptions/engine.test.ts.
 */
function named(frame: string): string {
  return frame.replace(/^( *at (?:async )?)([^()]+:\d+:\d+)$/, "$1<anonymous> ($2)");
}
