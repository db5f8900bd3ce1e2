// A server and a client of one system, as two processes, connected.

import { PeerProcess } from "./peer-process.ts";
import { commandOf, type PeerSpec } from "./peers.ts";

/** How many connections a client opens at the same time; the kernel's queue for them has 512 places. */
const DIALS_IN_FLIGHT = 64;

/** Two processes that talk to each other. */
export class Pair implements AsyncDisposable {
  readonly server: PeerProcess;
  readonly client: PeerProcess;
  /** The process whose memory the server's connections take. */
  readonly serverPid: number;
  readonly #port: number;
  readonly #workload: string;
  #connections = 0;

  private constructor(
    server: PeerProcess,
    client: PeerProcess,
    workload: string,
    { port, pid }: { readonly port: number; readonly pid: number },
  ) {
    this.server = server;
    this.client = client;
    this.serverPid = pid;
    this.#port = port;
    this.#workload = workload;
  }

  /** Starts both; no connection yet. */
  static async start(spec: PeerSpec, workload: string): Promise<Pair> {
    const command = await commandOf(spec);
    const server = new PeerProcess(command);
    const client = new PeerProcess(command);
    try {
      return new Pair(server, client, workload, await server.ask({ do: "listen", workload }));
    } catch (error) {
      await Promise.all([server.stop(), client.stop()]);
      throw error;
    }
  }

  get connections(): number {
    return this.#connections;
  }

  /** Opens connections until there are `total`. Resolves with how long that took until both sides had them. */
  async connect(total: number): Promise<{ readonly elapsedMs: number }> {
    const connections = total - this.#connections;
    const [accepted, dialled] = await Promise.all([
      this.server.ask({ do: "connected", connections: total }),
      this.client.ask({
        do: "connect",
        workload: this.#workload,
        port: this.#port,
        connections,
        inFlight: Math.min(DIALS_IN_FLIGHT, connections),
      }),
    ]);
    this.#connections = total;
    const bothAtMs = Math.max(accepted.atMs, dialled.connectedAtMs);
    return { elapsedMs: bothAtMs - dialled.startedAtMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.server.stop(), this.client.stop()]);
    if (this.serverPid !== this.server.pid) killIfRunning(this.serverPid);
  }
}

/** For a server that its peer has started and had no time to end. */
function killIfRunning(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** One pair for all rounds of a side, so that engines compile once; started when it is first needed. */
export class LastingPair implements AsyncDisposable {
  readonly #start: () => Promise<Pair>;
  #pair: Promise<Pair> | undefined;

  constructor(start: () => Promise<Pair>) {
    this.#start = start;
  }

  get(): Promise<Pair> {
    this.#pair ??= this.#start();
    return this.#pair;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pair = await this.#pair?.catch(() => undefined);
    await pair?.[Symbol.asyncDispose]();
  }
}
