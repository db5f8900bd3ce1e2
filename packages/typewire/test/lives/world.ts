// A server, a client and their random calls, whatever carries the bytes between them. What the line and the clock do
// is the test's.

import type { SeededRandom } from "@typewire/testkit";
import type { ClientOf, ServerOf } from "typewire/bun";

import type { Answering } from "./answering.ts";
import { Life } from "./life.ts";
import type { shapes } from "./shapes.ts";
import { faultsOf } from "./verdict.ts";

/** What the two kinds of lines do otherwise. */
export interface Line {
  readonly client: ClientOf<typeof shapes>;
  readonly server: ServerOf<typeof shapes, number | undefined>;
  readonly answering: Answering;
  readonly random: SeededRandom;
  /** The slots of the server. */
  readonly maxCalls: number;
  readonly maxStreams: number;
  readonly timeoutsMs: readonly number[];
  nowMs(): number;
  /** Something that the line or the clock does, at random. True where the connection, or half of it, may be gone by it. */
  disturb(): Promise<boolean>;
  /** Lets what was begun go on for a while; what has not come to an end after so many hangs. */
  rest(): Promise<void>;
  readonly mostRests: number;
}

export class World {
  readonly lives: Life[] = [];
  readonly #line: Line;
  #wasCut = false;

  constructor(line: Line) {
    this.#line = line;
  }

  /** Lives, rests, and is judged. */
  async run(): Promise<readonly string[]> {
    const { random, client, server, answering } = this.#line;
    for (let step = random.integer(10, 60); step > 0; step -= 1) await this.#step();
    client.resume();
    const end = random.next();
    const hasEnded = end < 0.4;
    if (end < 0.2) {
      let hasDrained = false;
      void server.drain({ timeoutMs: 500 }).then(() => (hasDrained = true));
      // Some handlers go on when they have been asked to end.
      for (let turn = random.integer(0, 4); turn > 0; turn -= 1) await this.#line.rest();
      await this.#rest(() => hasDrained);
      if (!hasDrained) return ["a drain does not end"];
    }
    // After a drain as well: what waits for another server waits without end, where it has no deadline.
    if (hasEnded) void client.close();
    await this.#rest(() => this.#isQuiet);
    const at = { nowMs: this.#line.nowMs(), wasCut: this.#wasCut, hasEnded };
    const faults = this.lives.flatMap((life) =>
      faultsOf(life, answering, at).map(
        (fault) => `${life.name} ${JSON.stringify(life.plan)} ${fault}`,
      ),
    );
    if (!this.#isQuiet) faults.push(`under way: ${this.#underWay}`);
    return hasEnded ? faults : [...faults, ...(await this.#fillSlots())];
  }

  async #step(): Promise<void> {
    const { random, client, answering } = this.#line;
    const choice = random.next();
    const life = this.lives[random.integer(0, this.lives.length - 1)];
    if (choice < 0.4) this.#begin(random.next() < 0.1 ? 6 : 1);
    else if (choice < 0.52) [...answering.waiting][random.integer(0, 3)]?.();
    else if (choice < 0.58) life?.abort.abort();
    else if (choice < 0.68) life?.take();
    else if (choice < 0.7) client.send({ type: "said" });
    else if (choice < 0.73) client[random.next() < 0.5 ? "pause" : "resume"]();
    else if (choice < 0.8) for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    else if (await this.#line.disturb()) this.#wasCut = true;
  }

  #begin(count: number): void {
    const { client, random, timeoutsMs } = this.#line;
    for (let index = 0; index < count; index += 1) {
      const given = { random, timeoutsMs };
      this.lives.push(new Life(this.lives.length + 1, client, this.#line.nowMs(), given));
    }
  }

  async #rest(isDone: () => boolean): Promise<void> {
    const { answering, mostRests } = this.#line;
    let turns = 0;
    // Once at least: an end may be on its way.
    do {
      answering.free();
      for (const life of this.lives) life.take();
      await this.#line.rest();
      turns += 1;
    } while (turns < mostRests && !isDone());
  }

  get #underWay(): string {
    const { client, server, answering } = this.#line;
    const counts = [client.stats().callsInFlight, server.stats().callsInFlight, answering.running];
    return counts.join(" at the client, server and handlers; ");
  }

  get #isQuiet(): boolean {
    const { client, server, answering } = this.#line;
    return (
      client.stats().callsInFlight + server.stats().callsInFlight + answering.running === 0 &&
      this.lives.every(({ outcomes }) => outcomes.length > 0)
    );
  }

  /** Every slot is free at both ends: as many calls as there are slots are open at once, and answered. */
  async #fillSlots(): Promise<readonly string[]> {
    const { client, server, answering, maxCalls, maxStreams } = this.#line;
    await this.#rest(() => client.state === "connected");
    if (client.state !== "connected") return [`the client is ${client.state}`];
    answering.areFree = false;
    const plan = { items: 0, itemBytes: 0, takes: -1, waits: true, end: "well" as const };
    const keys = (count: number, from: number): readonly number[] =>
      Array.from({ length: Math.min(count, 20) }, (_, index) => from + index);
    const open = [
      ...keys(maxCalls, 10_000).map((key) => client.call.output({ ...plan, key })),
      ...keys(maxStreams, 20_000).map((key) => client.call.sendsOutput({ ...plan, key }, [])),
    ];
    const settled = Promise.allSettled(open);
    const isOpen = (): boolean =>
      server.stats().callsInFlight === open.length && client.stats().callsInFlight === open.length;
    for (let turn = 0; turn < this.#line.mostRests && !isOpen(); turn += 1) await this.#line.rest();
    const faults = isOpen() ? [] : [`of ${open.length} slots: ${this.#underWay}`];
    await this.#rest(() => client.stats().callsInFlight === 0);
    if (client.stats().callsInFlight > 0) return [...faults, "what fills the slots hangs"];
    const failed = (await settled).flatMap((each) => (each.status === "rejected" ? [each] : []));
    return [...faults, ...failed.map(({ reason }) => `a slot was taken: ${String(reason)}`)];
  }
}
