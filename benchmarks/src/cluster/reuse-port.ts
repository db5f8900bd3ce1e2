// What a second process on the same port gains, where handlers hold the processor: the programs of examples/one-port,
// and what its client counts.

import { join } from "node:path";

import type { Benchmark, Effort } from "../benchmark.ts";
import { type Contestant, contest } from "../end-to-end/scenario.ts";

const EXAMPLE = join(import.meta.dir, "..", "..", "..", "examples", "one-port");
const SECONDS = 1;
const QUICK_SECONDS = 0.05;

/** The first is the one that the ratio is about. */
const sides: readonly { readonly name: string; readonly processes: number }[] = [
  { name: "two processes", processes: 2 },
  { name: "one process", processes: 1 },
];

export const reusePortBenchmark: Benchmark = {
  name: "cluster/reuse-port",
  run: (effort) =>
    contest(
      {
        name: "cluster/reuse-port",
        about:
          "calls that take a fifth of a millisecond of the processor each, of 32 connections to one port, by the number of processes that listen there; the client shares the two cores",
        unit: "calls/s",
        better: "higher",
      },
      sides.map(({ name }) => ({ name, runtime: "bun", program: "", checks: "all of the schema" })),
      effort,
      ({ name }) => counting(name, effort),
    ),
};

function counting(name: string, { quick }: Effort): Contestant {
  const count = sides.find((side) => side.name === name)?.processes ?? 1;
  let processes: Promise<Processes> | undefined;
  return {
    name,
    lasts: true,
    async sample() {
      processes ??= Processes.start(count);
      const { port } = await processes;
      const text = await Bun.spawn(
        [process.execPath, join(EXAMPLE, "client.ts"), String(quick ? QUICK_SECONDS : SECONDS)],
        { env: { ...process.env, PORT: String(port) }, stderr: "inherit" },
      ).stdout.text();
      return Number(/^(\d+) calls\/s$/m.exec(text)?.[1]);
    },
    async [Symbol.asyncDispose]() {
      await (await processes)?.stop();
    },
  };
}

/** Processes on one port. */
class Processes {
  readonly port: number;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;

  private constructor(port: number, child: Bun.Subprocess<"ignore", "pipe", "inherit">) {
    this.port = port;
    this.#child = child;
  }

  /** Resolves when all of them listen. */
  static async start(count: number): Promise<Processes> {
    const port = freePort();
    const child = Bun.spawn([process.execPath, join(EXAMPLE, "processes.ts"), String(count)], {
      env: { ...process.env, PORT: String(port) },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    let listening = "";
    for await (const chunk of child.stdout) {
      listening += new TextDecoder().decode(chunk);
      if (listening.match(/ listens at /g)?.length === count) return new Processes(port, child);
    }
    throw new Error(`Expected ${count} processes to listen, got: ${listening}`);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
  }
}

/** A port that was free a moment ago. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop();
  return port;
}
