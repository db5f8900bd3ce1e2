// The processes of a run: started here, asked for their figures, and ended with the run.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Figures, Load } from "./wire.ts";

type Child = Bun.Subprocess<"pipe", "pipe", "inherit">;

/** A process that prints lines and takes them. */
export class Worker implements AsyncDisposable {
  readonly #child: Child;
  readonly #lines: AsyncIterator<string>;

  constructor(command: readonly string[]) {
    this.#child = Bun.spawn([...command], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    this.#lines = linesOf(this.#child.stdout);
  }

  static ofFile(file: string, ...args: readonly (string | number)[]): Worker {
    return new Worker([process.execPath, join(import.meta.dir, file), ...args.map(String)]);
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("A process of the run has ended");
    return value;
  }

  say(command: Load | null | "figures"): void {
    void this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    void this.#child.stdin.flush();
  }

  async figures(): Promise<Figures> {
    this.say("figures");
    return JSON.parse(await this.line()) as Figures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

/** A NATS of its own. */
export class Nats implements AsyncDisposable {
  readonly address: string;
  readonly #child: Bun.Subprocess<"ignore", "ignore", "pipe">;

  private constructor(child: Bun.Subprocess<"ignore", "ignore", "pipe">, address: string) {
    this.#child = child;
    this.address = address;
  }

  static async start(): Promise<Nats> {
    const program = Bun.which("nats-server", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` });
    if (program === null) throw new Error("There is no nats-server: apt-get install nats-server");
    const child = Bun.spawn([program, "-a", "127.0.0.1", "-p", "-1"], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    const lines = linesOf(child.stderr);
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("nats-server has ended");
      const [, port] = /Listening for client connections on .*:(\d+)/.exec(value) ?? [];
      if (port !== undefined) return new Nats(child, `127.0.0.1:${port}`);
    }
  }

  /** Processor time of its threads so far, of which the system counts nanoseconds. */
  get cpuUs(): number {
    const tasks = `/proc/${this.#child.pid}/task`;
    let ns = 0;
    for (const task of readdirSync(tasks)) {
      ns += Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]);
    }
    return ns / 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  return undefined;
}
