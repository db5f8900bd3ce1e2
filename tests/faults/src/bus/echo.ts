// A server in a process of its own that answers what its client says by publishing it, and the times that this takes.

import { join } from "node:path";

import { connect } from "@typewire/bun";
import { saludo } from "@typewire/protocol/saludo";
import { Program } from "@typewire/testkit";

/** A server and a client of it. `args` are those of `echo-process.ts`. */
export class Echo implements AsyncDisposable {
  readonly #program: Program;
  readonly #say: (text: string) => void;
  readonly #close: () => Promise<unknown>;
  readonly #heard: { next: () => void };
  timesMs: number[] = [];

  private constructor(
    program: Program,
    heard: { next: () => void },
    say: (text: string) => void,
    close: () => Promise<unknown>,
  ) {
    this.#program = program;
    this.#heard = heard;
    this.#say = say;
    this.#close = close;
  }

  static async start(...args: readonly string[]): Promise<Echo> {
    const file = join(import.meta.dir, "echo-process.ts");
    const program = new Program([process.execPath, file, ...args]);
    const [, port] = await program.stdout.line(/^listening (\d+)$/, 30_000);
    const heard = { next: (): void => {} };
    const client = await connect(
      saludo,
      { port: Number(port) },
      { welcome: () => heard.next(), greeting() {}, said() {} },
    );
    return new Echo(
      program,
      heard,
      (text) => void client.send({ type: "say", text }),
      () => client.close(),
    );
  }

  /** Says so much, one after the other, and takes the times. */
  async talk(messages: number, bytes = 200): Promise<void> {
    const text = "x".repeat(bytes);
    for (let count = 0; count < messages; count += 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#heard.next = resolve;
      const began = performance.now();
      this.#say(text);
      await promise;
      this.timesMs.push(performance.now() - began);
    }
  }

  async stats(): Promise<{ readonly heldBytes: number; readonly messagesDropped: number }> {
    this.#program.type("?\n");
    const [json] = await this.#program.stdout.line(/^\{.*\}$/);
    return JSON.parse(json) as { heldBytes: number; messagesDropped: number };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.#program[Symbol.asyncDispose]();
  }
}

/** What 99 of 100 have not taken longer than. */
export function p99(timesMs: readonly number[]): number {
  return timesMs.toSorted((a, b) => a - b)[Math.floor(timesMs.length * 0.99)] ?? Number.NaN;
}
