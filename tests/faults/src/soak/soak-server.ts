// The server under soak: the one that answers calls. Its log is counted, not kept: in half an hour it is a million lines.

import { callServer } from "../arena.ts";
import { cgroupWrapper } from "../cgroup.ts";
import { serverTlsFlags } from "../tls.ts";

export class SoakServer implements AsyncDisposable {
  readonly closedByReason: Record<string, number> = {};
  port = 0;
  #closed = 0;
  readonly #process: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #listening = Promise.withResolvers<void>();

  private constructor() {
    this.#process = Bun.spawn(
      [...cgroupWrapper(), ...callServer, "--port", "0", "--log", "json", ...serverTlsFlags()],
      {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
        env: {},
      },
    );
    void this.#read();
  }

  static async start(): Promise<SoakServer> {
    const server = new SoakServer();
    await server.#listening.promise;
    return server;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ends of connections in the log so far, those that it suppressed included. */
  get closed(): number {
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#process.stderr) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#count(line);
    }
    this.#listening.reject(new Error(`The server has ended: ${rest}`));
  }

  #count(line: string): void {
    const { event, code, address, reason, lines } = JSON.parse(line) as Record<string, unknown>;
    if (event === "listening") {
      this.port = Number(String(address).split(":").at(-1));
      this.#listening.resolve();
    } else if (event === "suppressed") {
      const [what, held = ""] = String(reason).split(" ");
      if (what === "failed" || what === "disconnected") this.#add(held, Number(lines));
    } else if (event === "disconnected" || event === "failed") {
      this.#add(String(code), 1);
    }
  }

  #add(code: string, count: number): void {
    this.#closed += count;
    this.closedByReason[code] = (this.closedByReason[code] ?? 0) + count;
  }
}
