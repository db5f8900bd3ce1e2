// A real nats-server on a port of its own, that a test kills, stops and starts again. It keeps nothing on disk.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { outsideTool } from "./outside-tools.ts";
import { Program } from "./program.ts";

/** One `nats-server` on this machine, which a test can kill, stop and start again. */
export class NatsServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #config: string;
  #program: Program | undefined;
  /** 0 before the first start: then a free one is taken, and kept. */
  port = 0;
  /** Where it answers HTTP, where its configuration says `http`. */
  monitor = "";

  /** `config` is what its configuration file says beside where it listens. */
  constructor(config = "") {
    this.#folder = mkdtempSync(join(tmpdir(), "typewire-nats-"));
    this.#config = config;
  }

  /** `count` of them that run and are one cluster: what one takes, all pass on. `config` is that of each. */
  static async startCluster(count: number, config = ""): Promise<readonly NatsServer[]> {
    // Free a moment ago; NATS tells its routes no port that it has chosen itself.
    const listeners = Array.from({ length: count }, () =>
      Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }),
    );
    const ports = listeners.map(({ port }) => port);
    for (const listener of listeners) listener.stop();
    const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
    return Promise.all(
      ports.map((port) =>
        NatsServer.start(
          `cluster { name: "test", listen: "127.0.0.1:${port}", routes: [${routes}] }\n${config}`,
        ),
      ),
    );
  }

  /** One that runs. */
  static async start(config = ""): Promise<NatsServer> {
    const server = new NatsServer(config);
    await server.start();
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when clients can connect. */
  async start(): Promise<void> {
    const file = join(this.#folder, "nats.conf");
    const port = this.port === 0 ? -1 : this.port;
    writeFileSync(file, `listen: "127.0.0.1:${port}"\n${this.#config}\n`);
    const program = new Program([outsideTool("nats-server") ?? "nats-server", "-c", file]);
    this.#program = program;
    if (/^http: /m.test(this.#config)) {
      const [, monitor] = await program.stderr.line(/Starting http monitor on (.*)$/);
      this.monitor = `http://${monitor}`;
    }
    const [, found] = await program.stderr.line(/Listening for client connections on .*:(\d+)$/);
    this.port = Number(found);
    await program.stderr.line(/Server is ready/);
  }

  /** `kill -9`. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#program?.signal("SIGKILL");
    await this.#program?.exit();
    this.#program = undefined;
  }

  /** SIGSTOP, SIGCONT, or SIGUSR2 for lame duck mode. */
  signal(signal: NodeJS.Signals): void {
    this.#program?.signal(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}
