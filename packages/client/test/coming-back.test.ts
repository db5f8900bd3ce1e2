// A client that loses its connection, over sockets made of arrays: what it keeps, and what failing costs.

import { describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";

import type { SocketUser } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock } from "@typewire/testkit";

import type { ClientHost } from "../src/client-host.ts";
import type { ClientOptions } from "../src/client-options.ts";
import { LiveClient } from "../src/live-client.ts";
import { connected, hostOf, Network, say, target, texts, turn } from "./network.ts";

/** Sends a message that leaves, then two that do not, and loses the connection. */
async function loseTwo(client: LiveClient<typeof saludo>, network: Network): Promise<void> {
  client.send(say("left"));
  await turn();
  network.socket.room = 0;
  client.send(say("one"));
  client.send(say("two"));
  await turn();
  network.lose();
}

describe("onUndelivered", () => {
  test("is told what had not left, in order, before the status tells of the end", async () => {
    const told: string[] = [];
    const { client, clock, network } = await connected({
      onUndelivered: (_, messages) => void told.push(...texts(messages)),
      onStatus: ({ state }) => void told.push(state),
    });
    await loseTwo(client, network);
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
    await loseTwo(client, network);
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
          [target],
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

describe("the first attempt", () => {
  function starting(options: ClientOptions<typeof saludo>) {
    const clock = new FakeClock();
    const network = new Network();
    network.isUp = false;
    const waits: number[] = [];
    const all: ClientOptions<typeof saludo> = {
      clock,
      random: () => 0.5,
      limits: { heartbeatIntervalMs: 0 },
      onStatus: (status) => {
        if (status.state === "reconnecting") waits.push(status.delayMs);
      },
      ...options,
    };
    const client = new LiveClient(saludo, [target], all, {}, hostOf(network.dial));
    let outcome: string | undefined;
    void client.start().then(
      () => (outcome = "connected"),
      (error: unknown) => (outcome = (error as TypewireError).code),
    );
    return { client, clock, network, waits, outcome: () => outcome };
  }

  test("is not repeated by default", async () => {
    const { clock, network, outcome } = starting({});
    await turn();
    clock.advance(600_000);
    await turn();
    expect(outcome()).toBe("connect-failed");
    expect(network.dials).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test.each([{}, { reconnect: false }] as const)(
    "with `repeat` is repeated with growing waits until the server is up: %p",
    async (options) => {
      const { client, clock, network, waits, outcome } = starting({
        firstAttempt: "repeat",
        ...options,
      });
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await turn();
        expect(client.state).toBe("reconnecting");
        clock.advance(waits.at(-1) ?? 0);
      }
      await turn();
      expect(waits).toEqual([250, 400, 640, 1024]);
      expect(outcome()).toBeUndefined();
      network.isUp = true;
      clock.advance(1024);
      await turn();
      expect(outcome()).toBe("connected");
      network.lose();
      expect(client.state).toBe("reconnect" in options ? "closed" : "reconnecting");
      await client.close();
    },
  );

  test.each(["protocol-mismatch", "auth-failed", "auth-required"] as const)(
    "with `repeat` is not repeated after %s",
    async (code) => {
      const { clock, network, outcome } = starting({ firstAttempt: "repeat" });
      await turn();
      network.refusal = new TypewireError(code, "no");
      clock.advance(250);
      await turn();
      expect(outcome()).toBe(code);
      clock.advance(600_000);
      expect(network.dials).toBe(2);
      expect(clock.pending).toBe(0);
    },
  );

  test.each(["waiting", "dialling", "silent server"] as const)(
    "ends when `signal` says so, with its reason, and leaves nothing: %s",
    async (when) => {
      const controller = new AbortController();
      const { signal } = controller;
      const clock = new FakeClock();
      const network = new Network();
      network.isUp = false;
      const late = Promise.withResolvers<SocketUser>();
      const dial: ClientHost["dial"] = async (to, user) => {
        if (when === "waiting") return network.dial(to, user);
        network.dials += 1;
        if (when === "dialling") return late.resolve(user);
        network.socket.events = user;
        user.opened(network.socket);
      };
      const options = { clock, signal, firstAttempt: "repeat" } as const;
      const client = new LiveClient(saludo, [target], options, {}, hostOf(dial));
      const outcome = client.start().catch((error: unknown) => error);
      await turn();
      expect(client.state).toBe(when === "waiting" ? "reconnecting" : "connecting");
      const reason = new RangeError("the service stops");
      controller.abort(reason);
      expect(await outcome).toBe(reason);
      expect(client.state).toBe("closed");
      expect(clock.pending).toBe(0);
      if (when === "dialling") (await late.promise).opened(network.socket);
      if (when !== "waiting") expect(network.socket.isClosed).toBe(true);
      clock.advance(600_000);
      await turn();
      expect(network.dials).toBe(1);
      expect(clock.pending).toBe(0);
    },
  );

  test("dials not once where `signal` was aborted before", async () => {
    const signal = AbortSignal.abort("no");
    const { clock, network, client } = starting({ firstAttempt: "repeat", signal });
    await turn();
    expect((await client.closed).code).toBe("done");
    expect(network.dials).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("is no longer the matter of `signal` once there is a connection", async () => {
    const controller = new AbortController();
    const { client, network } = await connected({ signal: controller.signal });
    controller.abort();
    await turn();
    expect(client.state).toBe("connected");
    expect(client.send(say("here"))).toBe(true);
    network.socket.terminate();
    void client.close();
  });

  test.each([null, {}, "stop", 5])("refuses a `signal` that is none: %p", (signal) => {
    const options = { signal: signal as unknown as AbortSignal };
    expect(() => new LiveClient(saludo, [target], options, {}, hostOf(new Network().dial))).toThrow(
      "signal: expected an AbortSignal",
    );
  });

  test("with `repeat` ends when the client closes", async () => {
    const { client, clock, outcome } = starting({ firstAttempt: "repeat" });
    await turn();
    await client.close();
    await turn();
    expect(outcome()).toBe("connect-failed");
    expect(clock.pending).toBe(0);
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

describe("Client.send while the client is coming back", () => {
  /** A client that has lost its connection, and what it is told. */
  async function away(options: ClientOptions<typeof saludo> = {}) {
    const told: string[] = [];
    const all = await connected({
      onUndelivered: (_, messages) => void told.push(...texts(messages)),
      onStatus: ({ state }) => void told.push(state),
      ...options,
    });
    all.network.lose();
    told.length = 0;
    return { ...all, told };
  }

  test("keeps messages for the next connection, in order and as they were", async () => {
    const { client, clock, network, told } = await away();
    const changed = { type: "say" as const, text: "<one>" };
    expect(client.send(changed)).toBe(true);
    changed.text = "<changed>";
    expect(client.send(say("two"))).toBe(true);
    clock.advance(60_000);
    await turn();
    expect(network.said).toEqual(["one", "two"]);
    expect(told).toEqual(["connected"]);
    network.socket.terminate();
    void client.close();
  });

  test("sends them after what `resend` gives, and before what the program says then", async () => {
    const said: (() => void)[] = [];
    const { client, clock, network } = await connected({
      resend: true,
      onOpen: () => said.shift()?.(),
    });
    said.push(() => client.send(say("new")));
    network.socket.room = 0;
    client.send(say("again"));
    await turn();
    network.lose();
    client.send(say("waiting"));
    clock.advance(60_000);
    await turn();
    client.send(say("later"));
    await turn();
    expect(network.said).toEqual(["again", "waiting", "new", "later"]);
    network.socket.terminate();
    void client.close();
  });

  test("also while the end of the connection is only known, and from `onUndelivered`", async () => {
    const { client, clock, network } = await connected({
      onUndelivered: (_, messages) => messages.forEach((message) => client.send(message)),
    });
    network.socket.room = 0;
    client.send(say("one"));
    await turn();
    network.user?.peerEnded();
    expect(client.state).toBe("connected");
    expect(client.send(say("two"))).toBe(true);
    network.lose();
    clock.advance(60_000);
    await turn();
    expect(network.said).toEqual(["two", "one"]);
    network.socket.terminate();
    void client.close();
  });

  test("gives up the oldest beyond 1 MiB, and says false", async () => {
    const { client, clock, network, told } = await away();
    let taken = 0;
    while (client.send(say(`${taken}`.padEnd(4000, ".")))) taken += 1;
    const frameBytes = 10 + saludo.client.encode(say("x".repeat(4000))).length;
    expect(taken).toBe(Math.floor(2 ** 20 / frameBytes));
    expect(told.map((text) => text.slice(0, 3))).toEqual(["<0."]);
    clock.advance(60_000);
    await turn();
    const said = network.said.map((text) => Number.parseInt(text, 10));
    expect(said).toEqual(Array.from({ length: taken }, (_, index) => index + 1));
    network.socket.terminate();
    void client.close();
  });

  test("says why: queue-full beyond the bound, connection-closed at the end", async () => {
    const codes: string[] = [];
    const { client } = await away({ onUndelivered: (_, __, { code }) => void codes.push(code) });
    while (client.send(say("x".repeat(4000)))) expect(codes).toEqual([]);
    await client.close();
    client.send(say("late"));
    expect(codes).toEqual(["queue-full", "connection-closed", "connection-closed"]);
  });

  test("does not end where the program sends again what was given up", async () => {
    let calls = 0;
    const { client, clock } = await away({
      onUndelivered: (_, messages) => {
        calls += 1;
        for (const message of messages) client.send(message);
      },
    });
    while (client.send(say("x".repeat(4000)))) expect(calls).toBe(0);
    const before = calls;
    expect(before).toBeGreaterThan(0);
    clock.advance(1);
    expect(calls).toBeGreaterThan(before);
    void client.close();
  });

  test("refuses what is no message at once", async () => {
    const { client, told } = await away();
    for (const send of [{ type: "say", text: "" }, { type: "say" }, { type: "$ping" }, null]) {
      expect(() => client.send(send as unknown as ReturnType<typeof say>)).toThrow(TypewireError);
    }
    expect(told).toEqual([]);
    await client.close();
    expect(() => client.send({ type: "say", text: "" })).toThrow("schema-mismatch");
  });

  test("gives up what the next server does not take", async () => {
    const { client, clock, network, told } = await away();
    client.send(say("x".repeat(2000)));
    client.send(say("small"));
    network.maxFrameBytes = 1000;
    clock.advance(60_000);
    await turn();
    expect(told).toEqual([`<${"x".repeat(2000)}>`, "connected"]);
    expect(network.said).toEqual(["small"]);
    network.socket.terminate();
    void client.close();
  });

  test("does not count as room: `ready` waits for the connection", async () => {
    const { client, clock, network } = await away();
    let isReady = false;
    void client.ready().then(() => (isReady = true));
    client.send(say("one"));
    await turn();
    expect(isReady).toBe(false);
    clock.advance(60_000);
    await turn();
    expect(isReady).toBe(true);
    network.socket.terminate();
    void client.close();
  });

  test("with `drop` gives each message up at once", async () => {
    const { client, clock, network, told } = await away({ whileReconnecting: "drop" });
    expect(client.send(say("one"))).toBe(false);
    expect(told).toEqual(["<one>"]);
    clock.advance(60_000);
    await turn();
    expect(client.send(say("two"))).toBe(true);
    await turn();
    expect(network.said).toEqual(["two"]);
    network.socket.terminate();
    void client.close();
  });

  test("reports what waits when the client closes, before the status tells of the end", async () => {
    const { client, told } = await away();
    client.send(say("one"));
    client.send(say("two"));
    await client.close();
    expect(told).toEqual(["<one>", "<two>", "closed"]);
    expect(client.send(say("late"))).toBe(false);
    expect(told.at(-1)).toBe("<late>");
  });

  test("keeps what waits over connections that end before they take it", async () => {
    const { client, clock, network, told } = await away();
    client.send(say("one"));
    network.isUp = false;
    clock.advance(60_000);
    await turn();
    expect(client.state).toBe("reconnecting");
    network.isUp = true;
    clock.advance(60_000);
    await turn();
    expect(network.said).toEqual(["one"]);
    expect(told.filter((text) => text.startsWith("<"))).toEqual([]);
    network.socket.terminate();
    void client.close();
  });

  test("is not offered without reconnecting", async () => {
    const { client, network, told } = await away({ reconnect: false });
    expect(client.state).toBe("closed");
    expect(client.send(say("one"))).toBe(false);
    expect(told).toEqual(["<one>"]);
    network.socket.terminate();
  });

  test("is refused in another word", () => {
    const options = { whileReconnecting: "keep" } as unknown as ClientOptions<typeof saludo>;
    const host = hostOf(async () => {});
    expect(() => new LiveClient(saludo, [target], options, {}, host)).toThrow(
      'whileReconnecting: expected "queue" or "drop"',
    );
  });
});
