// The model of a cluster, and that docs/scale.md is the page of the run that stands beside it.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { bottleneckOf, type Cluster, costOf, mostServers, type Units } from "../src/scale/model.ts";
import { pageOf, type Run } from "../src/scale/page.ts";

const DOCS = join(import.meta.dir, "..", "..", "docs");

const units: Units = {
  idle: 1000,
  beat: 10,
  toldTopic: 1,
  batchOut: 20,
  messageOut: 1,
  batchIn: 30,
  messageIn: 2,
  write: 5,
  delivery: 0.5,
  wake: { us: 0, power: 0.5 },
  busIn: 4,
  busOut: 6,
  busKib: 0,
  busWrite: 2,
  busWake: { us: 0, power: 0.5 },
  messageBytes: 100,
};

const cluster = (servers: number): Cluster => ({
  servers,
  batchesPerSecond: 10,
  burst: 5,
  members: 2 * servers,
  topicsPerServer: 3,
});

describe("costOf", () => {
  test("adds up what two servers do, each with two members of each topic", () => {
    expect(costOf(units, cluster(2), 1)).toEqual({
      publish: 10 * (20 + 5),
      receive: 10 * (30 + 10),
      deliver: 20 * 2 * (5 + 2.5),
      beats: 1000 + 4 * (10 + 3),
      wakes: 0,
      server: 250 + 400 + 300 + 1052,
      bus: 20 * 12 + 8 * 12,
    });
  });

  test("lets a server without members receive nothing", () => {
    const alone = { ...cluster(1000), members: 0 };
    expect(costOf(units, alone)).toMatchObject({ receive: 0, deliver: 0 });
    const one = costOf(units, { ...alone, members: 1 });
    expect(one.receive).toBeCloseTo(10 * 999 * 0.001 * 40);
  });

  test("lets a server wake for what comes while it rests, and not while it works", () => {
    const waking: Units = { ...units, wake: { us: 1000, power: 0.5 } };
    const { server: work } = costOf(units, cluster(2), 1);
    const { wakes, server } = costOf(waking, cluster(2), 1);
    const load = (work + wakes) / 1e6;
    expect(wakes).toBeCloseTo(1000 * (24 * (1 - load)) ** 0.5, 1);
    expect(server).toBeCloseTo(work + wakes);
    const busy: Units = { ...waking, idle: 1e6 };
    expect(costOf(busy, cluster(2), 1).wakes).toBeCloseTo(0);
    // Where eight share two cores, more comes while one waits.
    const shared = costOf(waking, { ...cluster(8), sharedCores: 2 }, 1).wakes;
    expect(shared).toBeLessThan(costOf(waking, cluster(8), 1).wakes);
  });

  test("has a NATS whose wakes cost less each, the more there are", () => {
    const busWake = { us: 100, power: 0.5 };
    const more =
      costOf({ ...units, busWake }, cluster(2), 1).bus - costOf(units, cluster(2), 1).bus;
    expect(more).toBeCloseTo(100 * (20 + 8) ** 0.5);
  });

  test("has beats that grow with the servers, and a bus that grows with their square", () => {
    const ten = costOf(units, cluster(10), 1);
    const hundred = costOf(units, cluster(100), 1);
    expect((hundred.beats - 1000) / (ten.beats - 1000)).toBeCloseTo(11);
    expect(hundred.bus / ten.bus).toBeGreaterThan(80);
  });
});

test("mostServers is the last number that fits", () => {
  const limits = { busCores: 1, most: 0.5 };
  const most = mostServers(units, cluster, limits);
  expect(bottleneckOf(costOf(units, cluster(most)), 1).load).toBeLessThanOrEqual(0.5);
  expect(bottleneckOf(costOf(units, cluster(most + 1)), 1).load).toBeGreaterThan(0.5);
});

test("docs/scale.md is the page of docs/scale.json", async () => {
  const run = (await Bun.file(join(DOCS, "scale.json")).json()) as Run;
  const plain = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
  expect(plain(await Bun.file(join(DOCS, "scale.md")).text())).toBe(plain(pageOf(run)));
});
