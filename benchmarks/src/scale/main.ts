// Measures unit costs, holds the model against runs of 2, 4 and 8 servers, and writes docs/scale.md:
// `bun benchmarks/src/scale/main.ts`. A minute and a half. `--from docs/scale.json` writes the page of an earlier run.

import { cpus } from "node:os";
import { join } from "node:path";

import { type Cluster, costOf, type Units } from "./model.ts";
import { type Check, pageOf, type Run } from "./page.ts";
import { Nats, Worker } from "./processes.ts";
import { measureUnits, rates } from "./units.ts";

const DOCS = join(import.meta.dir, "..", "..", "..", "docs");
const TOPICS = 16;
const MEMBERS = 2;
const TICK_MS = 5;
const BURST = 5;

/** A run of so many servers, each with members of every topic, and what the model says of it. */
async function check(units: Units, servers: number): Promise<Check> {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await Nats.start());
  const nodes = Array.from({ length: servers }, () =>
    stack.use(Worker.ofFile("node-process.ts", nats.address)),
  );
  const ports: string[] = [];
  for (const node of nodes) ports.push(await node.line());
  const listeners = stack.use(Worker.ofFile("listeners-process.ts", MEMBERS, TOPICS, ...ports));
  await listeners.line();
  for (const node of nodes)
    node.say({ tickMs: TICK_MS, topics: TOPICS, topicsAtOnce: 1, burst: BURST });
  await Bun.sleep(4000);
  const measured = await rates(nats, nodes, 4000);
  const mean = (of: (each: { cpu: number; batches: number }) => number): number =>
    measured.servers.reduce((sum, each) => sum + of(each), 0) / servers;
  const cluster: Cluster = {
    servers,
    // A busy machine's timers are late: what was published is taken as it was.
    batchesPerSecond: mean(({ batches }) => batches),
    burst: BURST,
    members: MEMBERS * servers,
    topicsPerServer: TOPICS,
    sharedCores: cpus().length,
  };
  // Here members are not spread by chance: each server has its two of each topic.
  const predicted = costOf(units, cluster, 1);
  return {
    servers,
    batchesPerSecond: cluster.batchesPerSecond,
    server: { predicted: predicted.server, measured: mean(({ cpu }) => cpu) },
    bus: { predicted: predicted.bus, measured: measured.nats },
  };
}

async function measure(): Promise<Run> {
  const units = await measureUnits();
  const checks: Check[] = [];
  for (const servers of [2, 4, 8]) checks.push(await check(units, servers));
  const [cpu] = cpus();
  return { machine: `${cpus().length} × ${cpu?.model ?? "?"}, Bun ${Bun.version}`, units, checks };
}

const [, from] = /--from (\S+)/.exec(process.argv.slice(2).join(" ")) ?? [];
const run = from === undefined ? await measure() : ((await Bun.file(from).json()) as Run);
await Bun.write(join(DOCS, "scale.json"), `${JSON.stringify(run, undefined, 2)}\n`);
await Bun.write(join(DOCS, "scale.md"), pageOf(run));
console.log(pageOf(run));
