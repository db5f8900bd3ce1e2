// Measures what one beat, batch, message, recipient and copy costs, by runs that differ in one thing each: two servers, one
// of which publishes, and servers that only beat. Processor time, not time: other work on the machine matters little.

import type { Units } from "./model.ts";
import { Nats, Worker } from "./processes.ts";
import { feed, type Load, topicOf } from "./wire.ts";

const WINDOW_MS = 2500;
const BEATERS = 40;
const BEATS_PER_SECOND = 4;
const TOLD = 64;

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
  await sender.line();
  const port = await receiver.line();

  const look = async (load: Load | null) => {
    sender.say(load);
    await Bun.sleep(700);
    const { nats: bus, servers } = await rates(nats, [sender, receiver], WINDOW_MS);
    sender.say(null);
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

  const beats = BEATERS * BEATS_PER_SECOND;
  // A few batches at a time, as in a cluster that has something to do: one alone costs several times as much.
  const load = (burst: number, topics: number): Load => ({
    tickMs: 2,
    topics,
    topicsAtOnce: Math.min(4, topics),
    burst,
  });
  await look(load(20, 8));
  const out1 = await look(load(1, 8));
  const out20 = await look(load(20, 8));
  const outOf = (one: typeof out1): number => (one.out.cpu - idle.out.cpu) / one.batches;
  const messageOut = positive((outOf(out20) - outOf(out1)) / 19);

  const inOf = (one: typeof out1): number => (one.into.cpu - idle.into.cpu) / one.batches;
  await using few = Worker.ofFile("listeners-process.ts", 1, 8, port);
  await few.line();
  await look(load(20, 8));
  const few1 = await look(load(1, 8));
  const few20 = await look(load(20, 8));
  await using many = Worker.ofFile("listeners-process.ts", 50, 1, port);
  await many.line();
  const many1 = await look(load(1, 1));
  const many20 = await look(load(20, 1));
  const recipient1 = positive((inOf(many1) - inOf(few1)) / 50);
  const recipient20 = positive((inOf(many20) - inOf(few20)) / 50);
  const delivery = positive((recipient20 - recipient1) / 19);
  const write = positive(recipient1 - delivery);
  const messageIn = positive((inOf(few20) - inOf(few1)) / 19 - delivery);
  const batchIn = positive(inOf(few1) - messageIn - write - delivery);

  const busOf = (one: typeof out1): number => (one.bus - idle.bus) / one.batches;
  const tick = { type: "tick", topic: topicOf(0), number: 1, price: 1.5, isOpen: true } as const;
  const messageBytes = feed.server.encodeFrame({ ...tick, text: "a line of text" }).length;
  const copy1 = positive(busOf(few1) - busOf(out1));
  const copy20 = positive(busOf(few20) - busOf(out20));
  const busKib = positive((copy20 - copy1) / ((19 * messageBytes) / 1024));
  const beat = positive((bare.into.cpu - idle.into.cpu) / beats);
  return {
    idle: idle.into.cpu,
    beat,
    toldTopic: positive((telling.into.cpu - bare.into.cpu) / (beats * TOLD)),
    batchOut: positive(outOf(out1) - messageOut),
    messageOut,
    batchIn,
    messageIn,
    write,
    delivery,
    busIn: positive(busOf(out1)),
    busOut: positive(copy1 - (messageBytes / 1024) * busKib),
    busKib,
    messageBytes,
  };
}
