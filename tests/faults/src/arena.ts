// A running `typewire-server` executable with well-behaved clients on it, and the one oracle that stands
// around every attack: no other client notices, the process is alive, and it has no more open than before.
// The same for a server that answers calls, which its well-behaved clients then make.

import { expect } from "bun:test";
import { join } from "node:path";

import { executable, Program } from "@typewire/testkit";

import { cgroupWrapper } from "./cgroup.ts";
import { Crowd, type CrowdReport } from "./crowd.ts";
import { processFigures, type ProcessFigures } from "./process-figures.ts";
import { ServerLog } from "./server-log.ts";
import { endsNoHigher, isTenfold } from "./tenfold.ts";
import { serverTlsFlags } from "./tls.ts";
import { until } from "./until.ts";

/** Well-behaved clients around every attack; 1 000 in `bun run faults --clients 1000`. */
export const crowdSize = Number(process.env["TYPEWIRE_FAULTS_CLIENTS"] ?? 50);

/** The longest that a message of a well-behaved client may take, besides what the machine itself takes. */
const MOST_DELAY_MS = 250;
/** What the machine takes from a server that is not attacked, it may take twice from one that works harder. */
const MACHINE_SHARE = 2;
/** An attack that holds others up does so each time; a machine that is busy does not. */
const MOST_TRIES = 3;

export interface ArenaOptions {
  /** Further flags of the server. */
  readonly flags?: readonly string[];
  /** How many well-behaved clients. Default: `crowdSize`. */
  readonly clients?: number;
  /** What starts the server, in front of its path: `prlimit …`. */
  readonly wrapper?: readonly string[];
  /** Whether the attacked server answers calls. Default: false. */
  readonly calls?: boolean;
}

export class Arena implements AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly log: ServerLog;
  readonly crowd: Crowd;
  /** What the server had open before the first attack. */
  readonly #descriptors: number;
  readonly #control: RunningServer;

  private constructor(server: RunningServer, control: RunningServer, crowd: Crowd) {
    this.program = server.program;
    this.port = server.port;
    this.log = server.log;
    this.#control = control;
    this.crowd = crowd;
    this.#descriptors = processFigures(server.program.pid).descriptors;
  }

  static async open({
    flags = [],
    clients = crowdSize,
    wrapper = [],
    calls = false,
  }: ArenaOptions = {}): Promise<Arena> {
    const [server, control] = await Promise.all([
      startServer({ flags, wrapper, calls }),
      startServer(),
    ]);
    const crowd = await Crowd.connect(server.port, clients, control.port, { calls });
    // The first reports warm up what every message goes through.
    for (let count = 0; count < 5; count += 1) await crowd.report();
    return new Arena(server, control, crowd);
  }

  /** What the server holds now. */
  get figures(): ProcessFigures {
    return processFigures(this.program.pid);
  }

  /** Runs `attack`, ten times where rows are repeated, then judges what it did to everybody else. */
  async withstand<T>(attack: () => Promise<T>): Promise<T> {
    await this.crowd.report();
    let result = await (isTenfold ? endsNoHigher(this.program.pid, attack) : attack());
    let report = await this.crowd.report();
    for (let tries = 1; tries < MOST_TRIES && isLate(report); tries += 1) {
      this.judgeDelivery(report);
      result = await attack();
      report = await this.crowd.report();
    }
    this.judge(report);
    await until(
      () => this.figures.descriptors <= this.#descriptors,
      `no more descriptors than the ${this.#descriptors} before the attack`,
    );
    return result;
  }

  /** What well-behaved clients must never see. */
  judge(report: CrowdReport): void {
    this.judgeDelivery(report);
    expect(report.worstMs).toBeLessThanOrEqual(mostDelayMs(report));
  }

  /** Everything that they said reached them. */
  judgeDelivery({ delivered, answered, lost, duplicates, errors }: CrowdReport): void {
    expect({ lost, duplicates, errors }).toEqual({ lost: 0, duplicates: 0, errors: [] });
    expect(delivered).toBeGreaterThanOrEqual(this.crowd.size - 1);
    if (this.crowd.calls) expect(answered).toBeGreaterThan(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crowd[Symbol.asyncDispose]();
    await this.#control.program[Symbol.asyncDispose]();
    await this.program[Symbol.asyncDispose]();
  }
}

function mostDelayMs({ controlWorstMs }: CrowdReport): number {
  return MOST_DELAY_MS + MACHINE_SHARE * controlWorstMs;
}

function isLate(report: CrowdReport): boolean {
  return report.worstMs > mostDelayMs(report);
}

/** What starts a server with calls. */
export const callServer: readonly string[] = [
  process.execPath,
  join(import.meta.dir, "calls", "server-process.ts"),
];

/** A `typewire-server` executable with a JSON log, or a server with calls that takes its flags. */
export interface RunningServer extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  readonly log: ServerLog;
}

/** Starts the program on a free loopback port and waits until it listens. */
export async function startServer({
  flags = [],
  wrapper = [],
  port = 0,
  unix,
  calls = false,
}: {
  readonly flags?: readonly string[];
  readonly wrapper?: readonly string[];
  readonly port?: number;
  /** Instead of a port. */
  readonly unix?: string;
  /** As `ArenaOptions.calls`. */
  readonly calls?: boolean;
} = {}): Promise<RunningServer> {
  const program = new Program([
    ...cgroupWrapper(),
    ...wrapper,
    ...(calls ? callServer : [executable("server")]),
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
