// Small calls beside streams that are as fast as they can be, between two processes. How much slower they are is
// measured by `bun run test:long`, which lets it run alone: beside other tests, no figure is ours. What the calls wait
// for is counted in `packages/typewire/test/calls-beside-streams.test.ts`, which no busy machine changes.

import { expect, test } from "bun:test";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

import { connect } from "../src/index.ts";
import { feed } from "./support/streaming-server.ts";

/** A round is measured again where other programs have had the processor: the best one counts. */
const ROUNDS = 6;
const isAlone = process.env["TYPEWIRE_ALONE"] !== undefined;
const CALLS = isAlone ? 200 : 60;

interface Delays {
  readonly p50: number;
  readonly p99: number;
}

test.each([1, 32])(
  isAlone
    ? "small calls beside %p saturated streams take ten times their time alone, and 99 of 100 at most 10 ms"
    : "small calls beside %p saturated streams are answered, and the streams go on",
  async (count) => {
    const script = join(import.meta.dir, "support", "streaming-server.ts");
    await using program = new Program([process.execPath, script]);
    const [port] = await program.stdout.line(/^\d+$/);
    await using client = await connect(feed, { port: Number(port) });

    const measure = async (): Promise<Delays> => {
      const delays: number[] = [];
      for (let call = 0; call < CALLS; call += 1) {
        const start = performance.now();
        expect(await client.call.echo(call)).toBe(call);
        delays.push(performance.now() - start);
      }
      delays.sort((a, b) => a - b);
      return { p50: delays[CALLS / 2] ?? 0, p99: delays[Math.floor(CALLS * 0.99)] ?? 0 };
    };
    const measureBeside = async (): Promise<Delays> => {
      let taken = 0;
      const streams = Array.from({ length: count }, () => client.call.items());
      const reading = streams.map(async (stream) => {
        for await (const item of stream) taken += item.length;
      });
      const delays = await measure();
      expect(taken).toBeGreaterThan(CALLS * 100);
      for (const stream of streams) await stream[Symbol.asyncDispose]();
      await Promise.all(reading);
      return delays;
    };

    if (!isAlone) {
      await measureBeside();
      return;
    }
    // The first calls are made while the machine learns them.
    await measure();
    const rounds: unknown[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const idle = await measure();
      const beside = await measureBeside();
      rounds.push({ idle, beside });
      if (beside.p50 <= idle.p50 * 10 && beside.p99 <= 10) return;
    }
    throw new Error(`No round of these is good: ${JSON.stringify(rounds)}`);
  },
  60_000,
);
