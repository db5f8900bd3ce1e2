import { describe, expect, test } from "bun:test";
import { encodeHeader, type Hello } from "@typewire/protocol";
import { concatenate, FakeClock, MemoryPair } from "@typewire/testkit";

import type { ConnectionLimits } from "../src/index.ts";
import {
  clientConnection,
  clientHello,
  fromClient,
  heardByClient,
  openSocket,
  serverConnection,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const hello = { ...clientHello, heartbeatIntervalMs: 30_000 } as const;

/** A look of the sweep with the default limits. */
const LOOK_MS = 250;

/** An open server connection, and what it has told the client since its hello. */
function openServer(limits: Partial<ConnectionLimits> = {}, handlers = {}) {
  const clock = new FakeClock();
  const connection = serverConnection(handlers, { clock, limits });
  const socket = openSocket(connection);
  const told = async () => {
    await turn();
    return heardByClient(socket).slice(1);
  };
  return { connection, socket, clock, told };
}

describe("requireHello", () => {
  test("lets a peer that says hello in with its messages, in one chunk", () => {
    const texts: string[] = [];
    const { connection } = openServer(
      { requireHello: true },
      { ask: ({ text }: { text: string }) => void texts.push(text) },
    );
    connection.receive(fromClient(clientHello, ask("one"), ask("two")));
    expect(texts).toEqual(["one", "two"]);
    expect(connection.state).toBe("open");
  });

  test.each([
    ["a message", fromClient(ask("no hello"))],
    ["a ping", fromClient({ type: "$ping" })],
    ["a message that cannot be read", concatenate([encodeHeader(1), Uint8Array.of(0xa0)])],
  ])("refuses %s first, and hands out nothing (F11)", async (_, bytes) => {
    const texts: string[] = [];
    const { connection, told } = openServer(
      { requireHello: true },
      { ask: ({ text }: { text: string }) => void texts.push(text) },
    );
    connection.receive(concatenate([bytes, fromClient(clientHello, ask("later"))]));
    expect(texts).toEqual([]);
    expect(connection.closeReason?.code).toBe("hello-required");
    expect(connection.closeReason?.message).toStartWith("Cannot talk: expected $hello first, got ");
    expect(await told()).toMatchObject([{ type: "$error", code: "hello-required" }]);
  });

  test("understands a peer that only says why it leaves", () => {
    const { connection } = openServer({ requireHello: true });
    connection.receive(fromClient({ type: "$bye", reason: "never mind" }));
    expect(connection.closeReason).toMatchObject({ code: "peer-closed", origin: "peer" });
  });

  test("ends a peer that says nothing at the deadline, not before (L1)", async () => {
    const { connection, clock, told } = openServer({ requireHello: true });
    clock.advance(9_999);
    expect(connection.state).toBe("open");
    clock.advance(1);
    expect(connection.closeReason).toEqual({
      code: "hello-timeout",
      message: "Cannot talk: expected $hello within 10000 ms, got none",
      origin: "local",
    });
    expect(await told()).toMatchObject([{ type: "$error", code: "hello-timeout" }]);
  });

  test("asks nothing of a peer that has said hello, and of no peer where it is off (L12)", () => {
    const strict = openServer({ requireHello: true });
    strict.connection.receive(fromClient(clientHello));
    const lenient = openServer();
    for (const { connection, clock } of [strict, lenient]) {
      clock.advance(1_000_000);
      expect(connection.state).toBe("open");
    }
  });

  test("takes a frame of preHelloFrameBytes before hello, none of one byte more, and larger ones after it", () => {
    const limits = { requireHello: true, preHelloFrameBytes: 1_000 };
    const atLimit = openServer(limits);
    atLimit.connection.receive(encodeHeader(1_000));
    expect(atLimit.connection.state).toBe("open");
    const over = openServer(limits);
    over.connection.receive(encodeHeader(1_001));
    expect(over.connection.closeReason).toMatchObject({
      code: "frame-too-large",
      message: "Cannot read frame: header announces 1001 bytes, limit 1000",
    });
    const introduced = openServer(limits);
    introduced.connection.receive(concatenate([fromClient(clientHello), encodeHeader(1_048_576)]));
    expect(introduced.connection.state).toBe("open");
  });
});

describe("a started frame", () => {
  const frame = fromClient(ask("x".repeat(100)));

  test.each([
    ["a part of its header", frame.subarray(0, 9), 10_000],
    [
      "its header",
      frame.subarray(0, 10),
      10_000 + Math.ceil(((frame.length - 10) * 1000) / 16_384),
    ],
    ["a header that announces 1 MiB", encodeHeader(1_048_576), 74_000],
  ])("must be whole in time when only %s has come (F3, F4)", async (_, bytes, allowedMs) => {
    const { connection, clock, told } = openServer({ heartbeatIntervalMs: 0 });
    connection.receive(bytes);
    clock.advance(allowedMs);
    expect(connection.state).toBe("open");
    clock.advance(2 * LOOK_MS);
    expect(connection.closeReason?.code).toBe("frame-timeout");
    expect(connection.closeReason?.message).toStartWith(
      `Cannot read frame: expected it whole within ${allowedMs} ms, `,
    );
    expect(await told()).toMatchObject([{ type: "$error", code: "frame-timeout" }]);
  });

  test("has no more time for each byte that comes (F3, L2)", () => {
    const { connection, clock } = openServer();
    let seconds = 0;
    while (connection.state === "open" && seconds < frame.length) {
      connection.receive(frame.subarray(seconds, seconds + 1));
      clock.advance(1_000);
      seconds += 1;
    }
    expect(connection.closeReason?.code).toBe("frame-timeout");
    expect(seconds).toBeWithin(10, 13);
  });

  test("has its own time for each frame, also where every chunk ends inside the next one", () => {
    const { connection, clock } = openServer();
    connection.receive(frame.subarray(0, 5));
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1_000);
      connection.receive(concatenate([frame.subarray(5), frame.subarray(0, 5)]));
    }
    expect(connection.state).toBe("open");
    expect(connection.stats.messagesReceived).toBe(60);
  });

  test("is not late while this side does not read", () => {
    const { connection, clock } = openServer();
    connection.receive(frame.subarray(0, 50));
    connection.pause();
    clock.advance(100_000);
    connection.resume();
    clock.advance(9_000);
    connection.receive(frame.subarray(50));
    expect(connection.stats.messagesReceived).toBe(1);
    expect(connection.state).toBe("open");
  });
});

describe("heartbeat", () => {
  const pings = async ({ told }: { told: () => Promise<readonly { type: string }[]> }) =>
    (await told()).filter(({ type }) => type === "$ping").length;

  test("asks a silent peer after each interval, and cuts it one interval after the second (L4)", async () => {
    const server = openServer();
    const { connection, socket, clock } = server;
    connection.receive(fromClient(hello));
    clock.advance(30_000);
    expect(await pings(server)).toBe(0);
    clock.advance(LOOK_MS);
    expect(await pings(server)).toBe(1);
    clock.advance(30_000);
    expect(await pings(server)).toBe(2);
    clock.advance(30_000 - LOOK_MS);
    expect(connection.state).toBe("open");
    clock.advance(LOOK_MS);
    expect(connection.closeReason).toEqual({
      code: "heartbeat-lost",
      message: "The peer is silent for 90000 ms, 2 pings are unanswered",
      origin: "local",
    });
    expect(socket.calls).toEqual(["terminate"]);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ["a pong", fromClient({ type: "$pong" })],
    ["a message", fromClient(ask("anything"))],
    ["a byte", Uint8Array.of(0x31)],
  ])("takes %s for an answer (L12)", async (_, bytes) => {
    const limits = { frameDeadlineMs: 1_000_000, heartbeatIntervalMs: 30_000 };
    const { connection, clock } = openServer(limits);
    connection.receive(fromClient(hello));
    clock.advance(89_000);
    connection.receive(bytes);
    clock.advance(89_000);
    expect(connection.state).toBe("open");
    clock.advance(2_000);
    expect(connection.closeReason?.code).toBe("heartbeat-lost");
  });

  test.each<[string, Hello | undefined]>([
    ["said no hello", undefined],
    ["announced none", clientHello],
    ["announced that it has none", { ...clientHello, heartbeatIntervalMs: 0 }],
  ])("is not asked of a peer that %s (L12)", async (_, said) => {
    const server = openServer();
    if (said !== undefined) server.connection.receive(fromClient(said));
    server.clock.advance(1_000_000);
    expect(server.connection.state).toBe("open");
    expect(await pings(server)).toBe(0);
  });

  test("is announced with our interval, and not at all where it is off", async () => {
    const heartbeats: (number | undefined)[] = [];
    for (const heartbeatIntervalMs of [5_000, 0]) {
      const { connection, socket, clock } = openServer({ heartbeatIntervalMs });
      connection.receive(fromClient(hello));
      await turn();
      const [first] = heardByClient(socket);
      heartbeats.push(first?.type === "$hello" ? first.heartbeatIntervalMs : NaN);
      clock.advance(1_000);
    }
    expect(heartbeats).toEqual([5_000, undefined]);
    const off = openServer({ heartbeatIntervalMs: 0 });
    off.connection.receive(fromClient(hello));
    off.clock.advance(1_000_000);
    expect(off.connection.state).toBe("open");
    expect(await pings(off)).toBe(0);
  });

  test.each([5_000, 60_000])(
    "does not blame peers for %p ms in which this process was not there (L18)",
    async (stalledMs) => {
      const server = openServer({ heartbeatIntervalMs: 2_000 });
      const { connection, clock } = server;
      connection.receive(fromClient(hello));
      clock.advance(5_500);
      expect(await pings(server)).toBe(2);
      clock.pass(stalledMs);
      clock.advance(100);
      expect(connection.state).toBe("open");
      // The answer that was under way all the time.
      connection.receive(fromClient({ type: "$pong" }));
      clock.advance(1_900);
      expect(connection.state).toBe("open");
    },
  );

  test("keeps two ends that have nothing to say (L20)", async () => {
    const clock = new FakeClock();
    const server = serverConnection({}, { clock });
    const client = clientConnection({}, { clock });
    const pair = new MemoryPair(server, client);
    for (let minute = 0; minute < 10; minute += 1) {
      for (let second = 0; second < 60; second += 1) {
        clock.advance(1_000);
        if (second % 10 === 0) await pair.settle();
      }
    }
    expect([server.state, client.state]).toEqual(["open", "open"]);
  });

  test("is shown by an end that does not read, as often as the peer asks for it", async () => {
    const server = openServer();
    const { connection, clock } = server;
    connection.receive(fromClient({ ...clientHello, heartbeatIntervalMs: 2_000 }));
    connection.pause();
    connection.receive(fromClient(ask("x".repeat(20_000))));
    clock.advance(10_000 + 2 * LOOK_MS);
    expect(await pings(server)).toBe(5);
    clock.advance(1_000_000);
    expect(connection.state).toBe("open");
  });

  test("is shown every 3 s by an end that is paused, also where no heartbeats are wished for", async () => {
    const server = openServer();
    server.connection.receive(fromClient(clientHello));
    server.connection.pause();
    server.clock.advance(30_000 + 2 * LOOK_MS);
    expect(await pings(server)).toBe(10);
    server.connection.resume();
    server.clock.advance(30_000);
    expect(await pings(server)).toBe(10);
    const silent = openServer();
    silent.connection.pause();
    silent.clock.advance(30_000);
    expect(await pings(silent)).toBe(0);
  });
});
