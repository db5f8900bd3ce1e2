// The well-behaved clients as a test sees them: a child process that is asked for a report.

import { join } from "node:path";

import { Program } from "@typewire/testkit";

import { tlsAuthority } from "./tls.ts";

/** What the well-behaved clients saw since the last report. */
export interface CrowdReport {
  readonly delivered: number;
  /** Calls that were answered, where they make any. */
  readonly answered: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly p99Ms: number;
  /** The longest that a message was on its way. */
  readonly worstMs: number;
  /** The same through a server that was not attacked. */
  readonly controlWorstMs: number;
  /** Clients that were disconnected, or could not send, and calls that failed. */
  readonly errors: readonly string[];
}

export class Crowd implements AsyncDisposable {
  readonly size: number;
  /** Whether they make calls. */
  readonly calls: boolean;
  readonly #program: Program;

  private constructor(program: Program, size: number, calls: boolean) {
    this.#program = program;
    this.size = size;
    this.calls = calls;
  }

  /**
   * Connects `size` clients to the server on `port`, which they may call too, and two to the one on `controlPort`.
   */
  static async connect(
    port: number,
    size: number,
    controlPort: number,
    { calls = false } = {},
  ): Promise<Crowd> {
    const script = join(import.meta.dir, "crowd-process.ts");
    const program = new Program([
      process.execPath,
      script,
      ...[port, size, controlPort].map(String),
      tlsAuthority() ?? "",
      ...(calls ? ["calls"] : []),
    ]);
    await program.stdout.line(/^ready$/, 30_000);
    return new Crowd(program, size, calls);
  }

  /** What happened since the last report, messages under way included. */
  async report(): Promise<CrowdReport> {
    this.#program.type("report\n");
    const [line] = await this.#program.stdout.line(/^\{.*\}$/, 20_000);
    return JSON.parse(line) as CrowdReport;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
