// The executables as child processes, for the tests of ring 3: they start in a fifth of the time that the
// sources take.

import { executable, Program } from "@typewire/testkit";

const client = executable("client");
const server = executable("server");

/** `typewire-client` with these flags. */
export function runMain(...flags: readonly string[]): Program {
  return new Program([client, ...flags]);
}

/** The client under a shell, which sets up what a test cannot: `CLIENT` in the script stands for it. */
export function underShell(script: string): Program {
  return new Program(["/bin/sh", "-c", script.replace("CLIENT", client)]);
}

/** `typewire-server` with these flags. */
export function runServer(...flags: readonly string[]): Program {
  return new Program([server, ...flags]);
}

export interface RunningServer extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
}

/** It on a free port, listening. */
export async function startServer(...flags: readonly string[]): Promise<RunningServer> {
  const program = runServer("--port", "0", ...flags);
  const [, port] = await program.stderr.line(/\[LISTENING\].*127\.0\.0\.1:(\d+)/);
  return {
    program,
    port: Number(port),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
