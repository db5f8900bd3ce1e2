// Sends what comes on stdin, a line as one message, and knows at the end whether all that was read was sent.
// What is a line, and which message it is, are `input.ts`'s; what leaves after that is the client's.

import type { ClientOf } from "@typewire/client";
import { TypewireError } from "@typewire/protocol";
import type { saludo } from "@typewire/protocol/saludo";

import { type Line, type LineParser, readLines } from "./input.ts";

type SaludoClient = ClientOf<typeof saludo>;

/** Where lines come from. */
export interface Stdin {
  readonly isTerminal: boolean;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What an input is read by. */
export interface InputSenderOptions {
  readonly stdin: Stdin;
  readonly parse: LineParser;
  /** The client, once connected; undefined where there will be none. */
  readonly connecting: Promise<SaludoClient | undefined>;
  /** Told of a line that is no message. Returns whether to go on with the next. */
  readonly refused: (line: number, reason: string) => boolean;
}

/** Silence of a pipe, in ms, after which nothing is taken to be on its way: 50 times what a read took under load. */
const QUIET_MS = 100;

/** How long a pipe that is never silent, or a server that takes nothing, delays the end, in ms. */
const PATIENCE_MS = 2000;

/** Sends the lines of one run. */
export class InputSender {
  readonly #options: InputSenderOptions;
  readonly #stopped = Promise.withResolvers<undefined>();
  readonly #done: Promise<void>;
  #isDone = false;
  #isStopped = false;
  /** Whether it waits for more of stdin, with all that was read sent. */
  #isWaiting = false;
  #chunksRead = 0;
  #isHoldingLine = false;
  #hasLost = false;

  /** Reads from the start, so that what was piped in is there when the server answers. */
  constructor(options: InputSenderOptions) {
    this.#options = options;
    this.#done = this.#send().finally(() => {
      this.#isDone = true;
    });
  }

  /** Whether something that was read was not sent, and is a message as far as is known. */
  get hasUnsent(): boolean {
    return this.#hasLost || this.#isHoldingLine;
  }

  /** Takes what is in the pipe already: the run has ended before it was read. */
  async takeWaiting(): Promise<void> {
    if (this.#options.stdin.isTerminal) return;
    const since = performance.now();
    for (let read = -1; read !== this.#chunksRead || !this.#isWaiting;) {
      if (this.#isDone || performance.now() - since > PATIENCE_MS) return;
      read = this.#chunksRead;
      await Promise.race([this.#done, Bun.sleep(QUIET_MS)]);
      // A chunk may have come while the process did not run.
      await new Promise(setImmediate);
    }
  }

  /** Reads no more, and sends what was read to `client` as far as it takes it; ends the client in order. */
  async finish(client: SaludoClient): Promise<void> {
    this.stop();
    if (client.state === "connected") {
      await Promise.race([this.#done, Bun.sleep(PATIENCE_MS)]);
    }
    // What still waits for room is refused now.
    await client.close();
    await this.#done;
  }

  /** Reads no more. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve(undefined);
  }

  async #send(): Promise<void> {
    const { connecting, refused } = this.#options;
    let number = 0;
    for await (const line of readLines(this.#chunks())) {
      number += 1;
      if (line.kind === "line" && line.text.trim() === "") continue;
      this.#isHoldingLine = true;
      const client = await connecting;
      if (client === undefined) return;
      const reason = await this.#sendLine(client, line);
      this.#isHoldingLine = false;
      if (reason !== undefined && !refused(number, reason)) return;
    }
  }

  /** The chunks of stdin until it ends or this is stopped. */
  async *#chunks(): AsyncGenerator<Uint8Array> {
    const chunks = this.#options.stdin.chunks[Symbol.asyncIterator]();
    while (!this.#isStopped) {
      this.#isWaiting = true;
      const next = await Promise.race([chunks.next(), this.#stopped.promise]);
      this.#isWaiting = false;
      if (next === undefined || next.done === true) return;
      this.#chunksRead += 1;
      yield next.value;
      // A file or a device that has more at once would keep the process from all else.
      await new Promise(setImmediate);
    }
  }

  /** Why the line was not sent, where it is the line's fault. */
  async #sendLine(client: SaludoClient, line: Line): Promise<string | undefined> {
    if (line.kind === "invalid") return line.reason;
    try {
      const message = this.#options.parse(line.text);
      await client.ready();
      client.send(message);
    } catch (error) {
      if (error instanceof SyntaxError)
        return error.message.replace(/^JSON Parse error/, "not JSON");
      if (!(error instanceof TypewireError)) throw error;
      if (error.code !== "connection-closed") return error.message;
      this.#hasLost = true;
    }
    return undefined;
  }
}
