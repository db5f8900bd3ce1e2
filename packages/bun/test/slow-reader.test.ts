// Peers that read slowly, or pause, with real sockets between: what is kept, what is heard, and what a peer
// is told that is cut. Limits are small, so that pauses are short.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import type { CloseReason } from "@typewire/connection";
import { internalLimits } from "@typewire/connection/internal";
import { defineProtocol } from "@typewire/protocol";
import { within } from "@typewire/testkit";

import { connect, serve } from "../src/index.ts";

const feed = defineProtocol({
  name: "feed",
  version: 1,
  server: { row: Type.Object({ number: Type.Integer(), text: Type.String() }) },
  client: { start: Type.Object({ rows: Type.Integer() }), stop: Type.Object({}) },
});

const TEXT = "x".repeat(4_000);

/** More than both kernels keep for a reader that rests. */
const ROWS = 4_000;

/** A server that streams as fast as its client takes it, and a client that counts. */
async function streaming(limits: Parameters<typeof internalLimits>[0]) {
  const own = new AsyncDisposableStack();
  const closed = Promise.withResolvers<CloseReason>();
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;
  const server = own.use(
    serve(
      feed,
      {
        port: 0,
        limits: internalLimits(limits),
        onClose: (_, reason) => closed.resolve(reason),
        onHandlerError: () => {},
      },
      {
        async start({ rows }, connection) {
          for (let number = 0; number < rows && !isStopped; number += 1) {
            if (connection.state !== "open") return;
            if (!connection.send({ type: "row", number, text: TEXT })) await connection.ready();
          }
        },
        stop() {
          isStopped = true;
          stopped.resolve();
        },
      },
    ),
  );
  const numbers: number[] = [];
  const enough = Promise.withResolvers<void>();
  const client = own.use(
    await connect(
      feed,
      { port: server.port, reconnect: false, limits: internalLimits(limits) },
      {
        row({ number }) {
          numbers.push(number);
          if (number === 10 && !wasPaused) {
            wasPaused = true;
            client.pause();
            paused.resolve();
          }
          if (number === ROWS - 1) enough.resolve();
        },
      },
    ),
  );
  let wasPaused = false;
  const paused = Promise.withResolvers<void>();
  return {
    server,
    client,
    numbers,
    closed: closed.promise,
    stopped: stopped.promise,
    enough: enough.promise,
    paused: paused.promise,
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

describe("a client that pauses", () => {
  test("for longer than its peer waits for a write is kept, and loses nothing", async () => {
    await using it = await streaming({ writeStallMs: 400, restPingMs: 100, peerRestMs: 20_000 });
    it.client.send({ type: "start", rows: ROWS });
    await within(it.paused, () => "the pause");
    // Five times as long as the server waits for a peer of which it hears nothing.
    await Bun.sleep(2_000);
    expect(it.numbers.length).toBe(11);
    expect(it.client.state).toBe("connected");
    it.client.resume();
    await within(it.enough, () => `${ROWS} rows, got ${it.numbers.length}`);
    expect(it.numbers).toEqual(Array.from({ length: ROWS }, (_, index) => index));
  });

  test("can say that it wants no more", async () => {
    await using it = await streaming({ writeStallMs: 400, restPingMs: 100, peerRestMs: 20_000 });
    it.client.send({ type: "start", rows: 1_000_000 });
    await within(it.paused, () => "the pause");
    await Bun.sleep(500);
    it.client.send({ type: "stop" });
    await within(it.stopped, () => "stop");
    it.client.resume();
    await it.client.close();
    expect((await it.closed).code).toBe("peer-closed");
  });

  test("for ever is cut, and hears why when it reads again", async () => {
    await using it = await streaming({
      writeStallMs: 300,
      restPingMs: 100,
      peerRestMs: 1_000,
      lingerMs: 20_000,
    });
    it.client.send({ type: "start", rows: ROWS });
    await within(it.paused, () => "the pause");
    await Bun.sleep(2_500);
    it.client.resume();
    const reason = await within(it.client.closed, () => "the end");
    expect(reason).toMatchObject({
      code: "write-timeout",
      origin: "peer",
      message: expect.stringContaining("took nothing for 1000 ms"),
    });
    expect(it.numbers).toEqual(Array.from({ length: it.numbers.length }, (_, index) => index));
    expect((await it.closed).code).toBe("write-timeout");
  });
});
