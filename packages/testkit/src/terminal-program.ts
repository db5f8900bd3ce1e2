// A program under test on a terminal of its own (a pty): all three streams are the terminal, and the test is
// the person in front of it, and can stop the output as Ctrl+S does, or go away. A `Program` has pipes instead.

import { within } from "./deadline.ts";
import { Output, type ProgramEnd } from "./program.ts";

/** What a terminal takes for "no more output, please", and for "go on" (XOFF and XON). */
const CTRL_S = "\u0013";
const CTRL_Q = "\u0011";

/** `command`, started as `nohup` does, with SIGHUP ignored, but on its terminal. */
export function ignoringHangUp(command: readonly string[]): readonly string[] {
  return ["sh", "-c", `trap "" HUP; exec "$@"`, "sh", ...command];
}

export class TerminalProgram implements AsyncDisposable {
  /** What the program has shown. */
  readonly screen: Output;
  readonly #terminal: Bun.Terminal;
  readonly #child: Bun.Subprocess;

  constructor(command: readonly string[]) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    this.screen = new Output("the terminal", readable);
    this.#terminal = new Bun.Terminal({
      cols: 1000,
      // Without the carriage returns that a terminal adds.
      data: (_terminal, shown) => void writer.write(shown.filter((byte) => byte !== 0x0d)),
      exit: () => void writer.close().catch(() => {}),
    });
    this.#child = Bun.spawn([...command], {
      terminal: this.#terminal,
      env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", TERM: "dumb" },
    });
  }

  /** Stops the output: what the program writes from now on, the terminal does not take. */
  stopOutput(): void {
    this.#terminal.write(CTRL_S);
  }

  /** Lets the output go on. */
  goOn(): void {
    this.#terminal.write(CTRL_Q);
  }

  /** What is typed. */
  type(text: string): void {
    this.#terminal.write(text);
  }

  /** Hangs up: what the program writes or reads from now on fails with EIO. */
  hangUp(): void {
    this.#terminal.close();
    // The terminal is not the program's controlling one, so that the kernel sends it no SIGHUP.
    this.signal("SIGHUP");
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** How it ended. */
  async exit(waitMs?: number): Promise<ProgramEnd> {
    const ended = this.#child.exited.then(() => ({
      code: this.#child.exitCode,
      signal: this.#child.signalCode,
    }));
    return within(ended, () => `it runs on; the terminal shows:\n${this.screen.text}`, waitMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#terminal.close();
  }
}
