// A process that is told what to do by JSON lines on its stdin, and answers each with one on stdout. It
// ends when its stdin does, so that none outlives the runner. Runs on Bun and on Node.

import { createInterface } from "node:readline";

/** The answer to a command. */
export type Reply = { readonly ok: unknown } | { readonly error: string };

/** Obeys until stdin ends, then calls `end` and ends the process. */
export async function serveJsonLines(
  obey: (command: unknown) => unknown,
  end: () => void = () => {},
): Promise<void> {
  const reply = (line: Reply): void => {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      reply({ ok: await obey(JSON.parse(line)) });
    } catch (error) {
      reply({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  end();
  // Servers and timers of what is measured would keep the process alive.
  process.exit(0);
}
