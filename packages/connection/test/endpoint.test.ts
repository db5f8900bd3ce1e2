import { describe, expect, test } from "bun:test";
import { FakeClock, MemorySocket, resetByPeer } from "@typewire/testkit";

import {
  type CloseReason,
  createEndpoint,
  type EndpointOptions,
  LiveConnection,
} from "../src/index.ts";
import {
  clientHello,
  type FromClient,
  fromClient,
  type FromServer,
  fromServer,
  talk,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const reply = (text: string) => ({ type: "reply", text }) as const;

/** A server's endpoint that replies to what it is asked, and a way to connect to it. */
function serve(options: EndpointOptions<FromServer, FromClient> = {}) {
  const clock = new FakeClock();
  const reasons: CloseReason[] = [];
  const endpoint = createEndpoint(
    talk,
    "server",
    { ask: ({ text }, connection) => void connection.send(reply(text)) },
    { clock, owner: { closed: (_, reason) => void reasons.push(reason) }, ...options },
  );
  const connect = (room = Infinity) => {
    const connection = new LiveConnection(endpoint, `peer ${endpoint.stats().opened}`);
    const socket = new MemorySocket({ room });
    socket.events = connection;
    connection.opened(socket);
    return { connection, socket };
  };
  return { endpoint, connect, clock, reasons };
}

describe("Endpoint.stats", () => {
  test("adds up what lives and what has ended", async () => {
    const { endpoint, connect } = serve();
    const [first, second, third] = [connect(), connect(), connect(0)] as const;
    const question = fromClient(clientHello, ask("why?"), { type: "$ping" });
    for (const { connection } of [first, second, third]) connection.receive(question);
    await turn();
    const bytesSent = first.socket.written.length;
    first.connection.socketClosed(resetByPeer());
    const one = {
      messagesReceived: 1,
      messagesRefused: 0,
      messagesUnknown: 0,
      messagesRefusedByPeer: 0,
      messagesSent: 1,
      messagesUndelivered: 0,
      messagesUnhandled: 0,
      bytesReceived: question.length,
      bytesSent,
      bufferedBytes: 0,
      callsInFlight: 0,
      handlersInFlight: 0,
    };
    expect(second.connection.stats).toEqual(one);
    expect(third.connection.stats).toEqual({ ...one, bytesSent: 0, bufferedBytes: bytesSent });
    third.connection.destroy("shutting-down");
    expect(endpoint.stats()).toEqual({
      connections: 1,
      opened: 3,
      closedByReason: { "connection-reset": 1, "shutting-down": 1 },
      messagesReceived: 3,
      messagesRefused: 0,
      messagesUnknown: 0,
      messagesRefusedByPeer: 0,
      messagesSent: 3,
      bytesReceived: 3 * question.length,
      bytesSent: 2 * bytesSent,
      bufferedBytes: 0,
      callsInFlight: 0,
      callsAnswered: 0,
      callsFailedByCode: {},
      messagesUndelivered: 1,
      messagesUnhandled: 0,
    });
  });

  test("leaves out a connection that never had a socket", () => {
    const { endpoint } = serve();
    new LiveConnection(endpoint, "never").destroy("connect-failed");
    expect(endpoint.stats()).toMatchObject({ opened: 0, connections: 0, closedByReason: {} });
  });

  test("keeps one timer for all connections, and none when the last has ended (L8)", () => {
    const { connect, clock } = serve();
    const all = Array.from({ length: 100 }, () => connect());
    expect(clock.pending).toBe(1);
    for (const { connection } of all) connection.destroy();
    expect(clock.pending).toBe(0);
  });
});

describe("EndpointOptions.maxBufferedBytes", () => {
  const limits = { softQueueBytes: 200_000, hardQueueBytes: 400_000, maxFrameBytes: 100_000 };
  const maxBufferedBytes = 500_000;

  test("is at least what one connection may hold", () => {
    expect(() => serve({ limits, maxBufferedBytes: maxBufferedBytes - 1 })).toThrow(
      "maxBufferedBytes: expected at least hardQueueBytes and maxFrameBytes together (500000), got 499999",
    );
    expect(serve({ limits, maxBufferedBytes }).endpoint.stats().connections).toBe(0);
    const huge = { maxFrameBytes: 2 ** 30 };
    expect(serve({ limits: huge }).endpoint.stats().connections).toBe(0);
  });

  test("is a quarter of the process's memory by default, where that is below 256 MiB", () => {
    const quarter = { limits, memoryLimitBytes: 4 * maxBufferedBytes };
    expect(serve(quarter).endpoint.memory.maxBytes).toBe(maxBufferedBytes);
    expect(serve({ limits, memoryLimitBytes: 2 ** 40 }).endpoint.memory.maxBytes).toBe(2 ** 28);
    expect(serve({ limits }).endpoint.memory.maxBytes).toBe(2 ** 28);
    expect(serve({ limits, memoryLimitBytes: 1 }).endpoint.memory.maxBytes).toBe(500_000);
    expect(serve({ ...quarter, maxBufferedBytes: 600_000 }).endpoint.memory.maxBytes).toBe(600_000);
  });

  test("cuts the connections that hold most until all hold less, and no other (B5)", async () => {
    const { endpoint, connect, reasons, clock } = serve({ limits, maxBufferedBytes });
    const slow = Array.from({ length: 20 }, () => connect(0));
    const quick = connect();
    for (let round = 0; round < 100; round += 1) {
      for (const [index, { connection }] of slow.entries()) {
        if (connection.state === "open") connection.send(reply("x".repeat(1_000 + 100 * index)));
      }
      quick.connection.send(reply("on time"));
      await turn();
      clock.advance(0);
      expect(endpoint.stats().bufferedBytes).toBeLessThan(maxBufferedBytes * 1.1);
    }
    expect(reasons.length).toBeGreaterThan(10);
    expect(new Set(reasons.map(({ code }) => code))).toEqual(new Set(["slow-consumer"]));
    expect(reasons[0]?.message).toMatch(
      /^All connections together hold more than 500000 bytes, and this one most: \d+$/,
    );
    // The largest first: those that asked for least are still there.
    expect(slow.map(({ connection }) => connection.state)).toEqual([
      ...slow.slice(reasons.length).map(() => "open" as const),
      ...reasons.map(() => "closed" as const),
    ]);
    expect(quick.connection.state).toBe("open");
  });

  test("counts a frame that many share once (B8)", () => {
    const { connect, reasons } = serve({ limits, maxBufferedBytes });
    const slow = Array.from({ length: 50 }, () => connect(0));
    const frame = fromServer(reply("x".repeat(90_000)));
    for (const { connection } of slow) {
      connection.sendFrame(frame);
      connection.sendFrame(frame);
    }
    expect(reasons).toEqual([]);
  });

  test("counts frames that are not whole, and messages that wait for their turn", () => {
    const { connect, reasons } = serve({ limits, maxBufferedBytes });
    const upload = fromClient({ type: "upload", bytes: new Uint8Array(90_000) });
    const half = Array.from({ length: 10 }, () => connect());
    for (const { connection } of half) connection.receive(upload.slice(0, 80_000));
    expect(reasons.length).toBeGreaterThanOrEqual(4);
    expect(new Set(reasons.map(({ code }) => code))).toEqual(new Set(["slow-consumer"]));
    const before = reasons.length;
    const waiting = Array.from({ length: 10 }, () => connect());
    for (const { connection } of waiting) {
      connection.pause();
      connection.receive(upload.slice());
    }
    expect(reasons.length).toBeGreaterThan(before);
  });
});

describe("EndpointOptions.ownsChunks", () => {
  const upload = (): Uint8Array =>
    fromClient({ type: "upload", bytes: new Uint8Array(90_000) }).slice();

  test("frees a large chunk once it is used up, also one that had to wait", () => {
    const { connect } = serve({ ownsChunks: true });
    const { connection } = connect();
    const [first, second] = [upload(), upload()];
    connection.receive(first);
    expect(first).toHaveLength(0);
    connection.pause();
    connection.receive(second);
    expect(second.length).toBeGreaterThan(0);
    connection.destroy();
    expect(second).toHaveLength(0);
  });

  test("is false by default: chunks are left as they were", () => {
    const chunk = upload();
    serve().connect().connection.receive(chunk);
    expect(chunk.length).toBeGreaterThan(90_000);
  });
});
