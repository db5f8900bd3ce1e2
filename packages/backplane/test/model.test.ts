// Random faults on a bus, and a judge who knows every number: what living servers published is delivered once and in
// order, or reported missing, exactly.

import { describe, expect, test } from "bun:test";

import { FakeClock, pickSeed, SeededRandom } from "@typewire/testkit";

import { BEAT_MS } from "../src/neighbours.ts";
import { HostileBus } from "./support/hostile-bus.ts";
import { Node, settle } from "./support/node.ts";

const WORLDS = Number(process.env["TYPEWIRE_CASES"] ?? 40);
const STEPS = 150;
/** These begin on a bus without faults. */
const FIRST = ["n1", "n2", "n3"];
const TOPICS = ["", "room", "room.1", "room.2"] as const;

/** Servers on one bus, and how many messages each has published to each topic. */
class World {
  readonly clock = new FakeClock();
  readonly bus = new HostileBus(this.clock);
  readonly random: SeededRandom;
  readonly nodes: Node[] = [];
  readonly dead: Node[] = [];
  readonly published = new Map<string, number>();
  /** By reader, writer and topic: what was published while the writer counted the reader's members. */
  readonly promised = new Map<string, number[]>();
  #names = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  below(count: number): number {
    return this.random.integer(0, count - 1);
  }

  start(): void {
    this.#names += 1;
    const node = new Node(this.bus, this.clock, `n${this.#names}`);
    // Those that come later join some topics later still.
    for (const topic of TOPICS)
      if (FIRST.includes(node.name) || topic === "room") this.join(node, topic);
    this.nodes.push(node);
  }

  kill(): void {
    const [node] = this.nodes.splice(this.below(this.nodes.length), 1);
    if (node === undefined) return;
    node.backplane.destroy();
    this.dead.push(node);
  }

  /** Its members come to a topic of which some have none. Each power of two once, so that a sum tells who is counted. */
  join(node: Node, topic: string): void {
    if (topic !== "") node.backplane.members(topic, 2 ** Number(node.name.slice(1)));
  }

  say(node: Node, topic: string): void {
    const key = `${node.name} ${topic}`;
    const number = (this.published.get(key) ?? 0) + 1;
    this.published.set(key, number);
    const counted = BigInt(node.backplane.othersOf(topic).members);
    for (const { name } of topic === "" ? [] : this.nodes) {
      if (((counted >> BigInt(name.slice(1))) & 1n) === 0n) continue;
      const promise = `${name} ${key}`;
      this.promised.set(promise, [...(this.promised.get(promise) ?? []), number]);
    }
    node.say(`${node.name} ${number}`, topic === "" ? undefined : topic);
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(Math.min(50, left));
      await settle();
    }
  }

  async step(): Promise<void> {
    const { bus, nodes } = this;
    const node = nodes[this.below(nodes.length)];
    if (node === undefined) return;
    const what = this.below(25);
    if (what < 10) {
      const topic = TOPICS[this.below(TOPICS.length)] ?? "";
      for (let count = this.below(20); count >= 0; count -= 1) this.say(node, topic);
    } else if (what < 16) await this.pass(this.below(400));
    else if (what === 16) node.line.tell({ state: "down", why: "test" });
    else if (what === 17 || what === 18) node.line.tell({ state: "up" });
    else if (what === 19) node.line.side = this.below(2);
    else if (what === 20) bus.answerMs = this.below(3) === 0 ? undefined : this.below(300);
    else if (what === 21) {
      const kind = this.below(6);
      bus.fate = (_subject, bytes) => {
        const isHit = this.below(4) === 0;
        const delayed = { afterMs: this.below(500), bytes };
        if (kind === 1) return isHit ? [] : [{ afterMs: 0, bytes }];
        if (kind === 2) return isHit ? [{ afterMs: 0, bytes }, delayed] : [{ afterMs: 0, bytes }];
        if (kind === 3) return [delayed];
        if (kind === 4 && isHit) {
          return [{ afterMs: 0, bytes: bytes.subarray(0, this.below(bytes.length)) }];
        }
        if (kind === 5 && isHit) {
          const noise = Uint8Array.from({ length: 40 }, () => this.below(256));
          return [{ afterMs: 0, bytes: noise }, delayed];
        }
        return [{ afterMs: 0, bytes }];
      };
    } else if (what === 22 && nodes.length > 2) this.kill();
    else if (what === 23 && nodes.length < 5) this.start();
    else if (what === 24) this.join(node, TOPICS[this.below(TOPICS.length)] ?? "");
    await settle();
  }

  async heal(): Promise<void> {
    const { bus, nodes } = this;
    bus.fate = (_subject, bytes) => [{ afterMs: 0, bytes }];
    bus.answerMs = 0;
    for (const { line } of nodes) {
      line.side = 0;
      // Where no answer came, a real transport has taken another line.
      line.tell({ state: "down", why: "test" });
      line.tell({ state: "up" });
    }
    await this.pass(6000);
    // What comes late of what was said before is over; one more message each shows what is left.
    for (const node of nodes) for (const topic of TOPICS) this.say(node, topic);
    await settle();
    await this.pass(2 * BEAT_MS);
  }

  /** What `reader` was told of what `writer` published to `topic`: each number that came, and each that is missing. */
  account(reader: Node, writer: Node, topic: string) {
    const came = reader
      .texts(topic)
      .filter((text) => text.startsWith(`${writer.name} `))
      .map((text) => Number(text.split(" ")[1]));
    const missing = reader.gaps
      .filter((gap) => gap.node === writer.name && (gap.topic ?? "") === topic)
      .flatMap(({ from, missed }) => Array.from({ length: missed }, (_, index) => from + index));
    const key = `${writer.name} ${topic}`;
    const promised = this.promised.get(`${reader.name} ${key}`) ?? [];
    return { came, missing, promised, published: this.published.get(key) ?? 0 };
  }
}

const upTo = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index + 1);

const ascending = (one: number, other: number): number => one - other;

describe("LiveBackplane under random faults", () => {
  const base = pickSeed();
  test(`reports exactly what is missing of what living servers published (seed ${base})`, async () => {
    let reported = 0;
    let delivered = 0;
    for (let index = 0; index < WORLDS; index += 1) {
      const world = new World(base + index);
      for (let count = 0; count < 3; count += 1) world.start();
      await world.pass(3000);
      for (let step = 0; step < STEPS; step += 1) await world.step();
      await world.heal();
      for (const reader of world.nodes) {
        for (const writer of [...world.nodes, ...world.dead]) {
          if (writer === reader) continue;
          for (const topic of TOPICS) {
            const { came, missing, promised, published } = world.account(reader, writer, topic);
            const where = `seed ${base + index}: ${reader.name} of ${writer.name} "${topic}"`;
            const all = [...came, ...missing].toSorted(ascending);
            const isDead = world.dead.includes(writer);
            // Of one that is dead some may never have been said.
            const known = new Set(all);
            const silent = promised.filter((number) => !isDead && !known.has(number));
            expect([where, silent]).toEqual([where, []]);
            expect([where, came]).toEqual([where, came.toSorted(ascending)]);
            // One that began among the faults may not have been heard by the bus before others spoke, and one that
            // is dead may never have said how old it was.
            const isSure = FIRST.includes(reader.name) && !isDead;
            const before = isSure ? 0 : (all[0] ?? 1) - 1;
            const last = isDead ? (all.at(-1) ?? 0) : published;
            const hasJoined = all.length > 0 || isSure;
            expect([where, all]).toEqual([where, hasJoined ? upTo(last).slice(before) : []]);
            expect(last).toBeLessThanOrEqual(published);
            reported += missing.length;
            delivered += came.length;
          }
        }
      }
      for (const node of world.nodes) {
        const { gapMessages, heldBytes, state } = node.backplane.stats();
        const told = node.gaps.reduce((sum, { missed }) => sum + missed, 0);
        expect([gapMessages, heldBytes]).toEqual([told, 0]);
        expect(["up", "degraded"]).toContain(state);
        node.backplane.destroy();
      }
    }
    // Else these worlds were too kind, or too cruel.
    expect(reported).toBeGreaterThan(WORLDS);
    expect(delivered).toBeGreaterThan(WORLDS * 100);
  }, 300_000);
});
