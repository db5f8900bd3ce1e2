// Servers in processes of their own on a real NATS, and what becomes of them: every client counts what it hears, and
// holds it against what it was told is missing, and against what each server says of itself in its metrics, its probes and
// its page.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { NatsServer, outsideTool } from "@typewire/testkit";

import { BusServer, type DrainReport } from "../src/bus/bus-server.ts";
import { Listener } from "../src/bus/listener.ts";
import { playRound } from "../src/bus/round.ts";
import { allConnected, end, haveMet, joinedOn, untilReadyz } from "../src/bus/sites.ts";
import { until } from "../src/until.ts";

const IS_LONG = process.env["TYPEWIRE_LONG"] !== undefined;
const SERVERS = 3;
const SPREAD_MS = IS_LONG ? 400 : 200;
/** Of one server after the other. */
const RESTARTS = IS_LONG ? 51 : 2;
/** So many that one of them is on a server that restarts. */
const ROAMERS = IS_LONG ? 30 : 12;
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
        const { by } = await site.server.report();
        await until(() => others.every(({ now }) => now.of.has(by)), "its first messages");
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
