// A running `typewire-client` executable.

import { executable, Program } from "@typewire/testkit";

import { clientTlsFlags } from "./tls.ts";

/** Starts the executable towards a loopback port. */
export function clientProgram(port: number, ...flags: readonly string[]): Program {
  const address = `127.0.0.1:${port}`;
  return new Program([
    executable("client"),
    address,
    "--lang",
    "en",
    ...clientTlsFlags(),
    ...flags,
  ]);
}
