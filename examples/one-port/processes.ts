// Several processes on one port by one command: `bun processes.ts COUNT`, by default one for each core. One that
// dies is started again. Ctrl+C ends all.

import { availableParallelism } from "node:os";
import { join } from "node:path";

const count = Number(process.argv[2] ?? availableParallelism());
const running = new Set<Bun.Subprocess>();
let isOver = false;

function start(): void {
  const command = [process.execPath, join(import.meta.dir, "server.ts")];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "inherit", stderr: "inherit" });
  running.add(child);
  void child.exited.then(async () => {
    running.delete(child);
    // Not at once: it may have found its port taken by a program that does not share it.
    await Bun.sleep(500);
    if (!isOver) start();
  });
}

for (let index = 0; index < count; index += 1) start();

const end = (): void => {
  isOver = true;
  for (const child of running) child.kill("SIGTERM");
};
process.on("SIGINT", end).on("SIGTERM", end);
