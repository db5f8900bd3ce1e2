// The servers beside the one that publishes, each a process: this program again, told by its second argument that it is
// one of them. They say on which port they listen in their first line, and end with the process that has started them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** So many share the connections. */
const SERVERS = 2;

/** Started as connections need them. */
export class OtherServers {
  readonly #ports: Promise<number>[] = [];
  #connections = 0;

  /** The port of the server whose turn it is to have a connection; `argument` is what it is told. */
  next(argument: number): Promise<number> {
    const index = this.#connections % SERVERS;
    this.#connections += 1;
    return (this.#ports[index] ??= start(argument));
  }
}

async function start(argument: number): Promise<number> {
  const [program = ""] = process.argv.slice(1);
  const child = spawn(process.execPath, [program, "", String(argument)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return Number(line);
}

/** In such a process: it listens on `port`. */
export function isListeningOn(port: number): void {
  process.stdout.write(`${port}\n`);
  process.stdin.resume().once("end", () => process.exit(0));
}
