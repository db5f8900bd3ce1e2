// A round of the bus rows: servers publish while faults happen to the bus, then all of it is counted. Each server lives
// through the round, and each listener keeps its connection. What the listeners have counted is the judge of what the
// servers say of themselves.

import { expect } from "bun:test";

import { until } from "../until.ts";
import type { BusServer, Samples } from "./bus-server.ts";
import type { Listener } from "./listener.ts";
import type { Report } from "./server-process.ts";

/** A server and those who listen to it. */
export interface Site {
  readonly server: BusServer;
  readonly listeners: readonly Listener[];
}

/** How a site was at one moment. */
interface Moment {
  readonly report: Report;
  readonly samples: Samples;
  /** By listener: of each server by its name, and what was told. */
  readonly heard: readonly ReadonlyMap<string, number>[];
  readonly told: readonly number[];
}

/** What a round came to. */
export interface Outcome {
  readonly published: number;
  /** Of all servers: messages of others that have not come. */
  readonly missing: number;
  /** The same for what the servers had no room for. */
  readonly dropped: number;
  /** Of each server: gaps in what the others published. */
  readonly gaps: readonly number[];
  readonly reconnects: number;
}

const ANSWER_MS = 30_000;

/** Plays `faults` while `sites` publish `perTick` messages every 20 ms each, and counts. */
export async function playRound(
  sites: readonly Site[],
  perTick: number,
  faults: () => Promise<void>,
): Promise<Outcome> {
  const before = await Promise.all(sites.map(momentOf));
  for (const { server } of sites) {
    server.probe();
    server.talk(perTick);
  }
  await faults();
  for (const { server } of sites) server.talk(0);
  const reports = await Promise.all(sites.map(({ server }) => server.report()));
  const published = reports.map(
    (report, index) => report.published - (before[index]?.report.published ?? 0),
  );
  const all = published.reduce((sum, count) => sum + count, 0);
  for (const [index, { listeners }] of sites.entries()) {
    for (const [place, { now }] of listeners.entries()) {
      const was = before[index];
      const accounted = (): number =>
        sumOf([...now.of.values()].map(({ count }) => count)) +
        now.told -
        sumOf([...(was?.heard[place]?.values() ?? [])]) -
        (was?.told[place] ?? 0);
      await until(
        () => accounted() >= all,
        `listener ${place} of server ${index} has ${accounted()} of ${all}`,
        ANSWER_MS,
      );
    }
  }
  await until(() => sites.every(({ listeners }) => listeners.every((one) => one.isConnected)), "");
  for (const { server } of sites) {
    await server.endProbe();
    await isAnswered(server);
  }
  const after = await Promise.all(sites.map(momentOf));
  for (const [index, site] of sites.entries()) {
    const [was, is] = [before[index], after[index]];
    if (was === undefined || is === undefined) throw new Error("There is no such site");
    judge(site, was, is, { index, published, sites: sites.length });
    await judgePage(site, is);
  }
  const difference = (name: string): number[] =>
    after.map(({ samples }, index) => of(samples, name) - of(before[index]?.samples, name));
  return {
    published: all,
    missing: sumOf(difference('gap_messages_total{why="bus"}')),
    dropped: sumOf(difference("backplane_messages_dropped_total")),
    gaps: difference('gaps_total{why="bus"}'),
    reconnects: sumOf(difference("backplane_reconnects_total")),
  };
}

/** Resolves when the bus has answered for all that `server` has published: it is asked at each beat. */
async function isAnswered(server: BusServer): Promise<void> {
  const deadlineMs = performance.now() + ANSWER_MS;
  while (of(await server.scrape(), "backplane_held_bytes") > 0) {
    if (performance.now() > deadlineMs) throw new Error("The bus has not answered");
    await Bun.sleep(50);
  }
}

async function momentOf({ server, listeners }: Site): Promise<Moment> {
  const [report, samples] = await Promise.all([server.report(), server.scrape()]);
  return {
    report,
    samples,
    heard: listeners.map(
      ({ now }) => new Map([...now.of].map(([by, { count }]) => [by, count] as const)),
    ),
    told: listeners.map(({ now }) => now.told),
  };
}

/** Every listener has its own server's messages, and those of the others but for what it was told; the figures say so. */
function judge(
  { server, listeners }: Site,
  was: Moment,
  is: Moment,
  round: { readonly index: number; readonly published: readonly number[]; readonly sites: number },
): void {
  const own = round.published[round.index] ?? 0;
  const others = sumOf(round.published) - own;
  const grown = (name: string): number => of(is.samples, name) - of(was.samples, name);
  const missing = grown('gap_messages_total{why="bus"}');
  for (const [place, listener] of listeners.entries()) {
    const heard = [...(is.heard[place] ?? [])].map(
      ([by, count]) => [by, count - (was.heard[place]?.get(by) ?? 0)] as const,
    );
    const ofOthers = sumOf(heard.filter(([by]) => by !== is.report.by).map(([, count]) => count));
    expect({
      own: new Map(heard).get(is.report.by) ?? 0,
      others: ofOthers + missing,
      told: (is.told[place] ?? 0) - (was.told[place] ?? 0),
      disorders: listener.disorders,
    }).toEqual({ own, others, told: missing, disorders: 0 });
  }
  const came = others - missing;
  const figures = [
    ['backplane_messages_total{direction="in"}', came],
    ['messages_total{direction="out",type="$forwarded"}', came * listeners.length],
    ['messages_total{direction="out",type="said"}', own * listeners.length],
    ['backplane_batches_refused_total{why="invalid"}', 0],
    ["backplane_reconnects_total", is.report.ups - was.report.ups],
    ['gaps_total{why="bus"}', is.report.gaps - was.report.gaps],
  ] as const;
  expect(figures.map(([name]) => [name, grown(name)] as const)).toEqual([...figures]);
  expect(
    grown('backplane_messages_total{direction="out"}') + grown("backplane_messages_dropped_total"),
  ).toBe(own);
  const now = ["connections", "backplane_nodes", "backplane_up", "backplane_held_bytes", "ready"];
  expect(now.map((name) => [name, of(is.samples, name)])).toEqual([
    ["connections", listeners.length],
    ["backplane_nodes", round.sites],
    ["backplane_up", 1],
    ["backplane_held_bytes", 0],
    ["ready", 1],
  ]);
  expect(server.illnesses).toEqual([]);
}

/** The page has of each server what this one has counted. */
async function judgePage({ server }: Site, { report }: Moment): Promise<void> {
  const nodes = await server.nodes();
  const missed = nodes.filter((node) => node.missed > 0).map((node) => [node.name, node.missed]);
  expect(Object.fromEntries(missed)).toEqual(report.missed);
  expect(sumOf(nodes.map(({ gaps }) => gaps))).toBe(report.gaps);
}

function of(samples: Samples | undefined, name: string): number {
  const value = samples?.get(`typewire_${name}`);
  if (value === undefined) throw new Error(`The scrape has no typewire_${name}`);
  return value;
}

export function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
