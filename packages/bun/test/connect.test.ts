import { describe, expect, test } from "bun:test";

import type { ClientOf, ClientStatus } from "@typewire/client";
import { systemClock } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock, within } from "@typewire/testkit";

import { connect, type ConnectOptions } from "../src/index.ts";
import {
  type AcceptedClient,
  hello,
  SaludoListener,
  welcome,
} from "@typewire/testkit/saludo-listener";
import { ignoredByClient } from "./support/ignored.ts";

type SaludoClient = ClientOf<typeof saludo>;
type Options = ConnectOptions<typeof saludo>;

/** Ends a client whose server is gone, so that nothing of it outlives the test. */
async function end(client: SaludoClient, clock?: FakeClock): Promise<void> {
  const closed = client.close();
  clock?.advance(60_000);
  await closed;
}

async function rejectionOf(promise: Promise<unknown>): Promise<TypewireError> {
  const error: unknown = await promise.then(
    () => new Error("It was resolved"),
    (reason: unknown) => reason,
  );
  if (error instanceof TypewireError) return error;
  throw error;
}

/** Statuses one by one, as a test awaits them. */
class Statuses {
  #waiting = Promise.withResolvers<ClientStatus>();
  readonly onStatus = (status: ClientStatus): void => {
    const { resolve } = this.#waiting;
    this.#waiting = Promise.withResolvers();
    resolve(status);
  };

  /** Ask before what brings it about. */
  next(): Promise<ClientStatus> {
    return within(this.#waiting.promise, () => "no change of state");
  }
}

describe("connect", () => {
  test("resolves when the server's first valid message comes, not when the socket opens", async () => {
    using server = new SaludoListener();
    let isConnected = false;
    const connecting = connect(saludo, { port: server.port }, ignoredByClient).then((client) => {
      isConnected = true;
      return client;
    });
    const accepted = await server.accept();
    expect(await accepted.next("$hello")).toMatchObject({ protocol: "saludo", version: 1 });
    expect(isConnected).toBe(false);
    await accepted.send(hello);
    const client = await connecting;
    expect(client.state).toBe("connected");
    expect(client.connection?.name).toBe(`127.0.0.1:${server.port}`);
    accepted.raw.shutdown();
    await end(client);
  });

  test("ends with the reason of `signal` while it dials, and closes the socket that it has", async () => {
    using server = new SaludoListener();
    const signal = AbortSignal.timeout(200);
    const options = { port: server.port, firstAttempt: "repeat", signal } as const;
    const connecting = connect(saludo, options).then(
      () => "connected",
      (error: unknown) => error,
    );
    const accepted = await server.accept();
    expect(await connecting).toBe(signal.reason);
    await accepted.raw.ended;
  });

  test("is content with a server that says no hello, as the tutorial's", async () => {
    using server = new SaludoListener();
    const received: string[] = [];
    const connecting = connect(
      saludo,
      { port: server.port },
      { welcome: ({ text }) => void received.push(text) },
    );
    const accepted = await server.accept(welcome, welcome);
    const client = await connecting;
    expect(received).toEqual(["Bienvenido al servidor!", "Bienvenido al servidor!"]);
    expect(client.connection?.peerHello).toBeUndefined();
    accepted.raw.shutdown();
    await end(client);
  });

  test("sends what it is given, and closes after all of it has left", async () => {
    using server = new SaludoListener();
    const connecting = connect(saludo, { port: server.port }, ignoredByClient);
    const accepted = await server.accept(hello);
    const client = await connecting;
    for (let index = 0; index < 1000; index += 1) client.send({ type: "say", text: `${index}` });
    const closed = client.close({ reason: "enough" });
    expect(await accepted.next("$bye")).toEqual({ type: "$bye", reason: "enough" });
    accepted.raw.shutdown();
    expect(await closed).toMatchObject({ code: "done", origin: "local" });
    expect(accepted.said).toHaveLength(1000);
    expect(client.state).toBe("closed");
    expect(client.send({ type: "say", text: "late" })).toBe(false);
    expect((await rejectionOf(client.ready())).code).toBe("connection-closed");
    expect(await client.close()).toBe(await client.closed);
  });

  test("names the address and the reason where no server listens", async () => {
    const port = new SaludoListener();
    port[Symbol.dispose]();
    const error = await rejectionOf(connect(saludo, { port: port.port }, ignoredByClient));
    expect(error.code).toBe("connect-failed");
    expect(error.message).toBe(
      `Cannot connect to 127.0.0.1:${port.port}: connection refused (ECONNREFUSED)`,
    );
  });

  test.each([
    [
      { hostname: "no-such-host.invalid", port: 1 },
      "no-such-host.invalid:1: the name has no address",
    ],
    [{ hostname: "::1", port: 1 }, "[::1]:1: "],
    [{ unix: "/no/such/socket" }, "unix:/no/such/socket: no such socket (ENOENT)"],
    [{ unix: "/dev/null" }, "unix:/dev/null: connection refused (ECONNREFUSED)"],
    [{ unix: `/${"x".repeat(120)}` }, `unix:/${"x".repeat(120)}: the path is too long (EINVAL)`],
  ])("names the address and the reason for %j", async (options, reason) => {
    const error = await rejectionOf(connect(saludo, options, ignoredByClient));
    expect(error).toMatchObject({ code: "connect-failed" });
    expect(error.message).toContain(`Cannot connect to ${reason}`);
  });

  test.each(["[::1]", "localhost:80", "http://x", "me@x", "a b", "x/", ""])(
    "takes no hostname %p",
    async (hostname) => {
      const error = await rejectionOf(connect(saludo, { port: 1, hostname }, ignoredByClient));
      expect(error).toMatchObject({ code: "option-invalid" });
      expect(error.message).toContain(
        "hostname: expected a host name or an address, without brackets, port and scheme, got",
      );
    },
  );

  test.each([
    [{ port: 0 }, "port: expected 1 to 65535, got 0"],
    [{}, "port: "],
    [{ unix: "/x", hostname: "h" }, "unix: expected no port and hostname beside it"],
    [{ port: 1, limits: { maxFrameBytes: 0 } }, "maxFrameBytes"],
    [{ port: 1, connectTimeoutMs: Number.NaN }, "connectTimeoutMs: expected milliseconds from 1"],
    [{ port: 1, connectTimeoutMs: 2 ** 31 }, "to 2147483647, got 2147483648"],
    [{ port: 1, connectTimeoutMs: Infinity }, "connectTimeoutMs: expected milliseconds from 1 to"],
    [{ port: 1, reconnect: { maxDelayMs: 0 } }, "maxDelayMs: expected milliseconds from 1 to"],
    [
      { port: 1, reconnect: { initialDelayMs: 1e13 } },
      "initialDelayMs: expected milliseconds from",
    ],
    [{ port: 1, reconnect: { maxDelayMs: Infinity } }, "maxDelayMs: expected milliseconds from 1"],
    [{ port: 1, reconnect: { factor: 0.9 } }, "factor: expected a number from 1, got 0.9"],
    [{ port: 1, reconnect: { factor: Number.NaN } }, "factor: expected a number from 1, got NaN"],
    [
      { port: 1, reconnect: { maxDelay: 1 } },
      "reconnect.maxDelay: no such option; expected maxDelayMs",
    ],
    [{ port: 1, timeout: 1 }, "timeout: no such option; expected connectTimeoutMs"],
    [{ port: 1, onStatsu() {} }, "onStatsu: no such option; expected onStatus"],
  ])("refuses the options %j", async (options, message) => {
    const error = await rejectionOf(connect(saludo, options as Options));
    expect(error.code).toBe("option-invalid");
    expect(error.message).toContain(message);
  });

  test("closes in order at the end of `await using`: what was sent arrives", async () => {
    using server = new SaludoListener();
    let accepted: AcceptedClient;
    {
      const connecting = connect(saludo, { port: server.port }, ignoredByClient);
      accepted = await server.accept(hello);
      await using client = await connecting;
      client.send({ type: "say", text: "last" });
      void accepted.next("$bye").then(() => accepted.raw.shutdown());
    }
    expect(accepted.said).toEqual(["last"]);
  });

  test("gives up after connectTimeoutMs on a server that accepts and says nothing", async () => {
    using server = new SaludoListener();
    const clock = new FakeClock();
    const connecting = rejectionOf(connect(saludo, { port: server.port, clock }, ignoredByClient));
    const accepted = await server.accept();
    await accepted.next("$hello");
    clock.advance(10_000);
    const error = await connecting;
    expect(error.code).toBe("connect-timeout");
    expect(error.message).toBe(`Cannot connect to 127.0.0.1:${server.port}: no answer in 10000 ms`);
    expect(await accepted.raw.ended).toBe("reset");
    expect(clock.pending).toBe(0);
  });

  test("resets a socket that opens after it has given up", async () => {
    using server = new SaludoListener();
    const clock = new FakeClock();
    const options = { port: server.port, clock, connectTimeoutMs: 5 };
    const connecting = rejectionOf(connect(saludo, options, ignoredByClient));
    // Before the event loop has had a turn, so the socket is not open yet.
    clock.advance(5);
    expect((await connecting).code).toBe("connect-timeout");
    const accepted = await server.accept();
    expect(await accepted.raw.ended).toBe("reset");
    expect(accepted.raw.receivedBytes).toBe(0);
  });

  test.each([
    ["hangs up", "connect-failed", [], "The peer closed the connection"],
    [
      "has no room",
      "too-many-connections",
      [{ type: "$error", code: "too-many-connections", message: "full" }],
      "full",
    ],
    ["speaks another version", "protocol-mismatch", [{ ...hello, version: 2 }], "saludo 2"],
  ] as const)("says why where the server %s", async (_what, code, messages, detail) => {
    using server = new SaludoListener();
    const connecting = rejectionOf(connect(saludo, { port: server.port }, ignoredByClient));
    const accepted = await server.accept(...messages);
    accepted.raw.shutdown();
    const error = await connecting;
    expect(error.code).toBe(code);
    expect(error.message).toStartWith(`Cannot connect to 127.0.0.1:${server.port}: `);
    expect(error.message).toContain(detail);
  });

  test("tells a server of something else what is wrong, and so its own caller", async () => {
    using server = new SaludoListener();
    const connecting = rejectionOf(connect(saludo, { port: server.port }, ignoredByClient));
    const accepted = await server.accept();
    await accepted.raw.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect(await accepted.next("$error")).toMatchObject({ code: "header-invalid" });
    accepted.raw.shutdown();
    const error = await connecting;
    expect(error.code).toBe("header-invalid");
    expect(error.message).toContain("HTTP");
  });

  test("refuses a handler for a message that the server does not send", async () => {
    // @ts-expect-error -- the compiler refuses it as well
    const error = await rejectionOf(connect(saludo, { port: 1 }, { say() {} }));
    expect(error.message).toContain("handlers.say: expected one of welcome, greeting, said");
  });
});

describe("Client", () => {
  /** A connected client whose time and chance the test owns. */
  async function connected(
    server: SaludoListener,
    options: Partial<Options> = {},
    handlers: Parameters<typeof connect<typeof saludo>>[2] = {},
  ) {
    const clock = new FakeClock();
    const statuses = new Statuses();
    const connecting = connect(
      saludo,
      { port: server.port, clock, random: () => 0.5, onStatus: statuses.onStatus, ...options },
      handlers,
    );
    const accepted = await server.accept(hello);
    return { client: await connecting, accepted, clock, statuses };
  }

  test("comes back after a jittered wait, and opens again", async () => {
    using server = new SaludoListener();
    const opened: string[] = [];
    const { client, accepted, clock, statuses } = await connected(server, {
      onOpen: ({ name }) => opened.push(name),
      onClose: (_, { code }) => void opened.push(code),
    });
    const lost = statuses.next();
    accepted.raw.reset();
    expect(await lost).toMatchObject({
      state: "reconnecting",
      reason: { code: "connection-reset" },
      delayMs: 250,
    });
    expect(client.state).toBe("reconnecting");
    expect(client.connection).toBeUndefined();
    expect(client.send({ type: "say", text: "meanwhile" })).toBe(true);

    const ready = client.ready();
    clock.advance(250);
    const again = await server.accept(hello);
    await ready;
    client.send({ type: "say", text: "back" });
    expect(await again.next("say")).toEqual({ type: "say", text: "meanwhile" });
    expect(await again.next("say")).toEqual({ type: "say", text: "back" });
    expect(opened).toEqual([
      `127.0.0.1:${server.port}`,
      "connection-reset",
      `127.0.0.1:${server.port}`,
    ]);
    again.raw.shutdown();
    await end(client, clock);
    expect(clock.pending).toBe(0);
  });

  test("waits longer with every failure, also of a server that answers and hangs up", async () => {
    using server = new SaludoListener();
    const { client, accepted, clock, statuses } = await connected(server);
    let current = accepted;
    const delays: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const lost = statuses.next();
      current.raw.reset();
      const status = await lost;
      if (status.state !== "reconnecting") throw new Error(`It is ${status.state}`);
      delays.push(status.delayMs);
      clock.advance(status.delayMs);
      const back = statuses.next();
      current = await server.accept(hello);
      await back;
    }
    expect(delays).toEqual([250, 400, 640, 1024]);

    // A connection that lived as long as the last wait could have been starts over.
    clock.pass(5000);
    const lost = statuses.next();
    current.raw.reset();
    expect(await lost).toMatchObject({ delayMs: 250 });
    await end(client, clock);
  });

  test("counts a failed attempt as one, with its reason", async () => {
    const server = new SaludoListener();
    const { client, accepted, clock, statuses } = await connected(server);
    const lost = statuses.next();
    server[Symbol.dispose]();
    accepted.raw.reset();
    await lost;
    const failed = statuses.next();
    clock.advance(250);
    expect(await failed).toMatchObject({
      state: "reconnecting",
      reason: { code: "connect-failed" },
      delayMs: 400,
    });
    await end(client, clock);
  });

  test("waits at least as long as the server asked for in $bye", async () => {
    using server = new SaludoListener();
    const { client, accepted, clock, statuses } = await connected(server);
    const lost = statuses.next();
    await accepted.send({ type: "$bye", reason: "restarting", retryAfterMs: 3000 });
    accepted.raw.shutdown();
    expect(await lost).toMatchObject({ reason: { code: "peer-closed" }, delayMs: 3250 });
    await end(client, clock);
  });

  test("does not come back after a final $bye, and says why", async () => {
    using server = new SaludoListener();
    const { client, accepted, clock, statuses } = await connected(server);
    const lost = statuses.next();
    await accepted.send({ type: "$bye", reason: "the token is revoked", final: true });
    accepted.raw.shutdown();
    const message = "The peer said goodbye for good: the token is revoked";
    expect(await lost).toMatchObject({ state: "closed", reason: { code: "peer-closed", message } });
    expect(client.state).toBe("closed");
    expect(clock.pending).toBe(0);
  });

  test("comes back after a $bye that says it is not final", async () => {
    using server = new SaludoListener();
    const { client, accepted, clock, statuses } = await connected(server);
    const lost = statuses.next();
    await accepted.send({ type: "$bye", reason: "later", final: false });
    accepted.raw.shutdown();
    expect(await lost).toMatchObject({ state: "reconnecting" });
    await end(client, clock);
  });

  test("does not come back to a server that has changed its protocol", async () => {
    using server = new SaludoListener();
    const { client, accepted, clock, statuses } = await connected(server);
    const lost = statuses.next();
    accepted.raw.reset();
    await lost;
    clock.advance(250);
    const changed = await server.accept({ ...hello, version: 2 });
    changed.raw.shutdown();
    expect(await client.closed).toMatchObject({ code: "protocol-mismatch" });
    expect(client.state).toBe("closed");
    expect(clock.pending).toBe(0);
  });

  test("stays away with reconnect: false", async () => {
    using server = new SaludoListener();
    const { client, accepted, clock, statuses } = await connected(server, { reconnect: false });
    const closed = statuses.next();
    accepted.raw.shutdown();
    expect(await closed).toMatchObject({ state: "closed", reason: { code: "peer-closed" } });
    expect((await client.closed).code).toBe("peer-closed");
    expect(clock.pending).toBe(0);
  });

  test("can be closed while it waits, and while it dials", async () => {
    using server = new SaludoListener();
    for (const isDialling of [false, true]) {
      const { client, accepted, clock, statuses } = await connected(server);
      const lost = statuses.next();
      accepted.raw.reset();
      await lost;
      if (isDialling) clock.advance(250);
      const ready = rejectionOf(client.ready());
      expect((await client.close()).code).toBe("done");
      expect((await ready).code).toBe("connection-closed");
      expect(clock.pending).toBe(0);
    }
  });

  test("lets the server feel a consumer that is slow", async () => {
    using server = new SaludoListener();
    const texts: string[] = [];
    const last = Promise.withResolvers<void>();
    const { client, accepted } = await connected(
      server,
      { clock: systemClock },
      {
        welcome({ text }) {
          texts.push(text);
          if (text === "last") last.resolve();
        },
      },
    );
    client.pause();
    // More than the kernel holds for a reader that does not read.
    const large = "x".repeat(1_000_000);
    const sending = accepted.send(
      ...Array.from({ length: 16 }, () => ({ type: "welcome", text: large }) as const),
      { type: "welcome", text: "last" },
    );
    const isStuck = await Promise.race([sending.then(() => false), turns(50).then(() => true)]);
    expect(isStuck).toBe(true);
    expect(texts.length).toBeLessThan(16);
    client.resume();
    await last.promise;
    expect(texts).toHaveLength(17);
    accepted.raw.shutdown();
    await end(client);
  });

  test("takes 64 MiB in one message with the limit raised", async () => {
    using server = new SaludoListener();
    const text = "64 MiB! ".repeat(8 * 1024 ** 2);
    const got = Promise.withResolvers<string>();
    const { client, accepted } = await connected(
      server,
      { clock: systemClock, limits: { maxFrameBytes: text.length + 1024 } },
      { welcome: (message) => got.resolve(message.text) },
    );
    expect(text.length).toBe(64 * 1024 ** 2);
    await accepted.send({ type: "welcome", text });
    expect((await got.promise) === text).toBe(true);
    accepted.raw.shutdown();
    await end(client);
  }, 20_000);
});

/** Lets the event loop turn, sockets included, so many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
