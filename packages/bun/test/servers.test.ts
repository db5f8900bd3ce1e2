// A client of several servers, on real sockets: it finds one that is up, and is moved from one that ends to another
// while it calls.

import { describe, expect, test } from "bun:test";

import { defineProtocol, Type } from "@typewire/protocol";
import { within } from "@typewire/testkit";

import { connect, serve } from "../src/index.ts";

const counter = defineProtocol({
  name: "counter",
  version: 1,
  server: {},
  client: {},
  calls: { count: { input: Type.Integer(), output: Type.Integer() } },
});
const other = defineProtocol({ name: "other", version: 1, server: {}, client: {} });

/** A server that adds what it was asked to `counted`. */
const counting = (counted: number[]) =>
  serve(
    counter,
    { port: 0 },
    {
      count(value) {
        counted.push(value);
        return value;
      },
    },
  );

/** A port that refuses. */
function closedPort(): number {
  const server = serve(other, { port: 0 });
  server.stop();
  return server.port;
}

describe("connect with several servers", () => {
  test("finds the one that is up, wherever it begins", async () => {
    await using server = counting([]);
    const servers = [{ port: closedPort() }, { port: server.port }, { port: closedPort() }];
    for (const random of [0, 0.4, 0.8]) {
      await using client = await connect(counter, { servers, random: () => random });
      expect(client.connection?.name).toBe(server.address);
    }
  });

  test("passes over one that speaks another protocol", async () => {
    await using server = counting([]);
    await using wrong = serve(other, { port: 0, onPeerError() {} });
    const servers = [{ port: wrong.port }, { port: server.port }];
    await using client = await connect(counter, { servers, random: () => 0 });
    expect(client.connection?.name).toBe(server.address);
  });

  test("rejects with the address of each", async () => {
    const [one, two] = [closedPort(), closedPort()];
    const servers = [{ port: one }, { port: two, hostname: "localhost" }];
    const connecting = connect(counter, { servers, random: () => 0 });
    expect(
      await connecting.then(
        () => "connected",
        (error: unknown) => error,
      ),
    ).toMatchObject({
      code: "connect-failed",
      message:
        `Cannot connect to 127.0.0.1:${one}: connection refused (ECONNREFUSED); ` +
        `Cannot connect to localhost:${two}: connection refused (ECONNREFUSED)`,
    });
  });

  test("is moved to another by $bye while it calls, and no answered call is missing", async () => {
    const counted: number[] = [];
    const first = counting(counted);
    const second = counting(counted);
    const servers = [{ port: first.port }, { port: second.port }];
    const failed: string[] = [];
    const moved = Promise.withResolvers<void>();
    await using client = await connect(counter, {
      servers,
      random: () => 0,
      onStatus: (status) => {
        if (status.state === "reconnecting") failed.push(`${status.address} ${status.reason.code}`);
        if (status.state === "connected" && status.address === second.address) moved.resolve();
      },
    });
    expect(client.connection?.name).toBe(first.address);
    const answered: number[] = [];
    let next = 0;
    let isOver = false;
    const calling = (async () => {
      while (!isOver) answered.push(await client.call.count((next += 1)));
    })();
    while (answered.length === 0) await new Promise(setImmediate);
    // Far longer than the client may wait: `$bye` of one server is no reason to wait where there is another.
    await first.drain({ retryAfterMs: 60_000 });
    await within(moved.promise, () => `not moved: ${failed.join()}`);
    const before = answered.length;
    while (answered.length === before) await new Promise(setImmediate);
    isOver = true;
    await calling;
    expect(failed).toEqual([`${first.address} peer-closed`]);
    expect(counted).toEqual(answered);
    expect(second.connections.size).toBe(1);
    await client.close();
    await second.drain();
  });
});
