// Measures what one beat, batch, message, recipient and copy costs, by runs that differ in one thing each: two servers, one
// of which publishes, and servers that only beat. Processor time, not time: other work on the machine matters little.

import type { Units, WakeLaw } from "./model.ts";
import { Nats, Worker } from "./processes.ts";
import { feed, type Load, topicOf } from "./wire.ts";

const WINDOW_MS = 2500;
const BEATERS = 40;
const BEATS_PER_SECOND = 4;
const TOLD = 64;
const TOPICS = 16;
/** Messages of a long batch. */
const BURST = 20;
const LISTENERS = 50;
/** Between ticks: as usual, and for the other points of a law. */
const TICK_MS = 5;
const SELDOM_MS = 25;
const OFTEN_MS = 1;

/** Two servers for a while. */
interface Look {
  readonly bus: number;
  readonly out: { readonly cpu: number };
  readonly into: { readonly cpu: number };
  readonly batches: number;
}

/** Microseconds of processor in a second, and batches that were sent in it. */
export interface Rates {
  readonly nats: number;
  readonly servers: readonly { readonly cpu: number; readonly batches: number }[];
}

export async function rates(
  nats: Nats,
  workers: readonly Worker[],
  windowMs: number,
): Promise<Rates> {
  const first = await Promise.all(workers.map((worker) => worker.figures()));
  const bus = nats.cpuUs;
  const beganAtMs = performance.now();
  await Bun.sleep(windowMs);
  const busUs = nats.cpuUs - bus;
  const seconds = (performance.now() - beganAtMs) / 1000;
  const last = await Promise.all(workers.map((worker) => worker.figures()));
  const servers = last.map((to, index) => {
    const from = first[index] ?? to;
    const own = (to.atMs - from.atMs) / 1000;
    return {
      cpu: (to.cpuUs - from.cpuUs) / own,
      batches: (to.batchesSent - from.batchesSent) / own,
    };
  });
  return { nats: busUs / seconds, servers };
}

const positive = (value: number): number => Math.max(0, value);

export async function measureUnits(): Promise<Units> {
  await using nats = await Nats.start();
  await using sender = Worker.ofFile("node-process.ts", nats.address);
  await using receiver = Worker.ofFile("node-process.ts", nats.address);
  const ports = [await sender.line(), await receiver.line()];

  const tick = { type: "tick", topic: topicOf(0), number: 1, price: 1.5, isOpen: true } as const;
  const messageBytes = feed.server.encodeFrame({ ...tick, text: "a line of text" }).length;

  const look = async (load: Load | null, isMutual = false): Promise<Look> => {
    sender.say(load);
    if (isMutual) receiver.say(load);
    await Bun.sleep(700);
    const { nats: bus, servers } = await rates(nats, [sender, receiver], WINDOW_MS);
    sender.say(null);
    receiver.say(null);
    const [out = { cpu: 0, batches: 1 }, into = { cpu: 0, batches: 0 }] = servers;
    return { bus, out, into, batches: Math.max(1, out.batches) };
  };
  const beating = async (topics: number) => {
    await using beaters = Worker.ofFile("beaters-process.ts", nats.address, BEATERS, topics);
    await beaters.line();
    // Topics that are new are told more often at first.
    await Bun.sleep(2000);
    return look(null);
  };
  // Code that has not run yet is slow.
  await beating(TOLD);
  await Bun.sleep(1500);
  const idle = await look(null);
  const bare = await beating(0);
  const telling = await beating(TOLD);
  // What is left of those servers is told and forgotten.
  await Bun.sleep(2000);

  // In pairs that differ in one thing: what a tick publishes, and how often it ticks.
  const load = (tickMs: number, topicsAtOnce: number, burst: number): Load => ({
    tickMs,
    topics: TOPICS,
    topicsAtOnce,
    burst,
  });
  const perBatch = (more: Look, less: Look, of: (look: Look) => number): number =>
    positive((of(more) - of(less)) / (more.batches - less.batches));
  const perMessage = (more: Look, less: Look, of: (look: Look) => number): number =>
    positive((of(more) / more.batches - of(less) / less.batches) / (BURST - 1));
  const out = ({ out: { cpu } }: Look): number => cpu;
  const into = ({ into: { cpu } }: Look): number => cpu;
  const bus = (one: Look): number => one.bus;

  await look(load(TICK_MS, TOPICS, BURST));
  const alone = await look(load(TICK_MS, 1, 1));
  const aloneDense = await look(load(TICK_MS, TOPICS, 1));
  const aloneLong = await look(load(TICK_MS, TOPICS, BURST));
  const messageOut = perMessage(aloneLong, aloneDense, out);
  const batchOut = positive(perBatch(aloneDense, alone, out) - messageOut);
  const busIn = perBatch(aloneDense, alone, bus);

  await using few = Worker.ofFile("listeners-process.ts", 1, TOPICS, ...ports);
  await few.line();
  await look(load(TICK_MS, TOPICS, BURST));
  const heard = await look(load(TICK_MS, 1, 1));
  const heardDense = await look(load(TICK_MS, TOPICS, 1));
  const heardLong = await look(load(TICK_MS, TOPICS, BURST));
  // Both publish, and each receives what the other has: as servers do.
  const seldom = await look(load(SELDOM_MS, 1, 1), true);
  const usual = await look(load(TICK_MS, 1, 1), true);
  const often = await look(load(OFTEN_MS, 1, 1), true);
  const batch = perBatch(heardDense, heard, into);
  const message = perMessage(heardLong, heardDense, into);
  const busBoth = perBatch(heardDense, heard, bus);
  const busKib = perMessage(heardLong, heardDense, bus) / ((2 * messageBytes) / 1024);

  await using many = Worker.ofFile("listeners-process.ts", LISTENERS, 1, ports[1] ?? "");
  await many.line();
  const topic = { topics: 1, topicsAtOnce: 1, tickMs: TICK_MS };
  const many1 = await look({ ...topic, burst: 1 });
  const manyLong = await look({ ...topic, burst: BURST });
  const listener = positive(
    (into(many1) / many1.batches - into(heard) / heard.batches) / LISTENERS,
  );
  const delivery = Math.min(message, perMessage(manyLong, many1, into) / LISTENERS);
  const write = positive(listener - delivery);

  await using hearing = Worker.ofFile("beaters-process.ts", nats.address, BEATERS, TOPICS);
  await hearing.line();
  await Bun.sleep(2000);
  const quiet = await look(null);
  const spread = await look(load(TICK_MS, 1, 1));
  const copies =
    (bus(spread) - bus(quiet)) / spread.batches - (bus(heard) - bus(idle)) / heard.batches;
  const busOut = positive(busBoth - busIn);

  const beats = BEATERS * BEATS_PER_SECOND;
  const beat = positive((into(bare) - into(idle)) / beats);
  const exchanged = batchOut + messageOut + batch + write + delivery;
  const wakeOf = (one: Look): Point => ({
    perSecond: 2 * one.batches,
    us: positive((out(one) + into(one)) / 2 - into(idle) - one.batches * exchanged),
  });
  const busWakeOf = (one: Look): Point => ({
    perSecond: 2 * one.batches,
    us: positive(bus(one) - bus(idle) - 2 * one.batches * busBoth),
  });
  const points = [seldom, usual, often];
  return {
    idle: into(idle),
    beat,
    toldTopic: positive((into(telling) - into(bare)) / (beats * TOLD)),
    batchOut,
    messageOut,
    batchIn: positive(batch - message - write),
    messageIn: positive(message - delivery),
    write,
    delivery,
    wake: lawThrough(points.map(wakeOf)),
    busIn,
    busOut,
    busKib,
    busWrite: positive(copies / (BEATERS - 1) - busOut),
    busWake: lawThrough(points.map(busWakeOf)),
    messageBytes,
  };
}

interface Point {
  readonly perSecond: number;
  readonly us: number;
}

/** The law that is nearest to the points, by their logarithms; a power outside of 0 to 1 is a disturbance. */
function lawThrough(points: readonly Point[]): WakeLaw {
  const logs = points.map(({ perSecond, us }) => [Math.log(perSecond), Math.log(Math.max(1, us))]);
  const mean = (at: 0 | 1): number =>
    logs.reduce((sum, point) => sum + (point[at] ?? 0), 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let covariance = 0;
  let variance = 0;
  for (const [x = 0, y = 0] of logs) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  const power = Math.min(1, Math.max(0, covariance / variance));
  return { power, us: Math.exp(meanY - power * meanX) };
}
