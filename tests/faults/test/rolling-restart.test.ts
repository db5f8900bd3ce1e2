// Several processes are restarted in turn while their clients call: on one port, and on a port each. No call fails,
// what was answered was counted once, no dial is refused or it goes on at once to another port, and the dials are
// spread over each restart.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { connect, type ConnectOptions } from "@typewire/bun";
import { Program } from "@typewire/testkit";

import { counting } from "../src/counting.ts";

const IS_LONG = process.env["TYPEWIRE_LONG"] !== undefined;
const PROCESSES = IS_LONG ? 4 : 2;
const CLIENTS = 200;
/** Between two calls of a client. */
const PAUSE_MS = IS_LONG ? 20 : 80;
const SPREAD_MS = 2000;
/** What a client waits at most between its `$bye` and its dial: its own first wait, and a tenth of the spread. */
const MOST_WAIT_MS = 500 + SPREAD_MS / 10;
/** Restarts of all processes, one after the other. */
const ROUNDS = IS_LONG ? 3 : 1;
const WHERE = IS_LONG ? ["one port", "a port each"] : ["one port"];
/** How a reason begins that a server has told. */
const GOODBYE = "The peer said goodbye";

setDefaultTimeout(60_000 + ROUNDS * 30_000);

interface Ended {
  readonly counted: readonly number[];
  readonly cut: number;
  readonly messagesUndelivered: number;
}

async function start(port: number): Promise<{ program: Program; port: number }> {
  const file = join(import.meta.dir, "..", "src", "counting-process.ts");
  const program = new Program([process.execPath, file, String(port), String(SPREAD_MS)]);
  const [, bound] = await program.stdout.line(/^listening (\d+)$/, 30_000);
  return { program, port: Number(bound) };
}

async function stop(program: Program): Promise<Ended> {
  program.signal("SIGTERM");
  const [, json = ""] = await program.stdout.line(/^(\{.*\})$/, 30_000);
  expect(await program.exit(30_000)).toEqual({ code: 0, signal: null });
  expect(program.stderr.text).toBe("");
  return JSON.parse(json) as Ended;
}

/** A client that calls until it is told to end. */
class Counter {
  readonly answered: number[] = [];
  readonly failures: string[] = [];
  /** Why its connections and attempts ended, except by a goodbye, and what it waited after that. */
  readonly losses: string[] = [];
  readonly dialledAtMs: number[] = [];
  #isOver = false;

  async run(first: number, target: Pick<ConnectOptions<typeof counting>, "port" | "servers">) {
    await using client = await connect(counting, {
      ...target,
      onStatus: (status) => {
        if (status.state === "reconnecting" && !status.reason.message.startsWith(GOODBYE)) {
          this.losses.push(`${status.reason.code}, ${status.delayMs} ms`);
        }
        if (status.state === "connected") this.dialledAtMs.push(performance.now());
      },
    });
    for (let next = first; !this.#isOver; next += 1) {
      try {
        this.answered.push(await client.call.count(next));
      } catch (error) {
        this.failures.push(String(error));
        return;
      }
      await Bun.sleep(PAUSE_MS);
    }
  }

  end(): void {
    this.#isOver = true;
  }
}

/** The largest part of `timesMs` that came in one of the steps from 0. */
function largestStep(timesMs: readonly number[], stepMs: number): number {
  const steps = new Map<number, number>();
  for (const timeMs of timesMs) {
    const step = Math.floor(timeMs / stepMs);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return Math.max(...steps.values()) / timesMs.length;
}

describe.if(process.platform === "linux")("a rolling restart", () => {
  test.each(WHERE)("of several processes on %s loses nothing", async (where) => {
    const isShared = where === "one port";
    const programs = [await start(0)];
    const ports = [programs[0]?.port ?? 0];
    const ended: Ended[] = [];
    try {
      for (let index = 1; index < PROCESSES; index += 1) {
        const started = await start(isShared ? (ports[0] ?? 0) : 0);
        programs.push(started);
        ports.push(started.port);
      }
      const target = isShared
        ? { port: ports[0] ?? 0 }
        : { servers: ports.map((port) => ({ port })) };
      const counters = Array.from({ length: CLIENTS }, () => new Counter());
      const running = counters.map((counter, index) => counter.run(index * 1_000_000, target));
      while (counters.some(({ answered }) => answered.length === 0)) await Bun.sleep(10);
      const drainsAtMs: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [index, { program, port }] of programs.entries()) {
          drainsAtMs.push(performance.now());
          ended.push(await stop(program));
          programs[index] = await start(port);
        }
      }
      for (const counter of counters) counter.end();
      await Promise.all(running);
      for (const { program } of programs) ended.push(await stop(program));

      expect(counters.flatMap(({ failures }) => failures)).toEqual([]);
      const losses = new Set(counters.flatMap((counter) => counter.losses));
      // The kernel resets a dial in the queue of a process that closes. A port of its own is closed while its process
      // starts. Where there are other ports, the next of them is dialled without a wait.
      const goesOn = isShared
        ? /^connection-reset, \d/
        : /^(connection-reset|connect-failed), 0 ms$/;
      expect([...losses].filter((loss) => !goesOn.test(loss))).toEqual([]);
      expect(ended.map(({ cut }) => cut)).toEqual(ended.map(() => 0));
      expect(ended.map(({ messagesUndelivered }) => messagesUndelivered)).toEqual(
        ended.map(() => 0),
      );
      const answered = counters.flatMap((counter) => counter.answered);
      const counted = ended.flatMap((each) => each.counted);
      expect(counted.toSorted((a, b) => a - b)).toEqual(answered.toSorted((a, b) => a - b));
      const dialsAtMs = counters.flatMap(({ dialledAtMs }) => dialledAtMs);
      const sinceDrainMs = dialsAtMs.flatMap((atMs) => {
        const drainAtMs = drainsAtMs.findLast((each) => each <= atMs);
        return drainAtMs === undefined ? [] : [atMs - drainAtMs];
      });
      expect(sinceDrainMs.length).toBeGreaterThanOrEqual(CLIENTS);
      expect(largestStep(sinceDrainMs, (SPREAD_MS + MOST_WAIT_MS) / 10)).toBeLessThan(0.2);
    } finally {
      for (const { program } of programs) await program[Symbol.asyncDispose]();
    }
  });
});
