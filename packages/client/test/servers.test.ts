// The order in which a client dials its servers, and what it makes of what they say.

import { describe, expect, test } from "bun:test";

import type { CloseCode, CloseReason } from "@typewire/connection";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock } from "@typewire/testkit";

import type { ClientOptions, ClientStatus } from "../src/client-options.ts";
import { LiveClient } from "../src/live-client.ts";
import { Servers, type SocketAddresses } from "../src/servers.ts";
import { hostOf, Network, turn } from "./network.ts";

const at = (port: number) => ({ hostname: "127.0.0.1", port });
const three: SocketAddresses = [at(1), at(2), at(3)];

function ended(code: CloseCode, more: Partial<CloseReason> = {}): CloseReason {
  return { code, message: `${code}.`, origin: "peer", ...more };
}

/** Takes the addresses in their order. */
const inOrder = (): number => 0;

function portsOf(servers: Servers, turns: number): number[] {
  const ports: number[] = [];
  for (let dialled = 0; dialled < turns; dialled += 1) {
    const { current } = servers;
    ports.push("port" in current ? current.port : 0);
    servers.leave(ended("connect-failed"), false);
  }
  return ports;
}

describe("Servers", () => {
  test("dials each address once in a round, in the same order each time", () => {
    expect(portsOf(new Servers(three, inOrder), 7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  test("begins with each of them equally often, and goes on to each of the others equally often", () => {
    const orders = new Map<string, number>();
    for (const one of [0, 0.34, 0.67]) {
      for (const other of [0, 0.5]) {
        const values = [one, other];
        const servers = new Servers(three, () => values.shift() ?? 0);
        const order = portsOf(servers, 3).join();
        orders.set(order, (orders.get(order) ?? 0) + 1);
      }
    }
    expect([...orders.keys()].toSorted()).toEqual([
      "1,2,3",
      "1,3,2",
      "2,1,3",
      "2,3,1",
      "3,1,2",
      "3,2,1",
    ]);
  });

  test("asks for a wait only after a round, and for the one that each server of it asks for", () => {
    const servers = new Servers(three, inOrder);
    const busy = (retryAfterMs: number) => ended("too-many-connections", { retryAfterMs });
    expect(servers.leave(busy(900), false)).toBeUndefined();
    expect(servers.leave(busy(300), false)).toBeUndefined();
    expect(servers.leave(busy(700), false)).toBe(300);
    expect(servers.leave(busy(900), false)).toBeUndefined();
    expect(servers.leave(ended("connect-failed"), false)).toBeUndefined();
    expect(servers.leave(busy(700), false)).toBe(0);
  });

  test("does not wait for one server that says $bye where there are others", () => {
    const bye = ended("peer-closed", { retryAfterMs: 5000 });
    expect(new Servers([at(1), at(2)], inOrder).leave(bye, true)).toBe(0);
    expect(new Servers([at(1)], inOrder).leave(bye, true)).toBe(5000);
  });

  test("believes another protocol when each of them speaks it, and any other verdict at once", () => {
    const servers = new Servers([at(1), at(2)], inOrder);
    const mismatch = ended("protocol-mismatch");
    expect(servers.isFinal(mismatch)).toBe(false);
    servers.leave(mismatch, false);
    expect(servers.isFinal(mismatch)).toBe(true);
    servers.leave(ended("connect-failed"), false);
    expect(servers.isFinal(mismatch)).toBe(false);
    expect(servers.isFinal(ended("auth-failed"))).toBe(true);
    expect(servers.isFinal(ended("peer-closed", { final: true }))).toBe(true);
    expect(servers.isFinal(ended("protocol-mismatch", { final: true }))).toBe(true);
    expect(new Servers([at(1)], inOrder).isFinal(mismatch)).toBe(true);
  });

  test("names each address that was tried in the error", () => {
    const servers = new Servers(three, inOrder);
    servers.leave(ended("peer-closed"), false);
    servers.leave(ended("protocol-mismatch"), false);
    const { code, message } = servers.errorOf(ended("header-invalid"));
    expect(code).toBe("header-invalid");
    expect(message).toBe(
      "Cannot connect to 127.0.0.1:1: peer-closed.; Cannot connect to 127.0.0.1:2: protocol-mismatch.; " +
        "Cannot connect to 127.0.0.1:3: header-invalid.",
    );
  });
});

/** A client of three servers, of which those in `up` answer; what it dials, and what it is told. */
function dialling(up: Set<number>, options: ClientOptions<typeof saludo> = {}) {
  const clock = new FakeClock();
  const network = new Network();
  const dialled: number[] = [];
  const told: string[] = [];
  const host = hostOf(async (to, user) => {
    const port = "port" in to ? to.port : 0;
    dialled.push(port);
    network.isUp = up.has(port);
    await network.dial(to, user);
  });
  const onStatus = (status: ClientStatus): void => {
    const where = "address" in status ? ` ${status.address.slice(-1)}` : "";
    const wait = status.state === "reconnecting" ? ` ${status.delayMs}` : "";
    told.push(`${status.state}${where}${wait}`);
  };
  const all = { clock, random: inOrder, limits: { heartbeatIntervalMs: 0 }, onStatus, ...options };
  const client = new LiveClient(saludo, three, all, {}, host);
  /** Lets dials settle, and no time pass. */
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 4; round += 1) {
      await turn();
      clock.advance(0);
    }
  };
  return { client, clock, network, dialled, told, settle, up };
}

describe("LiveClient of several servers", () => {
  test("connects to the first that answers, without a wait", async () => {
    const { client, dialled, told, settle } = dialling(new Set([3]));
    const started = client.start();
    await settle();
    await started;
    expect(dialled).toEqual([1, 2, 3]);
    expect(told).toEqual(["reconnecting 1 0", "reconnecting 2 0", "connected 3"]);
    const closed = client.close();
    await turn();
    client.connection?.destroy();
    await closed;
  });

  test("rejects after one round where none answers, with each address", async () => {
    const { client, clock, dialled, settle } = dialling(new Set());
    const rejection = client.start().catch((error: unknown) => error);
    await settle();
    expect(await rejection).toMatchObject({ code: "connect-failed" });
    expect(dialled).toEqual([1, 2, 3]);
    expect(client.state).toBe("closed");
    expect(clock.pending).toBe(0);
  });

  test("begins with another server after a loss", async () => {
    const { client, clock, network, dialled, told, settle } = dialling(new Set([1, 2, 3]));
    const started = client.start();
    await settle();
    await started;
    network.lose();
    clock.advance(60_000);
    await settle();
    expect(dialled).toEqual([1, 2]);
    expect(told).toEqual(["connected 1", "reconnecting 1 0", "connected 2"]);
    const closed = client.close();
    network.lose();
    await closed;
  });

  test("waits once before a round, longer each time", async () => {
    const waits: number[] = [];
    const { client, clock, network, dialled, settle, up } = dialling(new Set([1, 2, 3]), {
      random: () => 0.5,
      reconnect: { initialDelayMs: 100, factor: 2, maxDelayMs: 1000 },
      onStatus: (status) => {
        if (status.state === "reconnecting") waits.push(status.delayMs);
      },
    });
    const started = client.start();
    await settle();
    await started;
    up.clear();
    network.lose();
    for (let round = 0; round < 3; round += 1) {
      clock.advance(waits.at(-1) ?? 0);
      await settle();
    }
    // One wait after the loss, and one after each round of three.
    expect(waits).toEqual([50, 0, 0, 100, 0, 0, 200, 0, 0, 400]);
    expect(dialled).toHaveLength(10);
    await client.close();
  });
});
