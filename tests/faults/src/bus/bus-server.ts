// A server of the bus rows in a process of its own, as a test asks it: what it has counted, what a scrape, a probe
// and the page say of it.

import { join } from "node:path";

import { Program } from "@typewire/testkit";

import type { Report } from "./server-process.ts";

/** What a drain has come to. */
export interface DrainReport extends Report {
  readonly cut: number;
}

/** The values of a scrape by name and labels: `typewire_gaps_total{why="bus"}`. */
export type Samples = ReadonlyMap<string, number>;

/** What the page is told of another server. */
export interface PageNode {
  readonly name: string;
  readonly state: string;
  readonly gaps: number;
  readonly missed: number;
}

/** Between two questions whether a process lives. */
const PROBE_EVERY_MS = 100;

export class BusServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: Program;
  readonly #admin: string;
  /** What `/healthz` has answered that is not 200. */
  readonly illnesses: string[] = [];
  #isProbed = false;
  #probing: Promise<void> = Promise.resolve();

  private constructor(program: Program, port: number, admin: string) {
    this.#program = program;
    this.port = port;
    this.#admin = admin;
  }

  /** One that listens, joined to the bus at `addresses` as soon as that is there. `port` 0 takes a free one. */
  static async start(
    addresses: readonly string[],
    { port = 0, spreadMs = 0 }: { readonly port?: number; readonly spreadMs?: number } = {},
  ): Promise<BusServer> {
    const file = join(import.meta.dir, "server-process.ts");
    const program = new Program([
      process.execPath,
      file,
      String(port),
      addresses.join(","),
      String(spreadMs),
    ]);
    const [, bound, admin] = await program.stdout.line(/^listening (\d+) (\d+)$/, 30_000);
    return new BusServer(program, Number(bound), `http://127.0.0.1:${admin}`);
  }

  /** Publishes so many messages every 20 ms from now on. */
  talk(messages: number): void {
    this.#program.type(`talk ${messages}\n`);
  }

  /** Publishes so many with a text of so many bytes. */
  burst(messages: number, bytes: number): void {
    this.#program.type(`burst ${messages} ${bytes}\n`);
  }

  async report(): Promise<Report> {
    this.#program.type("report\n");
    const [json] = await this.#program.stdout.line(/^\{.*\}$/, 30_000);
    return JSON.parse(json) as Report;
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal);
  }

  /** Ends it as an operator does. */
  async drain(): Promise<DrainReport> {
    this.#program.signal("SIGTERM");
    const [json] = await this.#program.stdout.line(/^\{.*"cut":.*\}$/, 30_000);
    await this.#program.exit(30_000);
    return JSON.parse(json) as DrainReport;
  }

  async scrape(): Promise<Samples> {
    const text = await (await fetch(`${this.#admin}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(
      lines.map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
    );
  }

  /** The reasons of `/readyz`; none where it answers 200. */
  async reasons(): Promise<readonly string[]> {
    const answer = await fetch(`${this.#admin}/readyz`);
    const { ready, reasons } = (await answer.json()) as { ready: boolean; reasons: string[] };
    if (ready !== (answer.status === 200)) throw new Error(`/readyz: ${answer.status}`);
    return reasons;
  }

  /** The other servers, as the page begins with them. */
  async nodes(): Promise<readonly PageNode[]> {
    const answer = await fetch(`${this.#admin}/live`);
    let text = "";
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes("\n\n")) break;
    }
    const [event = ""] = text.split("\n\n");
    return (JSON.parse(event.slice("data: ".length)) as { nodes: PageNode[] }).nodes;
  }

  /** Asks `/healthz` over and over, until `endProbe`. */
  probe(): void {
    this.#isProbed = true;
    this.#probing = this.#probe();
  }

  async endProbe(): Promise<void> {
    this.#isProbed = false;
    await this.#probing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isProbed = false;
    this.#program.signal("SIGCONT");
    await this.#program[Symbol.asyncDispose]();
    await this.#probing;
  }

  async #probe(): Promise<void> {
    while (this.#isProbed) {
      try {
        const { status } = await fetch(`${this.#admin}/healthz`, {
          signal: AbortSignal.timeout(1000),
        });
        if (status !== 200) this.illnesses.push(`${status}`);
      } catch (error) {
        if (this.#isProbed) this.illnesses.push(String(error));
      }
      await Bun.sleep(PROBE_EVERY_MS);
    }
  }
}
