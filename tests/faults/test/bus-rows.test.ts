// The faults of a bus at length, with `bun run test:long` and not without: servers in processes of their own, a real NATS that is
// killed, stopped, split and away, and clients that count. With no other test beside them: they judge how soon a probe
// tells of it, and how fast clients are served meanwhile.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { NatsServer, outsideTool } from "@typewire/testkit";

import { Echo, p99 } from "../src/bus/echo.ts";
import { playRound, sumOf } from "../src/bus/round.ts";
import { Route } from "../src/bus/route.ts";
import { becomes, end, haveMet, joinedOn, sitesOn, untilReadyz } from "../src/bus/sites.ts";

const SERVERS = 3;
/** What each server publishes in every 20 ms. */
const TALK = 5;
/** Of a comparison, and of each turn the messages, of which one follows the other at once. */
const TURNS = 20;
const MESSAGES = 500;
/** Where other programs have had the processor, a comparison is made again: the best one counts. */
const ROUNDS = 6;
/** Of a tenth of a millisecond the half is less than can be told from nothing. */
const SLACK_MS = 0.25;
/** How long NATS is away where it is away for long. */
const AWAY_MS = Number(process.env["TYPEWIRE_AWAY_SECONDS"] ?? 60) * 1000;
/** Meanwhile, so many messages at a time, and between two times. */
const AWAY_MESSAGES = 200;
const AWAY_REST_MS = 1000;

setDefaultTimeout(300_000);

/** Says to both in turns, and holds the times of the one with a bus against those of the other. */
async function compare(joined: Echo, alone: Echo, when: string): Promise<void> {
  const rounds: unknown[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    joined.timesMs = [];
    alone.timesMs = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      await alone.talk(MESSAGES);
      await joined.talk(MESSAGES);
    }
    const [withBus = 0, without = 0] = [joined, alone].map(({ timesMs }) => p99(timesMs));
    if (withBus <= without * 1.5 + SLACK_MS) return;
    rounds.push({ withBus, without });
  }
  throw new Error(`While ${when}, no round of these is good: ${JSON.stringify(rounds)}`);
}

/** For so long, over and over: how many times longer than at `alone` 99 of 100 messages take at `joined`, and how long. */
async function watchFor(
  ms: number,
  joined: Echo,
  alone: Echo,
  look: () => Promise<void>,
): Promise<{ readonly times: number; readonly withBusMs: number; readonly withoutMs: number }> {
  const turns: { readonly withBusMs: number; readonly withoutMs: number }[] = [];
  const began = performance.now();
  while (performance.now() - began < ms) {
    // In an order that alternates, so that none of them always comes second.
    for (const echo of turns.length % 2 === 0 ? [alone, joined] : [joined, alone]) {
      echo.timesMs = [];
      await echo.talk(AWAY_MESSAGES);
    }
    turns.push({ withBusMs: p99(joined.timesMs), withoutMs: p99(alone.timesMs) });
    await look();
    await Bun.sleep(AWAY_REST_MS);
  }
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    times: middle(turns.map(({ withBusMs, withoutMs }) => withBusMs / withoutMs)),
    withBusMs: middle(turns.map(({ withBusMs }) => withBusMs)),
    withoutMs: middle(turns.map(({ withoutMs }) => withoutMs)),
  };
}

const hasNats = outsideTool("nats-server") !== undefined;

if (hasNats && process.env["TYPEWIRE_ALONE"] !== undefined) {
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
          await Bun.sleep(500);
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

    test(
      `hold 16 MiB while NATS is away for ${AWAY_MS / 1000} s, serve their own clients, and the others are told exactly what had no room`,
      async () => {
        await using bus = await NatsServer.start();
        const sites = await joinedOn([bus.address], SERVERS);
        await using joined = await Echo.start(bus.address);
        await using alone = await Echo.start();
        for (const echo of [joined, alone]) await echo.talk(2000);
        const [loud] = sites;
        if (loud === undefined) throw new Error("There are none");
        const figure = async (name: string): Promise<number> =>
          (await loud.server.scrape()).get(`typewire_backplane_${name}`) ?? Number.NaN;
        let mostHeld = 0;
        const look = async (): Promise<void> => {
          const { heldBytes } = await joined.stats();
          mostHeld = Math.max(mostHeld, heldBytes, await figure("held_bytes"));
        };
        let watched: Awaited<ReturnType<typeof watchFor>> | undefined;
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
            while ((await joined.stats()).messagesDropped === 0) await joined.talk(50, 4000);
            watched = await watchFor(AWAY_MS, joined, alone, look);
            await bus.start();
            await untilReadyz(sites, []);
          });
          const figures = JSON.stringify({ ...outcome, mostHeld, ...watched });
          process.stdout.write(`NATS was away for ${AWAY_MS / 1000} s: ${figures}\n`);
          expect(mostHeld).toBeGreaterThan(15 * 1024 * 1024);
          expect(mostHeld).toBeLessThanOrEqual(16 * 1024 * 1024);
          expect(watched?.times).toBeLessThan(1.5);
          expect(outcome.dropped).toBeGreaterThan(1000);
          expect(outcome.missing).toBe(outcome.dropped * (SERVERS - 1));
        } finally {
          await end(sites);
        }
      },
      AWAY_MS + 240_000,
    );

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

if (hasNats && process.env["TYPEWIRE_ALONE"] !== undefined) {
  test("a server without its bus serves its own clients as fast as one that has none", async () => {
    await using bus = await NatsServer.start();
    await using joined = await Echo.start(bus.address);
    await using alone = await Echo.start();
    // The first messages are said while both learn them.
    for (const echo of [joined, alone]) await echo.talk(2000);
    await compare(joined, alone, "the bus is there");
    await bus.kill();
    await compare(joined, alone, "the bus is away");
    while ((await joined.stats()).messagesDropped === 0) await joined.talk(50, 4000);
    await compare(joined, alone, "the bus is away, and no more is held");
    expect((await joined.stats()).heldBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
    await bus.start();
    await becomes(async () => (await joined.stats()).heldBytes === 0, "what was held to leave");
    bus.signal("SIGSTOP");
    // Until the line is given up, and while others are dialled in vain.
    for (let look = 0; look < 5; look += 1) await compare(joined, alone, "the bus has stopped");
    bus.signal("SIGCONT");
  });
}
