// The executable as a child process on a free port, for the tests of ring 3: it starts in a fifth of the time
// that the sources take.

import { executable, Program } from "@typewire/testkit";

const server = executable("server");

/** `typewire-server` with these flags. */
export function runMain(...flags: readonly string[]): Program {
  return new Program([server, ...flags]);
}

export interface RunningServer extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
}

/** A server that listens on 127.0.0.1 with English sentences. */
export async function startServer(...flags: readonly string[]): Promise<RunningServer> {
  const program = runMain("--port", "0", ...flags);
  const [, port] = await program.stderr.line(/listening.*127\.0\.0\.1:(\d+)/);
  return {
    program,
    port: Number(port),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
