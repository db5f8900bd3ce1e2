// A program under test as a child process. Tests wait for a line it prints, or for its end, never for a
// time. `await using` ends the process with the test, whatever the outcome.

import { Arrivals } from "./arrivals.ts";
import { within } from "./deadline.ts";

/** How a program is started. */
export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment of the child; nothing is inherited. Default: `PATH` and a UTF-8 locale. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended: by itself with a `code`, or by a `signal`. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | number | null;
}

/** What a process prints on one stream. */
export class Output {
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #arrivals = new Arrivals<string>();
  #listener: (line: string) => void = () => {};
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;

  constructor(name: string, stream: ReadableStream<Uint8Array>) {
    this.#name = name;
    this.ended = this.#read(stream);
  }

  /** All whole lines so far, and a last one without its end if the stream ended there. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** All lines so far as one text. */
  get text(): string {
    return this.#lines.join("\n");
  }

  /** Calls `listener` with every line so far and to come. */
  listen(listener: (line: string) => void): void {
    for (const line of this.#lines) listener(line);
    this.#listener = listener;
  }

  /** The next line that matches; those before it are passed over and not seen again. */
  async line(pattern: RegExp, waitMs?: number): Promise<RegExpExecArray> {
    const awaited = (): string => `no line ${pattern} on ${this.#name}, which is:\n${this.text}`;
    const line = await within(
      this.#arrivals.take((candidate) => candidate.search(pattern) >= 0),
      awaited,
      waitMs,
    );
    const match = line === undefined ? null : pattern.exec(line);
    if (match === null) throw new Error(`The stream ended: ${awaited()}`);
    return match;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const [...parts] = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) this.#add(line);
    }
    if (rest !== "") this.#add(rest);
    this.#arrivals.finish();
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#arrivals.add(line);
    this.#listener(line);
  }
}

/** A running program. */
export class Program implements AsyncDisposable {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly #process: Bun.Subprocess<"pipe", "pipe", "pipe">;

  constructor(command: readonly string[], { cwd, env }: ProgramOptions = {}) {
    this.#process = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: env ?? { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" },
      ...(cwd !== undefined && { cwd }),
    });
    this.stdout = new Output("stdout", this.#process.stdout);
    this.stderr = new Output("stderr", this.#process.stderr);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Writes to its stdin. */
  type(text: string): void {
    void this.#process.stdin.write(text);
    void this.#process.stdin.flush();
  }

  /** Ends its stdin. */
  endInput(): void {
    void this.#process.stdin.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** How it ended, once it has and all it printed is read. */
  async exit(waitMs?: number): Promise<ProgramEnd> {
    const { exited } = this.#process;
    const all = Promise.all([exited, this.stdout.ended, this.stderr.ended]);
    await within(
      all,
      () => `still running, and printed:\n${this.stdout.text}\n${this.stderr.text}`,
      waitMs,
    );
    return { code: this.#process.exitCode, signal: this.#process.signalCode };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.exit();
  }
}
