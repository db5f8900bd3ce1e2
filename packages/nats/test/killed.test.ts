// NATS under load, killed, stopped and started again, alone and as a cluster: every client counts what came, and what
// it was told is missing. Of what living servers published the two are everything, always.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { NatsServer, outsideTool, pickSeed, SeededRandom } from "@typewire/testkit";

import { Site, until } from "./support/site.ts";

const IS_LONG = process.env["TYPEWIRE_LONG"] !== undefined;

setDefaultTimeout(IS_LONG ? 300_000 : 60_000);

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Sites that all publish to one topic, and count. */
class Load implements AsyncDisposable {
  readonly sites: readonly Site[];
  readonly #published: number[];
  readonly #random: SeededRandom;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(sites: readonly Site[], random: SeededRandom) {
    this.sites = sites;
    this.#published = sites.map(() => 0);
    this.#random = random;
  }

  /** Resolves when each knows the clients of all. */
  async begin(): Promise<void> {
    for (const site of this.sites) await site.connect();
    for (const { server } of this.sites) {
      await until("the others", () => server.subscribers("room").members === this.sites.length);
    }
    this.#timer = setInterval(() => this.#say(), 2);
  }

  /** Resolves when all that was published has come, or is told to be missing. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    for (const [reader, site] of this.sites.entries()) {
      await until(
        `site ${reader}`,
        () => this.#open(site) === 0 && sumOf(site.told) === site.stats.gapMessages,
      );
    }
  }

  get published(): number {
    return sumOf(this.#published);
  }

  /** Of all deliveries to sites that did not publish them: those that are missing. */
  get missing(): number {
    return sumOf(this.sites.map(({ stats }) => stats.gapMessages));
  }

  /** Each site has every message of its own, and those of the others once, in order, without those that it was told of. */
  judge(): void {
    for (const [reader, site] of this.sites.entries()) {
      for (const [writer, count] of this.#published.entries()) {
        const came = site.heard
          .filter((text) => text.startsWith(`${writer}:`))
          .map((text) => Number(text.slice(2)));
        const where = `site ${reader} of ${writer}`;
        expect([
          where,
          came.every((number, at) => at === 0 || number > (came[at - 1] ?? 0)),
        ]).toEqual([where, true]);
        if (reader === writer) expect([where, came.length]).toEqual([where, count]);
      }
      const { gapMessages } = site.stats;
      const own = this.#published[reader] ?? 0;
      expect(site.heard.length - own + gapMessages).toBe(this.published - own);
      expect(new Set(site.heard).size).toBe(site.heard.length);
      expect(sumOf(site.told)).toBe(gapMessages);
      expect(sumOf(site.gaps.map(({ missed }) => missed))).toBe(gapMessages);
      expect(site.stats.messagesDropped).toBe(0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const site of this.sites) await site[Symbol.asyncDispose]();
  }

  #say(): void {
    for (const [writer, site] of this.sites.entries()) {
      for (let count = this.#random.integer(0, 10); count > 0; count -= 1) {
        this.#published[writer] = (this.#published[writer] ?? 0) + 1;
        site.say(`${writer}:${this.#published[writer]}`);
      }
    }
  }

  /** What has neither come nor been told to be missing. */
  #open({ heard, stats }: Site): number {
    return this.published - heard.length - stats.gapMessages;
  }
}

describe.skipIf(outsideTool("nats-server") === undefined)("three servers under load", () => {
  const seed = pickSeed();

  test(`count everything while NATS is killed ${IS_LONG ? 100 : 2} times (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    await using bus = await NatsServer.start();
    const options = { servers: bus.address };
    await using load = new Load([new Site(options), new Site(options), new Site(options)], random);
    await load.begin();
    for (let kill = 0; kill < (IS_LONG ? 100 : 2); kill += 1) {
      await wait(random.integer(50, 400));
      await bus.kill();
      await wait(random.integer(0, 300));
      await bus.start();
    }
    await load.end();
    load.judge();
    if (IS_LONG)
      process.stdout.write(`${load.published} published, ${load.missing} missing and told\n`);
  });

  test(`count everything while each of three NATS in a cluster is killed, or leaves, in turn (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    const buses = await NatsServer.startCluster(3);
    try {
      const options = { servers: buses.map(({ address }) => address) };
      await using load = new Load(
        [new Site(options), new Site(options), new Site(options)],
        random,
      );
      await load.begin();
      for (const [turn, bus] of buses.entries()) {
        await wait(IS_LONG ? 300 : 100);
        // Lame duck mode: it says that it leaves, and waits; the lines move before it ends them.
        if (turn === 1) {
          bus.signal("SIGUSR2");
          await wait(IS_LONG ? 300 : 100);
        }
        await bus.kill();
        await wait(IS_LONG ? 300 : 100);
        await bus.start();
      }
      await load.end();
      load.judge();
      const reconnects = sumOf(load.sites.map(({ stats }) => stats.reconnects));
      expect(reconnects).toBeGreaterThanOrEqual(3);
    } finally {
      for (const bus of buses) await bus[Symbol.asyncDispose]();
    }
  });

  test(`count everything while NATS is stopped and goes on, and leave it after two seconds (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    await using bus = await NatsServer.start();
    const options = { servers: bus.address };
    await using load = new Load([new Site(options), new Site(options)], random);
    await load.begin();
    // Shorter than what a line waits for its answer, and longer.
    for (const ms of IS_LONG ? [500, 2500, 1000, 6000, 2000] : [300, 2500]) {
      await wait(200);
      bus.signal("SIGSTOP");
      await wait(ms);
      bus.signal("SIGCONT");
    }
    await load.end();
    load.judge();
    for (const { events } of load.sites) {
      expect(events).toContainEqual({ type: "down", why: "NATS has not answered for 2000 ms" });
    }
  });
});
