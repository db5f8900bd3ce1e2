// The stack of an error of ours that the program hears of later than it asked: it begins where the program did.

import { CallError, TypewireError } from "@typewire/protocol";

import { isInstance } from "./thrown.ts";

/**
 * Lets the stack of `error` begin at the caller of the function that has made `site`, by `new Error()` in itself.
 * Nothing for an error that is not ours.
 */
export function beginAt(error: unknown, site: Error): void {
  if (!isInstance(error, CallError) && !isInstance(error, TypewireError)) return;
  try {
    const stack: unknown = site.stack;
    // Without the headline and the function that has noted it. A program may ask for no frames.
    const frames = typeof stack === "string" ? stack.split("\n").slice(2) : [];
    error.stack = [`${error.name}: ${error.message}`, ...frames].join("\n");
  } catch {
    // `Error.prepareStackTrace` is the program's, and JavaScriptCore calls it here, to write a stack too. What the error
    // says is told as ever.
  }
}
