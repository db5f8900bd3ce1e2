// A client that loses its connection, over sockets made of arrays: what it keeps, and what failing costs.

import { describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";

import { saludo } from "@typewire/protocol/saludo";

import { LiveClient } from "../src/live-client.ts";
import { connected, hostOf, say, target, texts, turn } from "./network.ts";

describe("onUndelivered", () => {
  test("is told what had not left, in order, before the status tells of the end", async () => {
    const told: string[] = [];
    const { client, clock, network } = await connected({
      onUndelivered: (_, messages) => void told.push(...texts(messages)),
      onStatus: ({ state }) => void told.push(state),
    });
    client.send(say("left"));
    await turn();
    network.socket.room = 0;
    client.send(say("one"));
    client.send(say("two"));
    await turn();
    network.lose();
    expect(told).toEqual(["connected", "<one>", "<two>", "reconnecting"]);
    void client.close();
    clock.advance(60_000);
  });

  test("is not called where everything has left", async () => {
    let calls = 0;
    const { client, network } = await connected({ onUndelivered: () => void (calls += 1) });
    client.send(say("left"));
    await turn();
    network.lose();
    await client.close();
    expect(calls).toBe(0);
  });
});

describe("resend", () => {
  test("sends what had not left first thing on the next connection, and only that", async () => {
    let isBack = false;
    const { client, clock, network } = await connected({
      resend: true,
      onStatus: ({ state }) => {
        if (state === "reconnecting") isBack = true;
        if (state === "connected" && isBack) client.send(say("new"));
      },
    });
    client.send(say("left"));
    await turn();
    network.socket.room = 0;
    client.send(say("one"));
    client.send(say("two"));
    await turn();
    network.lose();
    clock.advance(60_000);
    await turn();
    expect(client.state).toBe("connected");
    expect(network.said).toEqual(["one", "two", "new"]);
    network.socket.terminate();
  });

  test("keeps them over connections that take nothing, and reports them when the client ends", async () => {
    const told: string[] = [];
    const { client, clock, network } = await connected({
      resend: true,
      onUndelivered: (_, messages) => void told.push(...texts(messages)),
    });
    network.socket.room = 0;
    network.room = 200;
    client.send(say("one"));
    client.send(say("two".padEnd(300, "o")));
    await turn();
    for (let round = 0; round < 3; round += 1) {
      network.lose();
      clock.advance(60_000);
      await turn();
      network.room = 100;
    }
    expect(client.state).toBe("connected");
    expect(told).toEqual([]);
    network.lose();
    await client.close();
    expect(told.at(-1)).toBe(`<${"two".padEnd(300, "o")}>`);
    expect(told.length).toBeLessThanOrEqual(2);
  });

  test("gives up a message that the server has become too small for", async () => {
    const told: string[] = [];
    const { client, clock, network } = await connected({
      resend: true,
      onUndelivered: (_, messages) => void told.push(...texts(messages)),
    });
    network.socket.room = 0;
    client.send(say("x".repeat(2000)));
    client.send(say("small"));
    network.maxFrameBytes = 1000;
    await turn();
    network.lose();
    clock.advance(60_000);
    await turn();
    expect(told).toEqual([`<${"x".repeat(2000)}>`]);
    expect(network.said).toEqual(["small"]);
    network.socket.terminate();
    void client.close();
  });

  test("is refused without reconnecting", () => {
    const options = { resend: true, reconnect: false } as const;
    expect(
      () =>
        new LiveClient(
          saludo,
          target,
          options,
          {},
          hostOf(async () => {}),
        ),
    ).toThrow("resend: expected no `reconnect");
  });
});

describe("Client.ready", () => {
  test("gives up when it is told to, and later waits again", async () => {
    const { client, clock, network } = await connected();
    network.isUp = false;
    network.lose();
    const controller = new AbortController();
    const late = client.ready({ timeoutMs: 50 }).catch((error: unknown) => error);
    const aborted = client.ready({ signal: controller.signal }).catch((error: unknown) => error);
    const patient = client.ready();
    controller.abort(new RangeError("enough"));
    clock.advance(50);
    expect(await late).toMatchObject({ code: "deadline-exceeded" });
    expect(await aborted).toEqual(new RangeError("enough"));
    expect(client.state).toBe("reconnecting");

    network.isUp = true;
    clock.advance(60_000);
    await patient;
    expect(await client.ready({ timeoutMs: 50 })).toBeUndefined();
  });
});

describe("ten thousand attempts that fail", () => {
  test("leave neither timers nor memory behind", async () => {
    const { client, clock, network } = await connected();
    network.isUp = false;
    network.lose();
    const fail = async (count: number): Promise<number> => {
      const until = network.dials + count;
      while (network.dials < until) {
        clock.advance(30_000);
        await Promise.resolve();
        await Promise.resolve();
        await Promise.resolve();
      }
      Bun.gc(true);
      return heapStats().objectCount;
    };
    const before = await fail(1000);
    const after = await fail(9000);
    expect(clock.pending).toBeLessThanOrEqual(1);
    expect(after - before).toBeLessThan(2000);

    network.isUp = true;
    clock.advance(30_000);
    await turn();
    expect(client.state).toBe("connected");
    network.socket.terminate();
    await client.close();
    expect(clock.pending).toBe(0);
  });
});
