// The checks of formats are a program's own code, registered with TypeBox: called for both ends of a
// message here, and nowhere else.

import { FormatRegistry } from "@sinclair/typebox";

/**
 * Whether the check of `format` takes a text. It is looked up at every call, so that registering it anew
 * takes effect. A check that throws has not taken the text, whatever a peer made it throw with.
 */
export function formatCheck(format: string): (value: string) => boolean {
  return (value) => {
    try {
      return Boolean(FormatRegistry.Get(format)?.(value));
    } catch {
      return false;
    }
  };
}
