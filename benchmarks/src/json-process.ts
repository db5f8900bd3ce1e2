// The other end of json-lines.ts: a child process that takes commands one at a time. It is ended by the
// end of its stdin or, should that not do, by its own pid.

import type { Reply } from "./json-lines.ts";

const DEADLINE_MS = 60_000;
/** How long a process may take to end by itself. */
const GRACE_MS = 2000;
/** What a failing process said last is worth so many characters. */
const LAST_WORDS = 400;

/** A running child. */
export class JsonProcess implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #lines: AsyncGenerator<string>;
  readonly #stderr: Promise<string>;

  constructor(command: readonly string[]) {
    this.#child = Bun.spawn([...command], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    this.#lines = linesOf(this.#child.stdout);
    this.#stderr = this.#child.stderr.text();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Gives a command and resolves with what it came to; rejects when it fails, ends or takes too long. */
  async command(
    command: { readonly do: string },
    deadlineMs: number = DEADLINE_MS,
  ): Promise<unknown> {
    void this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    void this.#child.stdin.flush();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`${command.do}: no reply in ${deadlineMs / 1000} s`));
    }, deadlineMs);
    try {
      const next = await Promise.race([this.#lines.next(), late.promise]);
      if (next.done === true) throw new Error(`${command.do}: ${await this.#lastWords()}`);
      const reply = JSON.parse(next.value) as Reply;
      if ("error" in reply) throw new Error(`${command.do}: ${reply.error}`);
      return reply.ok;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process: by the end of its stdin, so that it can end its own, or else at once. */
  async stop(): Promise<void> {
    void this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), GRACE_MS);
    await this.#child.exited;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #lastWords(): Promise<string> {
    await this.#child.exited;
    const words = (await this.#stderr).replaceAll(/\s+/g, " ").trim().slice(-LAST_WORDS);
    return `the process ended with ${this.#child.exitCode ?? this.#child.signalCode}: ${words}`;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
