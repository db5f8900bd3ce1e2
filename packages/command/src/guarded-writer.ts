// Text out of the process, for stdout and stderr. It writes at once while the reader keeps up, counts what
// waits when it does not, and swallows everything once writing has failed. A plain `process.stdout.write` ends
// a Bun process when the reader of its pipe has gone, loses what a slow reader has not taken when
// `process.exit` comes (docs/runtime.md), and takes 8 ms to load; so this stands on a sink that it is given:
// Bun's file sink, or `TerminalSink` for a terminal.

/** `Bun.file(1).writer()`, a `TerminalSink`, or a test's stand-in. Both methods throw where the file cannot be written. */
export interface TextSink {
  write(text: string): unknown;
  /** Passes on what was written: at once, or by the time that the promise resolves. */
  flush(): number | Promise<number>;
}

/** How much may wait for a reader. */
export interface GuardedWriterOptions {
  /** Above this many characters waiting, `write` reports pressure. Default 256 Ki: four pipes' worth. */
  readonly softLimit?: number;
  /** Above this many, text is dropped and counted. Default: never; the owner heeds the pressure. */
  readonly hardLimit?: number;
}

/** Writes to one sink. Never throws. */
export class GuardedWriter {
  readonly #sink: TextSink;
  readonly #softLimit: number;
  readonly #hardLimit: number;
  readonly #broken = Promise.withResolvers<Error>();
  /** Characters that the sink could not write yet. */
  #pending = 0;
  #failure: Error | undefined;
  #droppedWrites = 0;
  #waiting: Array<{ readonly atMost: number; readonly resume: () => void }> = [];

  constructor(sink: TextSink, options: GuardedWriterOptions = {}) {
    this.#sink = sink;
    this.#softLimit = options.softLimit ?? 256 * 1024;
    this.#hardLimit = options.hardLimit ?? Number.POSITIVE_INFINITY;
  }

  /** Resolves when writing fails: EPIPE when the reader has gone, ENOSPC when the disk is full. */
  get broken(): Promise<Error> {
    return this.#broken.promise;
  }

  /** Why writing has failed; undefined while it has not. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** How many writes were dropped at the hard limit. Those after a failure are not counted. */
  get droppedWrites(): number {
    return this.#droppedWrites;
  }

  /** Writes `text`; false when so much waits that the caller should pause until `ready`. */
  write(text: string): boolean {
    if (this.#failure !== undefined) return true;
    if (this.#pending + text.length > this.#hardLimit) {
      this.#droppedWrites += 1;
      return false;
    }
    try {
      this.#sink.write(text);
      const flushed = this.#sink.flush();
      if (typeof flushed !== "number") this.#await(flushed, text.length);
    } catch (error) {
      this.#break(error);
    }
    return this.#pending <= this.#softLimit;
  }

  /** Resolves when no more than the soft limit waits, or writing has failed. */
  ready(): Promise<void> {
    return this.#whenPending(this.#softLimit);
  }

  /** Resolves when everything written so far has been taken, or writing has failed. */
  flush(): Promise<void> {
    return this.#whenPending(0);
  }

  #whenPending(atMost: number): Promise<void> {
    if (this.#failure !== undefined || this.#pending <= atMost) return Promise.resolve();
    return new Promise((resume) => this.#waiting.push({ atMost, resume }));
  }

  #await(flushed: Promise<number>, length: number): void {
    this.#pending += length;
    flushed.then(
      () => this.#settle(length),
      (error: unknown) => this.#break(error),
    );
  }

  #break(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#broken.resolve(this.#failure);
    this.#settle(0);
  }

  /** Counts `written` characters as gone and resumes the callers that waited for that. */
  #settle(written: number): void {
    this.#pending -= written;
    const waiting = this.#waiting;
    const isMet = (atMost: number): boolean =>
      this.#failure !== undefined || this.#pending <= atMost;
    this.#waiting = waiting.filter(({ atMost }) => !isMet(atMost));
    for (const { atMost, resume } of waiting) if (isMet(atMost)) resume();
  }
}
