// Starting the two executables means here: port 0, loopback, nothing inherited from this environment.

import { executable, Program } from "@typewire/testkit";

/** A running `typewire-server` and the port that it took. */
export interface RunningServer extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
}

/** Starts `typewire-server` on a free loopback port and waits until it listens. */
export async function startServer(...flags: readonly string[]): Promise<RunningServer> {
  const program = new Program([executable("server"), "--port", "0", "--lang", "en", ...flags]);
  const [, port] = await program.stderr.line(/\[LISTENING\].*127\.0\.0\.1:(\d+)/);
  return {
    program,
    port: Number(port),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** Starts `typewire-client` towards a loopback port. */
export function startClient(port: number, ...flags: readonly string[]): Program {
  return new Program([executable("client"), `127.0.0.1:${port}`, "--lang", "en", ...flags]);
}
