// A running `typewire-server` executable with well-behaved clients on it, and the one oracle that stands
// around every attack: nobody else notices, the process is alive, and it holds no more than before.

import { expect } from "bun:test";

import { executable, Program } from "@typewire/testkit";

import { cgroupWrapper } from "./cgroup.ts";
import { Crowd, type CrowdReport } from "./crowd.ts";
import { processFigures, type ProcessFigures } from "./process-figures.ts";
import { ServerLog } from "./server-log.ts";
import { serverTlsFlags } from "./tls.ts";

/** Well-behaved clients around every attack; 1 000 in `bun run faults --clients 1000`. */
export const crowdSize = Number(process.env["TYPEWIRE_FAULTS_CLIENTS"] ?? 50);

/** Whether every row waits for memory to come back, as `bun run faults` does. */
const isThorough = process.env["TYPEWIRE_FAULTS_CLIENTS"] !== undefined;

/** The longest that a message of a well-behaved client may take, besides what the machine itself takes. */
const MOST_DELAY_MS = 250;
/** What the machine takes from a server that nobody attacks, it may take twice from one that works harder. */
const MACHINE_SHARE = 2;
/** How long memory and descriptors may take to come back. */
const RECOVERY_MS = 10_000;
const RECOVERY_SHARE = 1.1;

export interface ArenaOptions {
  /** Further flags of the server. */
  readonly flags?: readonly string[];
  /** How many well-behaved clients. Default: `crowdSize`. */
  readonly clients?: number;
  /** What starts the server, in front of its path: `prlimit …`. */
  readonly wrapper?: readonly string[];
}

export class Arena implements AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly log: ServerLog;
  readonly crowd: Crowd;
  /** What the server held before the first attack, warmed up. */
  readonly baseline: ProcessFigures;
  readonly #control: RunningServer;

  private constructor(server: RunningServer, control: RunningServer, crowd: Crowd) {
    this.program = server.program;
    this.port = server.port;
    this.log = server.log;
    this.#control = control;
    this.crowd = crowd;
    this.baseline = processFigures(server.program.pid);
  }

  static async open({
    flags = [],
    clients = crowdSize,
    wrapper = [],
  }: ArenaOptions = {}): Promise<Arena> {
    const [server, control] = await Promise.all([startServer({ flags, wrapper }), startServer()]);
    const crowd = await Crowd.connect(server.port, clients, control.port);
    // The first reports warm up what every message goes through.
    for (let count = 0; count < 5; count += 1) await crowd.report();
    return new Arena(server, control, crowd);
  }

  /** What the server holds now. */
  get figures(): ProcessFigures {
    return processFigures(this.program.pid);
  }

  /**
   * Runs `attack`, then judges what it did to everybody else. Memory is looked at here only with a great
   * many clients: a collection takes a second to come, and CI has hundreds of rows.
   */
  async withstand<T>(attack: () => Promise<T>): Promise<T> {
    await this.crowd.report();
    const result = await attack();
    this.judge(await this.crowd.report());
    await this.recovered({ memory: isThorough });
    return result;
  }

  /** What well-behaved clients must never see. */
  judge({ delivered, lost, duplicates, worstMs, controlWorstMs, errors }: CrowdReport): void {
    expect({ lost, duplicates, errors }).toEqual({ lost: 0, duplicates: 0, errors: [] });
    expect(delivered).toBeGreaterThanOrEqual(this.crowd.size - 1);
    expect(worstMs).toBeLessThanOrEqual(MOST_DELAY_MS + MACHINE_SHARE * controlWorstMs);
  }

  /** Resolves when descriptors, and memory if asked for, are back; fails when they are not in time. */
  async recovered({ memory = true }: { readonly memory?: boolean } = {}): Promise<void> {
    const { rssBytes, descriptors } = this.baseline;
    const mostRssBytes = memory ? rssBytes * RECOVERY_SHARE : Infinity;
    const deadlineMs = performance.now() + RECOVERY_MS;
    for (;;) {
      const now = this.figures;
      if (now.rssBytes <= mostRssBytes && now.descriptors <= descriptors) return;
      if (performance.now() > deadlineMs) {
        throw new Error(
          `After ${RECOVERY_MS} ms: ${now.descriptors} descriptors and ${toMiB(now.rssBytes)} MiB, before ${descriptors} and ${toMiB(rssBytes)} MiB`,
        );
      }
      // Nothing announces that another process has given something back.
      await Bun.sleep(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crowd[Symbol.asyncDispose]();
    await this.#control.program[Symbol.asyncDispose]();
    await this.program[Symbol.asyncDispose]();
  }
}

/** A `typewire-server` executable with a JSON log. */
export interface RunningServer extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly log: ServerLog;
}

/** Starts the executable on a free loopback port and waits until it listens. */
export async function startServer({
  flags = [],
  wrapper = [],
  port = 0,
  unix,
}: {
  readonly flags?: readonly string[];
  readonly wrapper?: readonly string[];
  readonly port?: number;
  /** Instead of a port. */
  readonly unix?: string;
} = {}): Promise<RunningServer> {
  const program = new Program([
    ...cgroupWrapper(),
    ...wrapper,
    executable("server"),
    ...(unix === undefined ? ["--port", String(port)] : ["--unix", unix]),
    "--log",
    "json",
    // The oracle reads the end of every connection.
    "--log-limit",
    "1000000",
    ...(unix === undefined ? serverTlsFlags() : []),
    ...flags,
  ]);
  const log = new ServerLog(program.stderr);
  const isListening = log.line(({ event }) => event === "listening", "listening");
  const { address } = await isListening.catch(async (error: unknown) => {
    await program[Symbol.asyncDispose]();
    throw error;
  });
  return {
    program,
    port: Number(String(address).split(":").at(-1)),
    log,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function toMiB(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
