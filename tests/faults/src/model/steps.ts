// What can happen to the model's world, and how likely it is.

import type { SeededRandom } from "@typewire/testkit";

import type { World } from "./world.ts";

type Step = (world: World, random: SeededRandom) => void | Promise<void>;

const pause =
  (mostMs: number): Step =>
  (_, random) =>
    Bun.sleep(random.integer(0, mostMs));

const steps: Readonly<Record<string, readonly [weight: number, step: Step]>> = {
  clientSends: [
    8,
    (world, random) => world.clientSends(random.integer(1, 200), random.integer(0, 100)),
  ],
  // More than the kernel takes, so that a part waits in the queue.
  clientSendsMuch: [2, (world, random) => world.clientSends(random.integer(50, 150), 60_000)],
  serverSends: [
    6,
    (world, random) => world.serverSends(random.integer(1, 200), random.integer(0, 100)),
  ],
  serverSendsMuch: [1, (world, random) => world.serverSends(random.integer(20, 60), 100_000)],
  wait: [5, pause(30)],
  reset: [3, (world) => world.proxy.resetAll()],
  slow: [1, (world, random) => world.proxy.set({ bytesPerSecond: random.integer(20, 200) * 1000 })],
  late: [1, (world, random) => world.proxy.set({ latencyMs: random.integer(1, 30) })],
  pieces: [
    1,
    (world, random) =>
      world.proxy.set({ mostPieceBytes: random.integer(1, 50), randomPieces: true }),
  ],
  clear: [
    3,
    (world) =>
      world.proxy.set({
        latencyMs: 0,
        bytesPerSecond: Infinity,
        mostPieceBytes: Infinity,
        flipsPerByte: 0,
        blackHole: false,
      }),
  ],
  blackHole: [
    1,
    async (world, random) => {
      const way = random.integer(0, 1) === 0 ? "toServer" : "both";
      world.proxy.set({ blackHole: true }, way);
      await Bun.sleep(random.integer(10, 500));
      world.proxy.set({ blackHole: false });
    },
  ],
  flip: [0.5, (world, random) => world.flip(random.integer(1, 20) / 10_000)],
  freezeServer: [0.5, (world, random) => world.freezeServer(random.integer(10, 500))],
  drainServer: [0.5, (world) => world.restartServer("SIGTERM")],
  killServer: [0.5, (world) => world.restartServer("SIGKILL")],
};

const totalWeight = Object.values(steps).reduce((sum, [weight]) => sum + weight, 0);

/** Does one thing at random; returns its name. */
export async function randomStep(world: World, random: SeededRandom): Promise<string> {
  let at = random.next() * totalWeight;
  for (const [name, [weight, step]] of Object.entries(steps)) {
    at -= weight;
    if (at >= 0) continue;
    await step(world, random);
    return name;
  }
  return "nothing";
}
