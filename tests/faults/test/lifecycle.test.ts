// L: connections that begin, pause, vanish and end in ways that no well-behaved peer's do. Waits that are
// half a minute by default are made short by flags.

import { afterAll, beforeAll, describe, expect } from "bun:test";

import { FaultProxy, pickSeed } from "@typewire/testkit";

import { Arena, startServer } from "../src/arena.ts";
import { expectOneReason } from "../src/byte-rows.ts";
import { frame, header, hello, hex, message, repeated, text } from "../src/cbor.ts";
import { clientProgram } from "../src/client-program.ts";
import { Offender } from "../src/offender.ts";
import { processFigures } from "../src/process-figures.ts";
import { row, rowsEnd } from "../src/row.ts";
import { connectPeer } from "../src/tls.ts";
import { until } from "../src/until.ts";

const HEARTBEAT_MS = 300;
const HEARTBEAT_FLAGS = ["--limit", `heartbeatIntervalMs=${HEARTBEAT_MS}ms`] as const;
/** An interval in which nothing comes, and two misses; with the tolerance of the fault list, and a sweep. */
const MOST_SILENCE_MS = HEARTBEAT_MS * 3 * 1.2 + 200;

const HELLO = hello([text("heartbeatIntervalMs"), hex("19 012c")]);

const many = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

describe("typewire-server, lives of connections", () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open();
  }, 60_000);
  afterAll(() => arena[Symbol.asyncDispose]());

  row("L1 silent connections are ended at the deadline, and others come in meanwhile", async () => {
    await using server = await startServer({
      flags: ["--require-hello", "--limit", "helloDeadlineMs=500ms"],
    });
    const silent = await many(300, () => connectPeer(server.port));
    using greeted = await Offender.connect(server.port);
    await greeted.peer.send(HELLO);
    for (const peer of silent) {
      await peer.next((payload) => Buffer.from(payload).includes("hello-timeout"));
      peer.shutdown();
      expect(await server.log.endOf(peer.name)).toMatchObject({ code: "hello-timeout" });
    }
    await greeted.say("still here");
    await server.program.stdout.line(/still here/);
  });

  row("L1 the first frame has to be a hello where one is required", async () => {
    await using server = await startServer({ flags: ["--require-hello"] });
    using offender = await Offender.connect(server.port);
    await offender.say("hola");
    expect(await offender.refusal()).toMatchObject({ code: "hello-required" });
    await offender.leave();
    expect(await server.log.endOf(offender.name)).toMatchObject({ code: "hello-required" });
  });

  row("L2 a byte now and then does not move the deadline of a frame", async () => {
    await using server = await startServer({
      flags: ["--limit", "frameDeadlineMs=300ms", "--limit", "frameBytesPerSecond=1MiB"],
    });
    using offender = await Offender.connect(server.port);
    await offender.peer.send(header(1000));
    const trickle = setInterval(() => void offender.peer.send(hex("00")), 20);
    try {
      expect(await offender.refusal()).toMatchObject({ code: "frame-timeout" });
    } finally {
      clearInterval(trickle);
    }
    await offender.leave();
    expect(await server.log.endOf(offender.name)).toMatchObject({ code: "frame-timeout" });
  });

  row("L3 two thousand connections that end or reset at once leave nothing behind", () =>
    arena.withstand(async () => {
      const linesBefore = arena.log.lines.length;
      for (let round = 0; round < 40; round += 1) {
        const peers = await many(50, () => connectPeer(arena.port));
        for (const [index, peer] of peers.entries()) {
          if (index % 2 === 0) peer.reset();
          else peer.shutdown();
        }
        await Promise.all(peers.filter((_, index) => index % 2 === 1).map((peer) => peer.ended));
        for (const peer of peers) peer.reset();
      }
      // Sockets are taken in the order in which they came, so all of them have a line before this one.
      const last = await Offender.connect(arena.port);
      await last.leave();
      await arena.log.endOf(last.name);
      const lines = () => arena.log.lines.slice(linesBefore);
      const came = () => lines().filter(({ event }) => event === "connected").length;
      await until(() => lines().length >= 2 * came(), "a line for each that went");
      // One line for each that came, one for each that went, and no storm.
      expect(lines().length).toBeLessThanOrEqual(4010);
    }),
  );

  row(
    "L3 three hundred of the same offence fill no log: some lines, and how many more",
    async () => {
      await using server = await startServer({ flags: ["--log-limit", "20"] });
      for (let count = 0; count < 300; count += 1) {
        using offender = await Offender.connect(server.port);
        await offender.peer.send(header(0));
        await offender.leave();
      }
      server.program.signal("SIGTERM");
      expect(await server.program.exit()).toMatchObject({ code: 0 });
      const failed = server.log.lines.filter(({ event }) => event === "failed");
      const suppressed = server.log.lines.filter(({ event }) => event === "suppressed");
      expect(failed).toHaveLength(20);
      expect(suppressed.map(({ reason, lines }) => `${lines} ${reason}`).toSorted()).toEqual([
        "100 connected",
        "280 failed frame-empty",
      ]);
    },
  );

  row("L4 a client that vanishes is given up after two heartbeats", async () => {
    await using server = await startServer({ flags: HEARTBEAT_FLAGS });
    using proxy = new FaultProxy({ port: server.port });
    await using client = clientProgram(proxy.port);
    await client.stderr.line(/\[CONNECTED\]/);
    const link = await proxy.link();
    link.set({ blackHole: true });
    const startedAtMs = performance.now();
    const end = await server.log.endOf(link.name);
    expect(end).toMatchObject({ code: "heartbeat-lost" });
    expect(performance.now() - startedAtMs).toBeLessThan(MOST_SILENCE_MS);
  });

  row("L4 a server that vanishes is given up by its client, which comes back", async () => {
    await using server = await startServer({ flags: HEARTBEAT_FLAGS });
    using proxy = new FaultProxy({ port: server.port });
    await using client = clientProgram(proxy.port, ...HEARTBEAT_FLAGS);
    await client.stderr.line(/\[CONNECTED\]/);
    (await proxy.link()).set({ blackHole: true });
    await client.stderr.line(/\[DISCONNECTED\].*heartbeat/);
    await client.stderr.line(/\[CONNECTED\]/);
  });

  row("L4 a stopped client is given up, and comes back when it goes on", async () => {
    await using server = await startServer({ flags: HEARTBEAT_FLAGS });
    await using client = clientProgram(server.port, ...HEARTBEAT_FLAGS);
    await client.stderr.line(/\[CONNECTED\]/);
    client.signal("SIGSTOP");
    await server.log.line(({ code }) => code === "heartbeat-lost", "lost heartbeat");
    client.signal("SIGCONT");
    await client.stderr.line(/\[CONNECTED\]/);
  });

  row("L5 a peer that ends its half still gets the answer under way", () =>
    arena.withstand(async () => {
      using offender = await Offender.connect(arena.port);
      await offender.peer.send(frame(message("$ping", text("id"), hex("07"))));
      offender.peer.shutdown();
      expect(await offender.next("$pong")).toMatchObject({ id: 7 });
      expect(await offender.peer.ended).toBe("end");
      await expectOneReason(arena, offender.name, "peer-closed");
    }),
  );

  row("L6 a reset in the middle of a large write frees what was queued", () =>
    arena.withstand(async () => {
      const offenders = await many(20, () => Offender.connect(arena.port));
      for (const { peer } of offenders) {
        peer.pause();
        void peer.send(repeated(frame(message("$ping")), 20_000));
      }
      await arena.crowd.report();
      for (const { peer } of offenders) peer.reset();
      for (const { name } of offenders) await arena.log.endOf(name);
    }),
  );

  row("L7 those over the limit are told so and closed, and the count recovers", async () => {
    await using server = await startServer({ flags: ["--max-connections", "40"] });
    const { pid } = server.program;
    const before = processFigures(pid).descriptors;
    const peers = await many(80, () => connectPeer(server.port));
    const verdicts = await Promise.all(peers.map(async (peer) => readVerdict(await peer.next())));
    expect(verdicts.filter((verdict) => verdict === "too-many-connections")).toHaveLength(40);
    for (const peer of peers) peer.reset();
    await until(() => processFigures(pid).descriptors <= before, "an empty server");
    const again = await many(40, () => Offender.connect(server.port));
    for (const peer of again) peer[Symbol.dispose]();
  });

  row("L7 one address over its share is told so, others are not", async () => {
    await using server = await startServer({ flags: ["--max-connections-per-address", "5"] });
    const peers = await many(6, () => connectPeer(server.port));
    const verdicts = await Promise.all(peers.map(async (peer) => readVerdict(await peer.next())));
    expect(verdicts.filter((verdict) => verdict === "too-many-connections")).toHaveLength(1);
    for (const peer of peers) peer.reset();
  });

  row("L8 a second of churn leaves nothing open", () =>
    arena.withstand(async () => {
      const untilMs = performance.now() + 1000;
      while (performance.now() < untilMs) {
        const peers = await many(25, () => Offender.connect(arena.port));
        await Promise.all(peers.map((peer) => peer.say("hola")));
        await Promise.all(peers.map((peer) => peer.leave()));
      }
    }),
  );

  row("L12 an idle connection stays for longer than every timer", async () => {
    await using server = await startServer({
      flags: [
        ...HEARTBEAT_FLAGS,
        "--limit",
        "frameDeadlineMs=300ms",
        "--limit",
        "writeStallMs=300ms",
      ],
    });
    await using client = clientProgram(server.port, ...HEARTBEAT_FLAGS);
    // A peer that never says hello is served without heartbeats.
    using quiet = await Offender.connect(server.port);
    await client.stderr.line(/\[CONNECTED\]/);
    await Bun.sleep(5 * HEARTBEAT_MS);
    await quiet.say("after a long silence");
    await client.stdout.line(/after a long silence/);
    expect(client.stderr.text).not.toContain("DISCONNECTED");
  });

  row("L13 two hundred thousand pings", () =>
    arena.withstand(async () => {
      using offender = await Offender.connect(arena.port);
      await offender.peer.send(repeated(frame(message("$ping")), 200_000));
      await offender.leave();
      await expectOneReason(arena, offender.name, "peer-closed");
    }),
  );

  row("L18 a server that was stopped does not give up its healthy clients on waking", async () => {
    await using server = await startServer({ flags: HEARTBEAT_FLAGS });
    const patient = ["--limit", "heartbeatIntervalMs=30s"] as const;
    const clients = [
      clientProgram(server.port, ...patient),
      clientProgram(server.port, ...patient),
    ];
    try {
      for (const client of clients) await client.stderr.line(/\[CONNECTED\]/);
      server.program.signal("SIGSTOP");
      await Bun.sleep(6 * HEARTBEAT_MS);
      server.program.signal("SIGCONT");
      await Bun.sleep(4 * HEARTBEAT_MS);
      using speaker = await Offender.connect(server.port);
      await speaker.say("good morning");
      for (const client of clients) await client.stdout.line(/good morning/);
      expect(server.log.lines.map(({ code }) => code)).not.toContain("heartbeat-lost");
    } finally {
      for (const client of clients) await client[Symbol.asyncDispose]();
    }
  });

  row("L19 a peer that takes a few bytes at a time gets everything", () =>
    arena.withstand(async () => {
      using proxy = new FaultProxy({ port: arena.port, seed: pickSeed() });
      proxy.set({ mostPieceBytes: 4, randomPieces: true });
      using slow = await Offender.connect(proxy.port);
      using speaker = await Offender.connect(arena.port);
      await slow.next("greeting");
      for (let index = 0; index < 10; index += 1) await speaker.say(`word ${index}`);
      for (let index = 0; index < 10; index += 1) {
        expect(await slow.heardFrom(speaker.name)).toBe(`word ${index}`);
      }
    }),
  );

  row("L20 a line cut while idle is dialled again", async () => {
    await using server = await startServer();
    using proxy = new FaultProxy({ port: server.port });
    await using client = clientProgram(proxy.port);
    await client.stderr.line(/\[CONNECTED\]/);
    proxy.resetAll();
    await client.stderr.line(/\[DISCONNECTED\]/);
    await client.stderr.line(/\[CONNECTED\]/);
  });

  rowsEnd("L");
});

function readVerdict(payload: Uint8Array): string {
  return Buffer.from(payload).includes("too-many-connections") ? "too-many-connections" : "hello";
}
