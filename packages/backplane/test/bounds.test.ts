// What is kept of a bus is bounded: topics in their hundred thousands work, and invented servers and topics do not
// take the memory.

import { describe, expect, test } from "bun:test";

import { encodeHeader } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock } from "@typewire/testkit";

import { type Beat, encodeBusMessage } from "../src/bus-messages.ts";
import { BEAT_MS, MOST_NODES } from "../src/neighbours.ts";
import { HostileBus } from "./support/hostile-bus.ts";
import { Node, settle } from "./support/node.ts";

/** In full with `bun run test:long`. */
const TOPICS = process.env["TYPEWIRE_LONG"] === undefined ? 10_000 : 100_000;

const SUBJECT = `tw.${saludo.name}.${saludo.version}`;

const beatOf = (node: string, topics: readonly string[] = [], members = 1): Uint8Array =>
  encodeBusMessage(
    {
      type: "$beat",
      node,
      epoch: 1,
      upMs: 1000,
      connections: 1,
      fingerprint: saludo.fingerprint,
      topics,
      last: topics.map(() => 1),
      members: topics.map(() => members),
      subscriptions: topics.map(() => 1),
    } satisfies Beat,
    [],
    0,
  );

function world() {
  const clock = new FakeClock();
  const bus = new HostileBus(clock);
  const beats = async (count: number): Promise<void> => {
    for (let beat = 0; beat < count; beat += 1) {
      clock.advance(BEAT_MS);
      await settle();
    }
  };
  return { clock, bus, beats };
}

describe("a backplane", () => {
  test(`serves ${TOPICS} topics: all arrive, the loss of one is found, and no beat is larger than 64 KiB`, async () => {
    const { clock, bus, beats } = world();
    const a = new Node(bus, clock, "a");
    const b = new Node(bus, clock, "b");
    let largestBeat = 0;
    let lost = "";
    bus.fate = (subject, bytes) => {
      if (subject.endsWith("beat")) largestBeat = Math.max(largestBeat, bytes.length);
      return subject === lost ? [] : [{ afterMs: 0, bytes }];
    };
    const topics = Array.from({ length: TOPICS }, (_, index) => `user.${index}`);
    for (const topic of topics) b.backplane.members(topic, 1);
    await settle();
    // Twice each, at 8 192 a beat.
    await beats(30);
    expect(a.backplane.othersOf(`user.${TOPICS - 1}`)).toEqual({ members: 1, servers: 1 });
    for (const topic of topics) a.say(topic, topic);
    await settle();
    await beats(1);
    expect(b.came).toHaveLength(topics.length);
    lost = `${SUBJECT}.t.user.5000`;
    a.say("lost", "user.5000");
    await settle();
    await beats(30);
    expect(b.gaps).toEqual([{ topic: "user.5000", node: "a", from: 2, missed: 1, why: "bus" }]);
    expect(largestBeat).toBeLessThanOrEqual(64 * 1024);
    for (const topic of topics) b.backplane.members(topic, 0);
    await beats(130);
    a.say("unheard", "user.1");
    await settle();
    expect(b.came).toHaveLength(topics.length);
  }, 60_000);

  test("listens to so many servers, invented ones among them, and makes room when those are silent", async () => {
    const { clock, bus, beats } = world();
    const a = new Node(bus, clock, "a");
    for (let index = 0; index < MOST_NODES + 1000; index += 1) {
      bus.send(undefined, `${SUBJECT}.beat`, beatOf(`invented ${index}`));
    }
    expect(a.backplane.stats()).toMatchObject({ servers: MOST_NODES + 1, batchesLate: 1000 });
    await beats(5);
    expect(a.backplane.stats().servers).toBe(1);
    const b = new Node(bus, clock, "b");
    await beats(2);
    b.say("hola");
    await settle();
    expect(a.texts()).toEqual(["hola"]);
    expect(a.backplane.stats().servers).toBe(2);
  });

  test("says nothing of topics that a stranger invents, however many", async () => {
    const { clock, bus, beats } = world();
    const a = new Node(bus, clock, "a");
    await beats(2);
    const topics = Array.from({ length: 20_000 }, (_, index) => `invented.${index}`);
    for (const count of [1, 0]) {
      for (let start = 0; start < topics.length; start += 1000) {
        const bytes = beatOf("stranger", topics.slice(start, start + 1000), count);
        bus.send(undefined, `${SUBJECT}.beat`, bytes);
      }
    }
    const before = bus.publishedBytes;
    await beats(4);
    expect(a.backplane.stats().batchesRefused).toBe(0);
    expect(bus.publishedBytes - before).toBeLessThan(4 * 400);
  });

  test("refuses a beat whose lists differ, names too long, and what is no beat", async () => {
    const { clock, bus } = world();
    const a = new Node(bus, clock, "a");
    const uneven = encodeBusMessage(
      {
        type: "$beat",
        node: "x",
        epoch: 1,
        upMs: 0,
        connections: 0,
        fingerprint: "",
        topics: ["room"],
        last: [],
        members: [1],
        subscriptions: [1],
      },
      [],
      0,
    );
    const batch = encodeBusMessage(
      { type: "$batch", node: "x", epoch: 1, first: 1, count: 1 },
      [],
      0,
    );
    // What our codec does not write: a name of 64 letters becomes one of 65, a topic of 255 one of 256.
    const longer = (
      bytes: Uint8Array,
      letter: string,
      head: string,
      newHead: string,
    ): Uint8Array => {
      const text = new TextDecoder("latin1").decode(bytes.subarray(10));
      const grown = text.replace(`${head}${letter}`, `${newHead}${letter}${letter}`);
      const payload = Uint8Array.from(grown, (character) => character.charCodeAt(0));
      return new Uint8Array([...encodeHeader(payload.length), ...payload]);
    };
    const longNode = longer(beatOf("n".repeat(64)), "n", "\x78\x40", "\x78\x41");
    const longTopic = longer(beatOf("x", ["t".repeat(255)]), "t", "\x78\xff", "\x79\x01\x00");
    for (const bytes of [uneven, longNode, longTopic, batch]) {
      bus.send(undefined, `${SUBJECT}.beat`, bytes);
    }
    expect(a.backplane.stats()).toMatchObject({ batchesRefused: 4, servers: 1 });
    const answer = {
      type: "$begin",
      node: "x",
      epoch: 1,
      topics: [""],
      subscriptions: [1],
    } as const;
    for (const message of [
      { ...answer, after: [] },
      { ...answer, after: [1, 1] },
    ]) {
      bus.send(undefined, `${SUBJECT}.to.a`, encodeBusMessage(message, [], 0));
    }
    bus.send(undefined, `${SUBJECT}.to.a`, batch);
    expect(a.backplane.stats().batchesRefused).toBe(7);
    // Of a server that it has not heard, which is none of its business.
    bus.send(undefined, `${SUBJECT}.to.a`, encodeBusMessage({ ...answer, after: [9] }, [], 0));
    bus.send(undefined, `${SUBJECT}.beat`, beatOf("x".repeat(64), ["t".repeat(255)]));
    expect(a.backplane.stats()).toMatchObject({ batchesRefused: 7, servers: 2 });
  });

  test("says on a bus that takes little what fits in its messages, in more of them", async () => {
    const { clock, bus, beats } = world();
    const largest = { all: 0 };
    bus.fate = (_subject, bytes) => {
      largest.all = Math.max(largest.all, bytes.length);
      return [{ afterMs: 0, bytes }];
    };
    const [a, b] = [
      new Node(bus, clock, "a", { isUp: false }),
      new Node(bus, clock, "b", { isUp: false }),
    ];
    const topics = Array.from({ length: 100 }, (_, index) => `${"t".repeat(240)}${index}`);
    for (const topic of topics) b.backplane.members(topic, 1);
    for (let count = 0; count < 200; count += 1) a.say("x".repeat(100), topics[0]);
    for (const { line } of [a, b]) line.tell({ state: "up", maxMessageBytes: 1024 });
    await beats(4);
    expect(topics.map((topic) => a.backplane.othersOf(topic).members)).toEqual(topics.map(() => 1));
    for (let count = 0; count < 200; count += 1) a.say("y".repeat(100), topics[99]);
    await settle();
    expect(largest.all).toBeLessThanOrEqual(1024);
    expect(b.texts(topics[99])).toHaveLength(200);
    expect(a.backplane.stats()).toMatchObject({
      messagesDropped: 0,
      messagesSent: 400,
      servers: 2,
    });
  });

  test("goes on alone on a bus that takes less than a beat, says so, and joins when it takes more", async () => {
    const { clock, bus, beats } = world();
    const a = new Node(bus, clock, "a", { isUp: false });
    const b = new Node(bus, clock, "b");
    a.line.tell({ state: "up", maxMessageBytes: 512 });
    await beats(2);
    expect(a.events[0]).toEqual({
      type: "failed",
      why: "the bus takes messages of 512 bytes, expected 1024 or more",
    });
    expect([a.backplane.stats().state, b.backplane.stats().servers]).toEqual(["failed", 1]);
    a.line.tell({ state: "down", why: "it ends" });
    a.line.tell({ state: "up", maxMessageBytes: 1024 });
    await beats(2);
    expect([a.backplane.stats().state, b.backplane.stats().servers]).toEqual(["up", 2]);
  });

  test("hears itself, where a bus repeats what it said, and takes nothing of it", async () => {
    const { clock, bus, beats } = world();
    const a = new Node(bus, clock, "a");
    await beats(1);
    const said: [string, Uint8Array][] = [];
    bus.fate = (subject, bytes) => {
      said.push([subject, bytes]);
      return [];
    };
    const b = new Node(bus, clock, "b");
    a.say("mine");
    await settle();
    await beats(1);
    bus.fate = (_subject, bytes) => [{ afterMs: 0, bytes }];
    for (const [subject, bytes] of said) bus.send(undefined, subject, bytes);
    expect(said.length).toBeGreaterThan(2);
    expect(a.came).toEqual([]);
    expect(a.backplane.stats().servers).toBe(2);
    b.backplane.destroy();
  });
});
