// Random lives of calls through everything there is: both faces, the codec, connections that are lost, drains, pauses,
// and a client that comes back. Each settles once, as the model says, and leaves nothing. In memory with time that
// stands still, and on sockets behind a proxy that delays, cuts and resets. TYPEWIRE_LONG runs 10 000 and 400 of them.

import { expect, test } from "bun:test";

import { internalLimits } from "@typewire/connection/internal";
import { FaultProxy, pickSeed, SeededRandom } from "@typewire/testkit";
import { connect, serve } from "typewire/bun";
import { connectInMemory } from "typewire/testing";

import { Answering } from "./lives/answering.ts";
import { shapes } from "./lives/shapes.ts";
import { type Line, World } from "./lives/world.ts";

const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
const IN_MEMORY = isLong ? 10_000 : 30;
const ON_SOCKETS = isLong ? 400 : 4;
const AT_ONCE = 4;
const seed = pickSeed();

/** Takes what handlers throw, on purpose. */
const quiet = { onHandlerError() {} };

function slots(random: SeededRandom): { readonly maxCalls: number; readonly maxStreams: number } {
  const among = (...counts: readonly number[]): number => counts[random.integer(0, 3)] ?? 1;
  return { maxCalls: among(1, 2, 4, 256), maxStreams: among(1, 2, 4, 64) };
}

/** What disturbs a line, the gentle ones first. */
type Steps = readonly (() => unknown)[];

/** Takes one of `steps`. Returns whether it may have ended calls: those behind the first five do. */
async function oneOf(steps: Steps, random: SeededRandom): Promise<boolean> {
  const choice = random.integer(0, steps.length - 1);
  await steps[choice]?.();
  return choice > 4;
}

async function liveInMemory(random: SeededRandom): Promise<readonly string[]> {
  const answering = new Answering();
  const { maxCalls, maxStreams } = slots(random);
  // The clock jumps: to two ends that hear nothing meanwhile the other would be dead.
  const limits = { heartbeatIntervalMs: 0 };
  const memory = await connectInMemory(
    shapes,
    { server: answering.handlers, client: {} },
    {
      server: { ...quiet, limits: internalLimits({ ...limits, maxCalls, maxStreams }) },
      client: { limits },
    },
  );
  const { client, server, clock } = memory;
  const steps: Steps = [
    () => clock.advance(random.integer(1, 60)),
    () => clock.advance(random.integer(300, 31_000)),
    () => memory.settle(),
    () => Bun.sleep(0),
    () => Bun.sleep(0),
    () => client.connection?.destroy(),
    () => [...server.connections].map((connection) => connection.destroy()),
    () => [...server.connections].map((each) => each.close({ afterHandlers: true })),
  ];
  const line: Line = {
    client,
    server,
    answering,
    random,
    maxCalls,
    maxStreams,
    timeoutsMs: [0, 1, 50, 500, 5000],
    nowMs: () => clock.now(),
    disturb: () => oneOf(steps, random),
    async rest() {
      clock.advance(100);
      await memory.settle();
    },
    mostRests: 400,
  };
  const faults = await new World(line).run();
  server.stop();
  return faults;
}

async function liveOnSockets(random: SeededRandom): Promise<readonly string[]> {
  const answering = new Answering();
  const { maxCalls, maxStreams } = slots(random);
  const limits = internalLimits({ maxCalls, maxStreams });
  await using server = serve(shapes, { ...quiet, port: 0, limits }, answering.handlers);
  using proxy = new FaultProxy({ port: server.port, seed: random.integer(0, 2 ** 31) });
  const reconnect = { initialDelayMs: 3, maxDelayMs: 20 };
  await using client = await connect(shapes, { port: proxy.port, reconnect });
  const ways = ["toServer", "toClient"] as const;
  const steps: Steps = [
    () => Bun.sleep(random.integer(0, 5)),
    () => Bun.sleep(0),
    () => proxy.set({ latencyMs: random.integer(0, 10) }),
    () => proxy.set({ mostPieceBytes: random.integer(1, 5000), randomPieces: true }),
    () => proxy.set({ blackHole: random.next() < 0.3 }),
    // Both ends hear it: of a reset that only one hears the other learns by its heartbeat, after 90 s.
    () => proxy.resetAll(),
    () => [...proxy.links].map((link) => link.end(ways[random.integer(0, 1)] ?? "toServer")),
  ];
  const line: Line = {
    client,
    server,
    answering,
    random,
    maxCalls,
    maxStreams,
    timeoutsMs: [0, 1, 5, 30, 500],
    nowMs: () => performance.now(),
    disturb: () => oneOf(steps, random),
    async rest() {
      proxy.set({ latencyMs: 0, mostPieceBytes: Infinity, blackHole: false });
      await Bun.sleep(2);
    },
    mostRests: 5_000,
  };
  return await new World(line).run();
}

/** `count` lives, so many at once, with the seed of each that has a fault. */
async function all(
  count: number,
  atOnce: number,
  live: (random: SeededRandom) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const faults: string[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count && faults.length === 0) {
      const own = (seed + next++) >>> 0;
      const found = await live(new SeededRandom(own));
      faults.push(...found.map((fault) => `TYPEWIRE_SEED=${own}: ${fault}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return faults;
}

test(
  `${IN_MEMORY} random lives of calls in memory: each settles once, as the model says (seed ${seed})`,
  async () => expect(await all(IN_MEMORY, 1, liveInMemory)).toEqual([]),
  60_000 + IN_MEMORY * 100,
);

test(
  `${ON_SOCKETS} random lives of calls on sockets, on a bad network (seed ${seed})`,
  async () => expect(await all(ON_SOCKETS, AT_ONCE, liveOnSockets)).toEqual([]),
  60_000 + ON_SOCKETS * 1000,
);
