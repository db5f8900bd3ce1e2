// Servers in processes of their own on a real NATS, and what becomes of them: every client counts what it hears, and
// holds it against what it was told is missing, and against what each server says of itself in its metrics, its probes and
// its page.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { NatsServer, outsideTool } from "@typewire/testkit";

import { BusServer, type DrainReport } from "../src/bus/bus-server.ts";
import { Listener } from "../src/bus/listener.ts";
import { playRound, sumOf } from "../src/bus/round.ts";
import { Route } from "../src/bus/route.ts";
import {
  allConnected,
  becomes,
  end,
  haveMet,
  joinedOn,
  sitesOn,
  untilReadyz,
} from "../src/bus/sites.ts";
import { until } from "../src/until.ts";

const IS_LONG = process.env["TYPEWIRE_LONG"] !== undefined;
const SERVERS = 3;
const SPREAD_MS = IS_LONG ? 400 : 200;
/** Of one server after the other. */
const RESTARTS = IS_LONG ? 51 : 2;
const ROAMERS = IS_LONG ? 30 : 3;
/** What each server publishes in every 20 ms. */
const TALK = IS_LONG ? 5 : 1;

setDefaultTimeout(IS_LONG ? 600_000 : 60_000);

describe.skipIf(outsideTool("nats-server") === undefined)("servers on a NATS", () => {
  test(`are restarted one after the other, ${RESTARTS} times, while messages flow: none is missing`, async () => {
    await using bus = await NatsServer.start();
    const sites = await joinedOn([bus.address], SERVERS, SPREAD_MS);
    const servers = sites.map(({ server: { port } }) => ({ port }));
    const roamers: Listener[] = [];
    const drained: DrainReport[] = [];
    try {
      for (let count = 0; count < ROAMERS; count += 1) {
        roamers.push(await Listener.connect({ servers }));
      }
      for (const { server } of sites) server.talk(TALK);
      for (let restart = 0; restart < RESTARTS; restart += 1) {
        const index = restart % SERVERS;
        const site = sites[index];
        if (site === undefined) throw new Error("There is no such site");
        const others = sites.filter((other) => other !== site).flatMap((other) => other.listeners);
        const report = await site.server.drain();
        drained.push(report);
        // To its last message, which it has published while it drained.
        for (const { now } of others) {
          await until(
            () => now.of.get(report.by)?.last === report.published,
            `the end of ${report.published}: ${now.of.get(report.by)?.last}`,
          );
        }
        const server = await BusServer.start([bus.address], {
          port: site.server.port,
          spreadMs: SPREAD_MS,
        });
        sites[index] = { server, listeners: site.listeners };
        server.talk(TALK);
        await haveMet(sites);
        await allConnected([...site.listeners, ...roamers]);
      }
      for (const { server } of sites) server.talk(0);

      expect(drained.map(({ cut }) => cut)).toEqual(drained.map(() => 0));
      const all = [...roamers, ...sites.flatMap(({ listeners }) => listeners)];
      for (const { attendances, disorders } of all) {
        for (const { missing, told } of attendances) expect([missing, told]).toEqual([0, 0]);
        expect(disorders).toBe(0);
      }
      // A port is closed while its process starts: the next of the servers is dialled without a wait.
      const ends = new Set(roamers.flatMap((roamer) => roamer.ends));
      const isGoodbye = /^The peer said goodbye|^Cannot connect|, 0 ms$/;
      expect([...ends].filter((why) => !isGoodbye.test(why))).toEqual([]);
      expect(roamers.filter(({ attendances }) => attendances.length > 1)).not.toEqual([]);

      for (const roamer of roamers) await roamer[Symbol.asyncDispose]();
      const outcome = await playRound(sites, TALK, async () => {
        await Bun.sleep(200);
        await bus.kill();
        expect(await untilReadyz(sites, ["backplane-down"])).toBeLessThan(1000);
        await bus.start();
        expect(await untilReadyz(sites, [])).toBeLessThan(1000);
        await Bun.sleep(200);
      });
      expect(outcome.reconnects).toBe(SERVERS);
    } finally {
      for (const roamer of roamers) await roamer[Symbol.asyncDispose]();
      await end(sites);
    }
  });
});

if (IS_LONG) {
  describe("servers on a NATS, at length", () => {
    test("count everything while NATS is killed over and over, and each probe tells of it within a second", async () => {
      await using bus = await NatsServer.start();
      const sites = await joinedOn([bus.address], SERVERS);
      try {
        const outcome = await playRound(sites, TALK, async () => {
          for (let kill = 0; kill < 20; kill += 1) {
            await bus.kill();
            expect(await untilReadyz(sites, ["backplane-down"])).toBeLessThan(1000);
            await bus.start();
            expect(await untilReadyz(sites, [])).toBeLessThan(1000);
            await Bun.sleep(200);
          }
        });
        expect(outcome.reconnects).toBe(20 * SERVERS);
      } finally {
        await end(sites);
      }
    });

    test("count everything while all NATS of a cluster are killed at once", async () => {
      const buses = await NatsServer.startCluster(3);
      const sites = await joinedOn(
        buses.map(({ address }) => address),
        SERVERS,
      );
      try {
        await playRound(sites, TALK, async () => {
          for (let kill = 0; kill < 5; kill += 1) {
            await Bun.sleep(500);
            await Promise.all(buses.map((bus) => bus.kill()));
            await untilReadyz(sites, ["backplane-down"]);
            await Promise.all(buses.map((bus) => bus.start()));
            await untilReadyz(sites, []);
          }
        });
      } finally {
        await end(sites);
        for (const bus of buses) await bus[Symbol.asyncDispose]();
      }
    });

    test("leave a NATS of a cluster that has stopped, whether or not they publish, and count everything", async () => {
      const [stopped, ...others] = await NatsServer.startCluster(3);
      if (stopped === undefined) throw new Error("There is no NATS");
      for (const bus of others) await bus.kill();
      const sites = await joinedOn(
        [stopped, ...others].map(({ address }) => address),
        SERVERS,
      );
      const reconnects = async (): Promise<number> =>
        sumOf(await Promise.all(sites.map(async ({ server }) => (await server.report()).ups)));
      try {
        for (const [ms, perTick] of [
          [1000, TALK],
          [1000, 0],
          [10_000, 0],
          [10_000, TALK],
          [60_000, TALK],
        ] as const) {
          // All of them are at the one that will stop.
          for (const bus of others) await bus.kill();
          await haveMet(sites);
          for (const bus of others) await bus.start();
          const outcome = await playRound(sites, perTick, async () => {
            const before = await reconnects();
            stopped.signal("SIGSTOP");
            const began = performance.now();
            if (ms > 2000) {
              await becomes(
                async () => (await reconnects()) === before + SERVERS,
                "all have left the one that has stopped",
                5000,
              );
            }
            await Bun.sleep(ms - (performance.now() - began));
            stopped.signal("SIGCONT");
            await Bun.sleep(500);
          });
          expect(outcome.reconnects).toBe(ms > 2000 ? SERVERS : 0);
          await haveMet(sites);
        }
      } finally {
        stopped.signal("SIGCONT");
        await end(sites);
        for (const bus of [stopped, ...others]) await bus[Symbol.asyncDispose]();
      }
    });

    test("one of which sleeps until NATS gives up on it: it is told what it has missed, exactly", async () => {
      await using bus = await NatsServer.start('max_pending: 4194304\nwrite_deadline: "1s"');
      const sites = await joinedOn([bus.address], SERVERS);
      const [awake, sleeper] = sites;
      if (awake === undefined || sleeper === undefined) throw new Error("There are none");
      try {
        const outcome = await playRound(sites, TALK, async () => {
          await sleeper.server.endProbe();
          sleeper.server.signal("SIGSTOP");
          awake.server.burst(20_000, 1000);
          await awake.server.report();
          await Bun.sleep(3000);
          sleeper.server.signal("SIGCONT");
          sleeper.server.probe();
          await haveMet(sites);
          await Bun.sleep(500);
        });
        expect(outcome.gaps.map((gaps) => gaps > 0)).toEqual([false, true, false]);
        expect(outcome.reconnects).toBe(1);
      } finally {
        await end(sites);
      }
    });

    test("three and two of which are split: each half counts itself, and after it one gap of each of the other half", async () => {
      await using route = await Route.open();
      const here = await sitesOn([route.here.address], 3);
      const there = await sitesOn([route.there.address], 2);
      const sites = [...here, ...there];
      try {
        await haveMet(sites);
        const outcome = await playRound(sites, TALK, async () => {
          await Bun.sleep(500);
          route.cut();
          await haveMet(here);
          await haveMet(there);
          await Bun.sleep(1000);
          route.mend();
          await haveMet(sites);
          await Bun.sleep(500);
        });
        expect(outcome.gaps).toEqual([2, 2, 2, 3, 3]);
        expect(outcome.missing).toBeGreaterThan(0);
        expect(outcome.reconnects).toBe(0);
      } finally {
        await end(sites);
      }
    });

    test("hold 16 MiB while NATS is away, and the others are told exactly what that had no room for", async () => {
      await using bus = await NatsServer.start();
      const sites = await joinedOn([bus.address], SERVERS);
      const [loud] = sites;
      if (loud === undefined) throw new Error("There are none");
      const figure = async (name: string): Promise<number> =>
        (await loud.server.scrape()).get(`typewire_backplane_${name}`) ?? Number.NaN;
      try {
        const outcome = await playRound(sites, TALK, async () => {
          await bus.kill();
          await untilReadyz(sites, ["backplane-down"]);
          loud.server.burst(40_000, 500);
          await becomes(
            async () => (await figure("messages_dropped_total")) > 0,
            "no room",
            20_000,
          );
          await loud.server.report();
          const held = await figure("held_bytes");
          expect(held).toBeGreaterThan(15 * 1024 * 1024);
          expect(held).toBeLessThanOrEqual(16 * 1024 * 1024);
          await bus.start();
          await untilReadyz(sites, []);
        });
        expect(outcome.dropped).toBeGreaterThan(1000);
        expect(outcome.missing).toBe(outcome.dropped * (SERVERS - 1));
      } finally {
        await end(sites);
      }
    });

    test("one of which is killed: what it had published before came, and the others go on", async () => {
      await using bus = await NatsServer.start();
      const sites = await joinedOn([bus.address], SERVERS);
      const [doomed, ...others] = sites;
      if (doomed === undefined) throw new Error("There are none");
      try {
        for (const { server } of sites) server.talk(TALK);
        await Bun.sleep(1000);
        doomed.server.signal("SIGKILL");
        for (const { server } of others) server.talk(0);
        await haveMet(others);
        for (const { listeners } of others) {
          for (const { now } of listeners) expect([now.missing, now.told]).toEqual([0, 0]);
        }
        for (const { server } of others) expect((await server.report()).lost).toBe(1);
        await playRound(others, TALK, () => Bun.sleep(500));
      } finally {
        await end(sites);
      }
    });
  });
}
