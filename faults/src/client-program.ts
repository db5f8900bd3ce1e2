// A running `typewire-client` executable.

import { executable, Program } from "@typewire/testkit";

/** Starts the executable towards a loopback port. */
export function clientProgram(port: number, ...flags: readonly string[]): Program {
  return new Program([executable("client"), `127.0.0.1:${port}`, "--lang", "en", ...flags]);
}
