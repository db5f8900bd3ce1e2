// Servers on a bus that loses, doubles, reorders, delays and damages: what comes, and what is told of the rest.

import { describe, expect, test } from "bun:test";

import { encodeHeader } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock } from "@typewire/testkit";

import { encodeBusMessage } from "../src/bus-messages.ts";
import { BEAT_MS } from "../src/neighbours.ts";
import { CREDIT_BYTES, HELD_BYTES } from "../src/outbox.ts";
import { HostileBus } from "./support/hostile-bus.ts";
import { Node, settle } from "./support/node.ts";

const SUBJECT = `tw.${saludo.name}.${saludo.version}`;

/** Two servers that know each other, `b` with a member in `room`. */
async function pair() {
  const clock = new FakeClock();
  const bus = new HostileBus(clock);
  const a = new Node(bus, clock, "a");
  const b = new Node(bus, clock, "b");
  const beats = async (count: number): Promise<void> => {
    for (let beat = 0; beat < count; beat += 1) {
      clock.advance(BEAT_MS);
      await settle();
    }
  };
  b.backplane.members("room", 1);
  await settle();
  await beats(3);
  return { clock, bus, a, b, beats };
}

const batches = (node: Node) => node.backplane.stats();

describe("LiveBackplane", () => {
  test("puts the messages of one turn into one batch a topic, in order", async () => {
    const { a, b, bus } = await pair();
    const before = bus.published;
    for (let count = 0; count < 100; count += 1) {
      a.say(`all ${count}`);
      a.say(`room ${count}`, "room");
    }
    await settle();
    expect(bus.published - before).toBe(2);
    expect(b.texts()).toEqual(Array.from({ length: 100 }, (_, count) => `all ${count}`));
    expect(b.texts("room")).toEqual(Array.from({ length: 100 }, (_, count) => `room ${count}`));
    expect(b.gaps).toEqual([]);
    expect(batches(b)).toMatchObject({ batchesReceived: 2, messagesReceived: 200, gaps: 0 });
  });

  test("fills a batch to 64 KiB, and gives a larger frame one of its own", async () => {
    const { a, b, bus } = await pair();
    const sizes: number[] = [];
    bus.fate = (subject, bytes) => {
      if (!subject.endsWith("beat")) sizes.push(bytes.length);
      return [{ afterMs: 0, bytes }];
    };
    for (let count = 0; count < 200; count += 1) a.say("x".repeat(1000));
    a.say("y".repeat(200_000));
    await settle();
    expect(b.texts()).toHaveLength(201);
    expect(sizes.length).toBe(5);
    expect(Math.max(...sizes.slice(0, -1))).toBeLessThanOrEqual(64 * 1024);
    expect(sizes.at(-1)).toBeGreaterThan(200_000);
  });

  test("tells a gap when the next batch comes, with its numbers", async () => {
    const { a, b, bus } = await pair();
    const pass = bus.fate;
    a.say("1", "room");
    await settle();
    bus.fate = () => [];
    a.say("2", "room");
    a.say("3", "room");
    await settle();
    bus.fate = pass;
    a.say("4", "room");
    await settle();
    expect(b.texts("room")).toEqual(["1", "4"]);
    expect(b.gaps).toEqual([{ topic: "room", node: "a", from: 2, missed: 2, why: "bus" }]);
  });

  test("tells within two beats that the last message is lost, or the first and only one", async () => {
    const { a, b, bus, beats } = await pair();
    const pass = bus.fate;
    bus.fate = (subject, bytes) => (subject.endsWith("beat") ? pass(subject, bytes) : []);
    a.say("lost", "room");
    a.say("lost");
    await settle();
    await beats(2);
    const gap = { node: "a", from: 1, missed: 1, why: "bus" } as const;
    expect(b.gaps).toHaveLength(2);
    expect(b.gaps).toContainEqual({ ...gap, topic: "room" });
    expect(b.gaps).toContainEqual({ ...gap, topic: undefined });
    await beats(20);
    expect(b.gaps).toHaveLength(2);
  });

  test("drops what comes twice or late, so that order holds, and reports what it drops as missing once", async () => {
    const { a, b, bus, clock } = await pair();
    bus.fate = (_subject, bytes) => [
      { afterMs: 1, bytes },
      { afterMs: 5, bytes },
    ];
    a.say("1");
    await settle();
    bus.fate = (_subject, bytes) => [{ afterMs: 40, bytes }];
    a.say("2");
    await settle();
    bus.fate = (_subject, bytes) => [{ afterMs: 10, bytes }];
    a.say("3");
    await settle();
    clock.advance(100);
    expect(b.texts()).toEqual(["1", "3"]);
    expect(b.gaps).toEqual([{ topic: undefined, node: "a", from: 2, missed: 1, why: "bus" }]);
    expect(batches(b).batchesLate).toBe(2);
  });

  test("refuses strange bytes, cut batches, control messages and foreign names, counts each, and goes on", async () => {
    const { a, b, bus } = await pair();
    const frame = saludo.server.encodeFrame({ type: "welcome", text: "hola" });
    const head = { type: "$batch", node: "c", epoch: 1, first: 1, count: 1 } as const;
    const of = (...frames: readonly Uint8Array[]): Uint8Array =>
      encodeBusMessage(
        head,
        frames,
        frames.reduce((sum, { length }) => sum + length, 0),
      );
    const control = new Uint8Array([
      0xa1, 0x64, 0x74, 0x79, 0x70, 0x65, 0x64, 0x24, 0x62, 0x79, 0x65,
    ]);
    const framed = (payload: Uint8Array): Uint8Array =>
      new Uint8Array([...encodeHeader(payload.length), ...payload]);
    const say = saludo.client.encodeFrame({ type: "say", text: "hola" });
    const wrong: readonly Uint8Array[] = [
      new Uint8Array(0),
      new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
      frame,
      of(),
      of(frame, frame),
      of(frame).subarray(0, -1),
      of(framed(control)),
      of(say),
      of(framed(new Uint8Array([0xc0, 0x01]))),
      encodeBusMessage(
        { ...head, first: Number.MAX_SAFE_INTEGER, count: 2 },
        [frame, frame],
        2 * frame.length,
      ),
    ];
    for (const bytes of wrong) bus.send(undefined, `${SUBJECT}.all`, bytes);
    expect(batches(b)).toMatchObject({ batchesRefused: wrong.length, batchesReceived: 0 });
    a.say("1");
    await settle();
    expect(b.texts()).toEqual(["1"]);
    expect(b.gaps).toEqual([]);
  });

  test("holds what is published while the bus is away, at most 16 MiB, and uses the numbers of the rest", async () => {
    const { a, b, beats } = await pair();
    a.line.tell({ state: "down", why: "test" });
    b.line.tell({ state: "down", why: "test" });
    const text = "x".repeat(1000);
    const count = 40_000;
    for (let index = 0; index < count; index += 1) a.say(`${index} ${text}`, "room");
    await beats(4 * 60 * 10);
    const { heldBytes, messagesDropped, state } = a.backplane.stats();
    expect(state).toBe("down");
    expect(heldBytes).toBeGreaterThan(HELD_BYTES - 2048);
    expect(heldBytes).toBeLessThanOrEqual(HELD_BYTES);
    a.line.tell({ state: "up" });
    b.line.tell({ state: "up" });
    for (let round = 0; round < 10; round += 1) await beats(1);
    expect(b.came.length + messagesDropped).toBe(count);
    expect(b.texts("room").map((came) => came.split(" ")[0])).toEqual(
      Array.from({ length: count - messagesDropped }, (_, index) => String(index)),
    );
    expect(b.gaps).toEqual([
      {
        topic: "room",
        node: "a",
        from: count - messagesDropped + 1,
        missed: messagesDropped,
        why: "bus",
      },
    ]);
    a.say("after", "room");
    await settle();
    expect(b.texts("room").at(-1)).toBe("after");
    expect(b.gaps).toHaveLength(1);
  });

  test("after the line is back, waits for those that beat before, and then loses nothing", async () => {
    const { a, b, beats } = await pair();
    a.line.tell({ state: "down", why: "test" });
    b.line.tell({ state: "down", why: "test" });
    a.say("held", "room");
    await beats(8);
    a.line.tell({ state: "up" });
    await beats(3);
    expect(b.texts("room")).toEqual([]);
    b.line.tell({ state: "up" });
    await settle();
    expect(b.texts("room")).toEqual(["held"]);
    expect(b.gaps).toEqual([]);
  });

  test("waits no longer than two seconds for one that does not come back, and says that it is lost", async () => {
    const { a, b, beats } = await pair();
    a.line.tell({ state: "down", why: "test" });
    b.backplane.destroy();
    a.say("held", "room");
    await beats(4);
    a.line.tell({ state: "up" });
    await beats(7);
    expect(a.backplane.stats().servers).toBe(2);
    expect(a.backplane.stats().heldBytes).toBeGreaterThan(0);
    await beats(2);
    expect(a.backplane.stats().heldBytes).toBe(0);
    await beats(4);
    expect(a.backplane.stats()).toMatchObject({ heldBytes: 0, servers: 1, state: "degraded" });
    expect(a.events.map(({ type }) => type)).toEqual([
      "up",
      "server-joined",
      "down",
      "up",
      "server-lost",
    ]);
  });

  test("sends again on the next line what the last had not answered, and it arrives once", async () => {
    const { a, b, bus, beats } = await pair();
    bus.answerMs = undefined;
    a.say("1", "room");
    await settle();
    a.say("2", "room");
    await settle();
    bus.answerMs = 0;
    a.line.tell({ state: "down", why: "test" });
    a.say("3", "room");
    await beats(2);
    a.line.tell({ state: "up" });
    await beats(3);
    expect(b.texts("room")).toEqual(["1", "2", "3"]);
    expect(b.gaps).toEqual([]);
    expect(batches(b).batchesLate).toBe(2);
    expect(a.backplane.stats().heldBytes).toBe(0);
  });

  test("hands over no more than 4 MiB beyond the last answer", async () => {
    const { a, b, bus, beats } = await pair();
    bus.answerMs = undefined;
    const before = bus.publishedBytes;
    const text = "x".repeat(10_000);
    for (let count = 0; count < 1000; count += 1) a.say(text, "room");
    await settle();
    expect(bus.publishedBytes - before).toBeLessThanOrEqual(CREDIT_BYTES);
    a.line.tell({ state: "down", why: "no answer" });
    bus.answerMs = 0;
    a.line.tell({ state: "up" });
    await beats(12);
    expect(b.texts("room")).toHaveLength(1000);
    expect(b.gaps).toEqual([]);
  });

  test("asks the bus for an answer at each beat, also where nothing is published, and one at a time", async () => {
    const { bus, beats } = await pair();
    const before = bus.asked;
    await beats(4);
    expect(bus.asked - before).toBe(2 * 4);
    bus.answerMs = undefined;
    await beats(4);
    expect(bus.asked - before).toBe(2 * 5);
  });

  test("says how long the bus took to answer, once for each answer, and of one that does not come nothing", async () => {
    const { bus, clock, a } = await pair();
    const beat = async (): Promise<void> => {
      for (const elapsedMs of [BEAT_MS - 30, 30]) {
        clock.advance(elapsedMs);
        await settle();
      }
    };
    clock.advance(30);
    await settle();
    a.answers.length = 0;
    bus.answerMs = 30;
    for (let count = 0; count < 4; count += 1) await beat();
    expect(a.answers).toEqual([30, 30, 30, 30]);
    bus.answerMs = undefined;
    for (let count = 0; count < 4; count += 1) await beat();
    expect(a.answers).toHaveLength(4);
  });

  test("counts members and connections from beats, of those that live", async () => {
    const { a, b, beats } = await pair();
    b.connections = 7;
    b.backplane.members("room", 5);
    await beats(2);
    expect(a.backplane.othersOf("room")).toEqual({ members: 5, servers: 1 });
    expect(a.backplane.others()).toEqual({ connections: 7, servers: 1 });
    b.line.tell({ state: "down", why: "test" });
    await beats(4);
    expect(a.backplane.othersOf("room")).toEqual({ members: 0, servers: 0 });
    expect(a.backplane.stats().state).toBe("degraded");
    b.line.tell({ state: "up" });
    await beats(1);
    expect(a.backplane.othersOf("room")).toEqual({ members: 5, servers: 1 });
    expect(a.backplane.stats().state).toBe("up");
  });

  test("counts a server that leaves by the connections that it still has, until the last", async () => {
    const { a, b, beats } = await pair();
    b.connections = 3;
    b.backplane.members("room", 3);
    await beats(1);
    b.backplane.leave();
    for (const left of [3, 2, 1]) {
      b.connections = left;
      b.backplane.members("room", left);
      await beats(1);
      expect(a.backplane.others()).toEqual({ connections: left, servers: 1 });
      expect(a.backplane.othersOf("room")).toEqual({ members: left, servers: 1 });
    }
    expect(a.events.map(({ type }) => type)).toEqual(["up", "server-joined"]);
    b.connections = 0;
    b.backplane.members("room", 0);
    await beats(1);
    expect(a.backplane.others()).toEqual({ connections: 0, servers: 0 });
    expect(a.backplane.othersOf("room")).toEqual({ members: 0, servers: 0 });
    expect(a.events.at(-1)).toEqual({ type: "server-left", node: "b", servers: 1 });
    b.backplane.destroy();
    await beats(8);
    expect(a.events.at(-1)).toMatchObject({ type: "server-left" });
    expect(a.backplane.stats().state).toBe("up");
  });

  test("says of a server that ends while it leaves, with connections left, that it is lost", async () => {
    const { a, b, beats } = await pair();
    b.connections = 3;
    b.backplane.leave();
    await beats(1);
    b.backplane.destroy();
    await beats(4);
    expect(a.backplane.others()).toEqual({ connections: 0, servers: 0 });
    expect(a.events.at(-1)).toMatchObject({ type: "server-lost", node: "b", servers: 1 });
    expect(a.backplane.stats().state).toBe("degraded");
  });

  test("waits after an outage for a server that leaves and still has connections", async () => {
    const { a, b, beats } = await pair();
    b.connections = 1;
    b.backplane.leave();
    await beats(1);
    a.line.tell({ state: "down", why: "test" });
    b.line.tell({ state: "down", why: "test" });
    a.say("held", "room");
    await beats(4);
    a.line.tell({ state: "up" });
    await beats(3);
    expect(b.texts("room")).toEqual([]);
    b.line.tell({ state: "up" });
    await settle();
    expect(b.texts("room")).toEqual(["held"]);
    expect(b.gaps).toEqual([]);
  });

  test("tells each topic's gap once after a split, and delivers nothing twice", async () => {
    const { a, b, beats } = await pair();
    b.backplane.members("other", 1);
    await settle();
    await beats(3);
    a.say("1", "room");
    a.say("1", "other");
    await settle();
    b.line.side = 1;
    for (let count = 0; count < 10; count += 1) {
      a.say(`split ${count}`, "room");
      a.say(`split ${count}`, "other");
      await beats(1);
    }
    expect(a.backplane.stats().servers).toBe(1);
    b.line.side = 0;
    await beats(4);
    a.say("healed", "room");
    a.say("healed", "other");
    await settle();
    await beats(4);
    expect(b.texts("room")).toEqual(["1", "healed"]);
    expect(b.texts("other")).toEqual(["1", "healed"]);
    const told = b.gaps.map(({ topic = "", from, missed }) => [topic, from, missed]);
    expect(told).toHaveLength(2);
    expect(told).toContainEqual(["other", 2, 10]);
    expect(told).toContainEqual(["room", 2, 10]);
  });

  test("does not count what was published before a topic was joined, and everything after", async () => {
    const { a, b, bus, beats } = await pair();
    for (let count = 0; count < 5; count += 1) a.say(String(count), "late");
    await settle();
    b.backplane.members("late", 1);
    await settle();
    await beats(3);
    const pass = bus.fate;
    bus.fate = (subject, bytes) => (subject.endsWith("beat") ? pass(subject, bytes) : []);
    a.say("lost", "late");
    await settle();
    await beats(2);
    expect(b.gaps).toEqual([{ topic: "late", node: "a", from: 6, missed: 1, why: "bus" }]);
  });

  /** `b` has joined `late`, of which `a` has published five. Its beats follow those of `a` by 100 ms. */
  async function joined() {
    const clock = new FakeClock();
    const bus = new HostileBus(clock);
    const pass = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 50) {
        clock.advance(50);
        await settle();
      }
    };
    const a = new Node(bus, clock, "a");
    await pass(100);
    const b = new Node(bus, clock, "b");
    for (let count = 0; count < 5; count += 1) a.say(String(count), "late");
    await pass(3900);
    b.backplane.members("late", 1);
    await settle();
    return { bus, a, b, pass };
  }
  const isAnswer = (subject: string): boolean => subject.includes(".to.");
  const lost = (from: number, missed: number) => ({
    topic: "late",
    node: "a",
    from,
    missed,
    why: "bus" as const,
  });

  test("counts what was published as soon as the publisher counted the member, and nothing before", async () => {
    const { a, b, bus, pass } = await joined();
    bus.fate = (subject, bytes) => (subject.endsWith("late") ? [] : [{ afterMs: 0, bytes }]);
    a.say("before", "late");
    await pass(100);
    expect(a.backplane.othersOf("late").members).toBe(1);
    for (const text of ["1", "2", "3"]) a.say(text, "late");
    await pass(500);
    expect(b.gaps).toEqual([lost(7, 3)]);
  });

  test("counts it also where the first answer is lost, or comes behind later messages", async () => {
    for (const afterMs of [undefined, 400]) {
      const { a, b, bus, pass } = await joined();
      let answers = 0;
      bus.fate = (subject, bytes) => {
        if (isAnswer(subject)) answers += 1;
        const isFirst = isAnswer(subject) && answers === 1;
        if (isFirst && afterMs === undefined) return [];
        if (subject.endsWith("late") && answers === 1) return [];
        return [{ afterMs: isFirst ? (afterMs ?? 0) : 0, bytes }];
      };
      await pass(100);
      a.say("lost", "late");
      await pass(300);
      a.say("heard", "late");
      await pass(1000);
      expect(b.texts("late")).toEqual(["heard"]);
      expect(b.gaps).toEqual([lost(6, 1)]);
    }
  });

  test("counts what passed it by where its line ended before it was answered", async () => {
    const { a, b, bus, pass } = await joined();
    bus.fate = (subject, bytes) => (isAnswer(subject) ? [] : [{ afterMs: 0, bytes }]);
    await pass(100);
    b.line.tell({ state: "down", why: "test" });
    for (const text of ["1", "2", "3"]) a.say(text, "late");
    await pass(5000);
    bus.fate = (_subject, bytes) => [{ afterMs: 0, bytes }];
    b.line.tell({ state: "up" });
    await pass(1000);
    a.say("4", "late");
    await settle();
    expect(b.texts("late")).toEqual(["4"]);
    expect(b.gaps).toEqual([lost(6, 3)]);
  });

  test("counts nothing of an earlier subscription for a later one", async () => {
    const { a, b, bus, pass } = await joined();
    bus.fate = (subject, bytes) => (isAnswer(subject) ? [] : [{ afterMs: 0, bytes }]);
    await pass(1000);
    // The other does not hear that it ends.
    b.line.side = 1;
    b.backplane.members("late", 0);
    await pass(31_000);
    for (let count = 0; count < 9; count += 1) a.say(String(count), "late");
    await settle();
    b.line.side = 0;
    bus.fate = (_subject, bytes) => [{ afterMs: 0, bytes }];
    b.backplane.members("late", 1);
    await pass(1000);
    a.say("heard", "late");
    await pass(1000);
    expect(b.texts("late")).toEqual(["heard"]);
    expect(b.gaps).toEqual([]);
  });

  test("is asked three times, and no more", async () => {
    const { bus, pass } = await joined();
    let answers = 0;
    bus.fate = (subject, bytes) => {
      if (isAnswer(subject)) answers += 1;
      return [{ afterMs: 0, bytes }];
    };
    await pass(10_000);
    expect(answers).toBe(3);
  });

  test("hears a topic for 30 s after its last member, and then no more", async () => {
    const { a, b, beats } = await pair();
    b.backplane.members("room", 0);
    await beats(100);
    a.say("still", "room");
    await settle();
    expect(b.texts("room")).toEqual(["still"]);
    await beats(21);
    a.say("gone", "room");
    await settle();
    await beats(5);
    expect(b.texts("room")).toEqual(["still"]);
    expect(b.gaps).toEqual([]);
    b.backplane.members("room", 1);
    await settle();
    await beats(3);
    a.say("again", "room");
    await settle();
    expect(b.texts("room")).toEqual(["still", "again"]);
    expect(b.gaps).toEqual([]);
  });

  test("hears another fingerprint and says so once, and nothing of another version", async () => {
    const { clock, bus, a, b, beats } = await pair();
    const newer = new Node(bus, clock, "newer", { fingerprint: "0123456789abcdef" });
    const other = new Node(bus, clock, "other", { version: saludo.version + 1 });
    await beats(4);
    newer.say("from newer");
    other.say("from other");
    await settle();
    expect(a.texts()).toEqual(["from newer"]);
    expect(b.texts()).toEqual(["from newer"]);
    expect(a.events.filter(({ type }) => type === "other-schemas")).toEqual([
      { type: "other-schemas", node: "newer", fingerprint: "0123456789abcdef" },
    ]);
    expect(other.backplane.stats().servers).toBe(1);
  });

  test("gives up where the bus refuses it, and goes on alone", async () => {
    const { a, beats } = await pair();
    a.line.tell({ state: "failed", why: "Authorization Violation" });
    a.say("alone");
    await beats(4);
    expect(a.events.at(-1)).toEqual({ type: "failed", why: "Authorization Violation" });
    expect(a.backplane.stats().state).toBe("failed");
  });

  test("waits as it ends for the bus to have what is published until then", async () => {
    const { a, b, bus, clock } = await pair();
    bus.answerMs = 20;
    const answered = async (): Promise<void> => {
      clock.advance(20);
      await settle();
    };
    let isClosed = false;
    a.say("1", "room");
    void a.backplane.close().then(() => (isClosed = true));
    await settle();
    await answered();
    // The last question is under way, and does not answer this.
    a.say("2", "room");
    await settle();
    await answered();
    expect([isClosed, a.line.isUp]).toEqual([false, true]);
    await answered();
    await answered();
    expect([isClosed, a.line.isUp]).toEqual([true, false]);
    expect(b.texts("room")).toEqual(["1", "2"]);
  });

  test("waits as it ends for a bus that is away, and tells the others what it held", async () => {
    const { a, b, beats } = await pair();
    a.line.tell({ state: "down", why: "a test" });
    a.say("1", "room");
    let isClosed = false;
    void a.backplane.close().then(() => (isClosed = true));
    await beats(2);
    expect(isClosed).toBe(false);
    a.line.tell({ state: "up" });
    await beats(4);
    expect([isClosed, a.line.isUp, b.texts("room")]).toEqual([true, false, ["1"]]);
    expect(b.gaps).toEqual([]);
    expect(b.events.at(-1)).toMatchObject({ type: "server-left", node: "a" });
  });

  test("waits two seconds for it, and counts what it could not say; not at all where it holds nothing", async () => {
    const { a, b, beats, clock } = await pair();
    for (const { line } of [a, b]) line.tell({ state: "down", why: "a test" });
    for (const text of ["1", "2"]) a.say(text, "room");
    let isClosed = false;
    void a.backplane.close().then(() => (isClosed = true));
    await beats(7);
    expect(isClosed).toBe(false);
    await beats(1);
    expect(isClosed).toBe(true);
    expect(a.backplane.stats()).toMatchObject({ messagesDropped: 2, heldBytes: 0 });
    await b.backplane.close();
    await a.backplane.close();
    expect(clock.pending).toBe(0);
  });

  test("ends at once where the bus gives it up", async () => {
    const { a } = await pair();
    a.line.tell({ state: "down", why: "a test" });
    a.say("1", "room");
    const closed = a.backplane.close();
    a.line.tell({ state: "failed", why: "a test" });
    await closed;
    expect(a.backplane.stats().messagesDropped).toBe(1);
  });

  test("says as it ends where its numbers are, so that the loss of its last message is told", async () => {
    const { a, b, bus } = await pair();
    a.backplane.leave();
    bus.fate = (subject, bytes) => (subject.endsWith("beat") ? [{ afterMs: 0, bytes }] : []);
    a.say("lost", "room");
    await settle();
    await a.backplane.close();
    expect(b.gaps).toMatchObject([{ topic: "room", node: "a", missed: 1 }]);
  });

  test("leaves after what waits has left, and leaves no timer behind", async () => {
    const clock = new FakeClock();
    const bus = new HostileBus(clock);
    const a = new Node(bus, clock, "a");
    const b = new Node(bus, clock, "b");
    await settle();
    a.say("last words");
    const closed = a.backplane.close();
    await settle();
    await closed;
    expect(b.texts()).toEqual(["last words"]);
    await b.backplane.close();
    expect(clock.pending).toBe(0);
  });
});
