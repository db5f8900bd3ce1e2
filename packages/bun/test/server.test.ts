import { describe, expect, spyOn, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";

import { Type } from "@sinclair/typebox";
import { internalLimits } from "@typewire/connection/internal";
import { defineProtocol, TypewireError } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";
import type { ServerConnection, ServerOf } from "@typewire/server";
import { ScriptedPeer } from "@typewire/testkit";

import { serve, type ServeOptions } from "../src/index.ts";
import { SaludoPeer } from "@typewire/testkit/saludo-peer";
import { ignoredByServer } from "./support/ignored.ts";

const welcome = { type: "welcome", text: "hola" } as const;
const anyPort = { port: 0, limits: internalLimits({ lingerMs: 20 }) };

/** Peers that the server has welcomed, in the order of their connections. */
async function welcomed(
  server: ServerOf<typeof saludo, undefined, number>,
  count: number,
): Promise<SaludoPeer[]> {
  const peers: SaludoPeer[] = [];
  for (let index = 0; index < count; index += 1) {
    const peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("welcome");
    peers.push(peer);
  }
  return peers;
}

const welcoming = (connection: ServerConnection<typeof saludo>) => connection.send(welcome);

/** Serves what most tests need: a welcome. */
function serveWelcome<Port extends number | undefined = number>(
  options?: ServeOptions<typeof saludo, undefined, Port>,
): ServerOf<typeof saludo, undefined, Port extends number ? number : undefined>;
function serveWelcome(options: ServeOptions<typeof saludo> = anyPort) {
  return serve(saludo, { onOpen: welcoming, ...options }, ignoredByServer);
}

function errorOf(action: () => unknown): TypewireError {
  try {
    action();
  } catch (error) {
    if (error instanceof TypewireError) return error;
  }
  throw new Error("No TypewireError was thrown");
}

describe("serve", () => {
  test("says $hello and hands validated messages to the handlers, with their connection", async () => {
    const said = Promise.withResolvers<string>();
    await using server = serve(saludo, anyPort, {
      say: ({ text }, { name }) => said.resolve(`${name} ${text}`),
    });
    using peer = await SaludoPeer.connect({ port: server.port });
    expect(await peer.next("$hello")).toMatchObject({ protocol: "saludo", version: 1 });
    await peer.say("hola");
    expect(await said.promise).toMatch(/^127\.0\.0\.1:\d+ hola$/);
    expect(server.address).toBe(`127.0.0.1:${server.port}`);
    expect(server.connections.size).toBe(1);
  });

  test("counts a connection out once it has ended", async () => {
    const closed = Promise.withResolvers<string>();
    await using server = serve(saludo, {
      ...anyPort,
      onClose: (_, { code }) => closed.resolve(code),
    });
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("$hello");
    peer.raw.shutdown();
    expect(await closed.promise).toBe("peer-closed");
    expect(server.connections.size).toBe(0);
  });

  test("ends the connection whose handler throws, and tells the owner why", async () => {
    const failures: unknown[] = [];
    await using server = serve(
      saludo,
      {
        ...anyPort,
        onOpen: welcoming,
        onHandlerError: (_, name, error) => void failures.push(name, error),
      },
      {
        say({ text }) {
          if (text === "bad") throw new RangeError("secret");
        },
      },
    );
    const [offender, other] = await welcomed(server, 2);
    await offender?.say("bad");
    const error = await offender?.next("$error");
    expect(error).toMatchObject({ code: "internal" });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(failures).toEqual(["say", new RangeError("secret")]);
    await other?.say("good");
    server.broadcast(welcome);
    expect(await other?.next("welcome")).toEqual(welcome);
  });

  test("listens on a Unix socket and removes its file at the end", async () => {
    const unix = join(tmpdir(), `typewire-${process.pid}.sock`);
    const server = serveWelcome({ unix });
    expect(server).toMatchObject({ address: `unix:${unix}`, port: undefined, hostname: undefined });
    using peer = await SaludoPeer.connect({ unix });
    expect(await peer.next("welcome")).toEqual(welcome);
    expect([...server.connections].map(({ name }) => name)).toEqual(["unix:1"]);
    server.stop();
    expect(await Bun.file(unix).exists()).toBe(false);
  });

  test("refuses an address in use with the address and the reason", async () => {
    await using server = serveWelcome();
    const error = errorOf(() => serveWelcome({ port: server.port }));
    expect(error.code).toBe("listen-failed");
    expect(error.message).toBe(
      `Cannot listen on 127.0.0.1:${server.port}: the address is in use (EADDRINUSE)`,
    );
  });

  test.each([
    [{ port: 0, hostname: "192.0.2.1" }, "192.0.2.1:0: this machine has no such address"],
    [{ unix: "/no/such/folder/x" }, "unix:/no/such/folder/x: the folder does not exist"],
    [{ unix: "/etc/hostname/x" }, "unix:/etc/hostname/x: what should be its folder is none"],
    [{ unix: "/etc" }, "unix:/etc: there is such a file already"],
    [{ unix: "/dev/null" }, "unix:/dev/null: there is such a file already"],
    [{ unix: `/tmp/${"é".repeat(60)}` }, "é: the path is too long"],
  ])("refuses to listen on %j", (options, reason) => {
    const error = errorOf(() => serveWelcome(options));
    expect(error.code).toBe("listen-failed");
    expect(error.message).toContain(reason);
  });

  test.each([
    [{ port: 65_536 }, "port: expected 0 to 65535, got 65536"],
    [{ port: 1.5 }, "port: "],
    [{ port: "8080" as unknown as number }, "port: expected 0 to 65535, got a text"],
    [
      { port: 0, maxConnections: "5" as unknown as number },
      "maxConnections: expected a positive integer, got a text",
    ],
    [
      { port: 0, limits: { maxItems: "5" as unknown as number } },
      "maxItems: expected a whole number from 1 to 100000000, got a text",
    ],
    [{}, "port: expected 0 to 65535, got undefined"],
    [{ port: 1, unix: "/x" }, "unix: expected no port and hostname beside it"],
    [{ port: 0, maxConnections: 0 }, "maxConnections: expected a positive integer, got 0"],
    [{ port: 0, limits: { maxItems: -1 } }, "maxItems: expected a whole number from 1 to"],
    [{ port: 0, limits: { lingerMs: 5 } as object }, "lingerMs: a constant, 2000; the limits that"],
    [
      { port: 0, limits: { maxFrame: 5 } as object },
      "maxFrame: no such limit; expected maxFrameBytes",
    ],
    [{ port: 0, maxItems: 5 }, "maxItems: no such option; it is one of `limits`"],
    [{ port: 0, say() {} }, "say: no such option; handlers are an argument of their own"],
    [{ port: 0, maxConections: 5 }, "maxConections: no such option; expected maxConnections"],
    [{ prot: 0 }, "prot: no such option; expected port"],
    [{ port: 0, onerror() {} }, "onerror: no such option; expected one of port, hostname, unix, "],
  ])("refuses the options %j", (options, message) => {
    const error = errorOf(() => serveWelcome(options as typeof anyPort));
    expect(error.code).toBe("option-invalid");
    expect(error.message).toContain(message);
  });

  test.each([[undefined], [{ port: 0 }], [{ name: "desk", version: 1, server: {}, client: {} }]])(
    "says that the protocol is missing, before it looks at the options: %j",
    (given) => {
      const [protocol, options] = [given, { port: 0, context() {} }] as unknown as [
        typeof saludo,
        typeof anyPort,
      ];
      const error = errorOf(() => serve(protocol, options));
      expect(error.code).toBe("option-invalid");
      expect(error.message).toContain("protocol: expected what defineProtocol returns, got");
      expect(errorOf(() => serve(protocol, undefined as never)).message).toBe(error.message);
    },
  );

  test("needs no handlers", async () => {
    await using server = serve(saludo, anyPort);
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("$hello");
    await peer.say("hola");
    expect(server.broadcast(welcome)).toBe(1);
    expect(await peer.next("welcome")).toEqual(welcome);
  });

  test("drains at the end of `await using`: what was sent arrives, then $bye", async () => {
    let peer: SaludoPeer;
    {
      await using server = serveWelcome();
      peer = await SaludoPeer.connect({ port: server.port });
      await peer.next("welcome");
      server.broadcast({ ...welcome, text: "last" });
    }
    expect(await peer.next("$bye")).toMatchObject({ reason: "The server is shutting down" });
    expect(peer.received.at(-1)).toMatchObject({ text: "last" });
    peer[Symbol.dispose]();
  });

  test("refuses a handler for a message that clients do not send", () => {
    // @ts-expect-error -- the compiler refuses it as well
    const error = errorOf(() => serve(saludo, anyPort, { greeting() {} }));
    expect(error.message).toContain("handlers.greeting: expected say");
  });
});

describe("Server.broadcast", () => {
  test("reaches everybody but the one left out", async () => {
    await using server = serveWelcome();
    const peers = await welcomed(server, 3);
    const [except] = server.connections;
    if (except === undefined) throw new Error("No client is connected");
    expect(server.broadcast({ type: "welcome", text: "others" }, { except })).toBe(2);
    expect(server.broadcast({ type: "welcome", text: "all" })).toBe(3);
    const texts = await Promise.all(peers.map(async (peer) => (await peer.next("welcome")).text));
    expect(texts).toEqual(["all", "others", "others"]);
  });

  test("encodes a message once for all", async () => {
    await using server = serveWelcome();
    const peers = await welcomed(server, 3);
    using encode = spyOn(saludo.server, "encodeFrame");
    expect(server.broadcast(welcome)).toBe(3);
    await Promise.all(peers.map((peer) => peer.next("welcome")));
    expect(encode).toHaveBeenCalledTimes(1);
  });

  test("throws for a message that is not the server's, and no client gets it", async () => {
    await using server = serveWelcome();
    const [peer] = await welcomed(server, 1);
    // @ts-expect-error -- the compiler refuses it as well
    const error = errorOf(() => server.broadcast({ type: "welcome", text: 7 }));
    expect(error.message).toContain("/text");
    server.broadcast({ type: "welcome", text: "next" });
    expect(await peer?.next("welcome")).toEqual({ type: "welcome", text: "next" });
  });

  test("leaves out a client whose frame limit is below the message", async () => {
    const greeted = Promise.withResolvers<void>();
    await using server = serve(saludo, anyPort, { say: () => greeted.resolve() });
    using small = await SaludoPeer.connect({ port: server.port });
    using large = await SaludoPeer.connect({ port: server.port });
    const writer = new ByteWriter();
    saludo.client.encodeInto(
      { type: "$hello", protocol: "saludo", version: 1, maxFrameBytes: 64 },
      writer,
    );
    await small.raw.send(writer.copy());
    await small.say("x");
    await large.next("$hello");
    await greeted.promise;
    expect(server.broadcast({ type: "welcome", text: "x".repeat(100) })).toBe(1);
    expect((await large.next("welcome")).text).toHaveLength(100);
    expect(small.received).toEqual([]);
  });
});

describe("Observer.onUndelivered", () => {
  test("is told what had not left when a connection was cut, in order, before its onClose", async () => {
    const opened = Promise.withResolvers<void>();
    const told: string[] = [];
    const text = "x".repeat(100_000);
    await using server = serve(saludo, {
      ...anyPort,
      onOpen: () => opened.resolve(),
      onClose: () => void told.push("closed"),
      onUndelivered: (_, messages) => {
        for (const message of messages) if ("text" in message) told.push(message.text.slice(0, 3));
      },
    });
    using peer = await SaludoPeer.connect({ port: server.port });
    await opened.promise;
    peer.raw.pause();
    const [connection] = server.connections;
    let sent = 0;
    // More than the kernel takes.
    while ((connection?.queuedBytes ?? 0) < 1_000_000) {
      connection?.send({ type: "welcome", text: `${sent}`.padStart(3, "0") + text });
      sent += 1;
    }
    connection?.destroy();
    await connection?.closed;
    await Promise.resolve();
    expect(told.pop()).toBe("closed");
    expect(told.length).toBeGreaterThan(8);
    const first = sent - told.length;
    expect(told).toEqual(Array.from(told, (_unused, index) => `${first + index}`.padStart(3, "0")));
    expect(server.stats().messagesUndelivered).toBe(told.length);
  });
});

describe("Server.maxConnections", () => {
  test("turns away one over with $error, and takes the next when a place is free", async () => {
    const turnedAway: string[] = [];
    await using server = serve(saludo, {
      ...anyPort,
      maxConnections: 2,
      onOpen: welcoming,
      onTurnedAway: (name) => void turnedAway.push(name),
    });
    const [first] = await welcomed(server, 2);
    using third = await SaludoPeer.connect({ port: server.port });
    expect(await third.next("$error")).toEqual({
      type: "$error",
      code: "too-many-connections",
      message: "The server is full: its limit of connections is 2",
    });
    expect(await third.raw.ended).toBe("end");
    expect(turnedAway).toHaveLength(1);
    expect(server.connections.size).toBe(2);
    first?.raw.shutdown();
    await first?.raw.ended;
    await welcomed(server, 1);
  });

  test("lets go of a refused peer that never ends", async () => {
    await using server = serveWelcome({ ...anyPort, maxConnections: 1 });
    await welcomed(server, 1);
    const refused = await Promise.all(
      Array.from({ length: 100 }, () => ScriptedPeer.connect({ port: server.port })),
    );
    // All but the last 64 make room and are reset; those are when lingerMs are over.
    const ends = await Promise.all(refused.map((peer) => peer.ended));
    expect(ends).toHaveLength(100);
    const told = refused.filter((peer) => peer.payloads.length === 1);
    expect(told.length).toBeGreaterThanOrEqual(64);
  });

  test("tells the last one why, however many are being refused", async () => {
    await using server = serveWelcome({ ...anyPort, maxConnections: 1 });
    await welcomed(server, 1);
    const { port } = server;
    const refused = await Promise.all(
      Array.from({ length: 200 }, () => ScriptedPeer.connect({ port })),
    );
    using last = await SaludoPeer.connect({ port });
    expect(await last.next("$error")).toMatchObject({ code: "too-many-connections" });
    for (const peer of refused) peer.reset();
  });
});

describe("Server.drain", () => {
  test("says $bye to everybody, accepts no more and resolves when all have left", async () => {
    const server = serveWelcome();
    const { port } = server;
    const peers = await welcomed(server, 2);
    const drained = server.drain({ reason: "new version", retryAfterMs: 500 });
    const byes = await Promise.all(peers.map((peer) => peer.next("$bye")));
    expect(byes).toEqual([
      { type: "$bye", reason: "new version", retryAfterMs: 500 },
      { type: "$bye", reason: "new version", retryAfterMs: 500 },
    ]);
    const refusal: unknown = await ScriptedPeer.connect({ port }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "ECONNREFUSED" });
    for (const peer of peers) peer.raw.shutdown();
    expect(await drained).toEqual({ cut: 0, messagesUndelivered: 0 });
    serveWelcome({ port }).stop();
  });

  test("delivers what was queued before it", async () => {
    const server = serveWelcome();
    const [peer] = await welcomed(server, 1);
    for (let index = 0; index < 1000; index += 1) {
      server.broadcast({ type: "welcome", text: `${index}` });
    }
    const drained = server.drain();
    await peer?.next("$bye");
    peer?.raw.shutdown();
    await drained;
    expect(peer?.received).toHaveLength(1001);
    expect(peer?.received.at(-1)).toEqual({ type: "welcome", text: "999" });
  });

  test("lets handlers under way answer before $bye, and hands over nothing more", async () => {
    const answer = Promise.withResolvers<void>();
    const asked: string[] = [];
    const server = serve(saludo, anyPort, {
      async say({ text }, connection) {
        asked.push(text);
        await answer.promise;
        connection.send({ type: "welcome", text: `to ${text}` });
      },
    });
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.say("first");
    while (asked.length === 0) await Bun.sleep(1);
    const drained = server.drain();
    await peer.say("second");
    await Bun.sleep(20);
    expect(peer.received).toEqual([]);
    answer.resolve();
    await peer.next("$bye");
    expect(peer.received).toEqual([{ type: "welcome", text: "to first" }]);
    expect(asked).toEqual(["first"]);
    peer.raw.shutdown();
    expect(await drained).toEqual({ cut: 0, messagesUndelivered: 0 });
  });

  test("cuts a handler that does not end in time", async () => {
    const asked = Promise.withResolvers<void>();
    const server = serve(saludo, anyPort, {
      say() {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.say("hola");
    await asked.promise;
    expect(await server.drain({ timeoutMs: 50 })).toMatchObject({ cut: 1 });
    expect(server.stats().closedByReason).toEqual({ "shutting-down": 1 });
  });

  test("cuts connections that have not taken their queue in time, and says how many", async () => {
    const server = serveWelcome({ port: 0, limits: { maxFrameBytes: 32 * 1024 ** 2 } });
    const [deaf] = await welcomed(server, 2);
    deaf?.raw.pause();
    server.broadcast({ type: "welcome", text: "x".repeat(32 * 1024 ** 2 - 100) });
    const { cut, messagesUndelivered } = await server.drain({ timeoutMs: 50 });
    expect(cut).toBeGreaterThanOrEqual(1);
    expect(messagesUndelivered).toBeGreaterThanOrEqual(1);
    expect(server.stats()).toMatchObject({ connections: 0, messagesUndelivered });
    expect(server.connections.size).toBe(0);
    deaf?.raw.reset();
  });

  test.each([
    [
      { timeoutMs: Infinity },
      "timeoutMs: expected milliseconds from 0 to 2147483647, got Infinity",
    ],
    [{ timeoutMs: 2 ** 31 }, "timeoutMs: expected milliseconds"],
    [{ timeoutMs: Number.NaN }, "timeoutMs: expected milliseconds"],
    [{ timeoutMs: -1 }, "timeoutMs: expected milliseconds"],
    [{ retryAfterMs: 1e13 }, "retryAfterMs: expected whole milliseconds"],
    [{ spreadMs: -1 }, "spreadMs: expected milliseconds"],
    [{ spreadMs: "10s" as never }, "spreadMs: expected milliseconds"],
    [
      { retryAfterMs: 0.5 },
      "retryAfterMs: expected whole milliseconds from 0 to 2147483647, got 0.5",
    ],
  ])("refuses %j, and goes on serving", async (options, message) => {
    await using server = serveWelcome();
    const [peer] = await welcomed(server, 1);
    const error: unknown = await server.drain(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "option-invalid" });
    expect((error as TypewireError).message).toContain(message);
    expect(server.isListening).toBe(true);
    expect([...server.connections].map(({ state }) => state)).toEqual(["open"]);
    peer?.raw.shutdown();
  });

  test("waits for connections that are still there, for as long as a timer can", async () => {
    const server = serveWelcome();
    const [peer] = await welcomed(server, 1);
    const drained = server.drain({ timeoutMs: 2 ** 31 - 1 });
    await peer?.next("$bye");
    await Bun.sleep(20);
    expect(server.connections.size).toBe(1);
    peer?.raw.shutdown();
    expect(await drained).toMatchObject({ cut: 0 });
  });

  test("may be called twice, and after stop", async () => {
    const server = serveWelcome();
    const [peer] = await welcomed(server, 1);
    const drained = [server.drain(), server.drain()];
    peer?.raw.shutdown();
    const nothingLost = { cut: 0, messagesUndelivered: 0 };
    expect(await Promise.all(drained)).toEqual([nothingLost, nothingLost]);
    server.stop();
    expect(await server.drain()).toEqual(nothingLost);
  });
});

describe("maxConnectionsPerAddress", () => {
  test("turns one more of an address away, and has room again when one has left", async () => {
    const turnedAway: string[] = [];
    const closed = Promise.withResolvers<void>();
    await using server = serve(saludo, {
      ...anyPort,
      maxConnectionsPerAddress: 2,
      onOpen: welcoming,
      onClose: () => closed.resolve(),
      onTurnedAway: (_, limit) => void turnedAway.push(limit),
    });
    const [first] = await welcomed(server, 2);
    using over = await SaludoPeer.connect({ port: server.port });
    expect(await over.next("$error")).toMatchObject({
      code: "too-many-connections",
      message: "The server is full: its limit of connections from one address is 2",
    });
    expect(turnedAway).toEqual(["maxConnectionsPerAddress"]);
    expect(server.stats()).toMatchObject({ connections: 2, accepted: 2, turnedAway: 1 });

    first?.raw.shutdown();
    await closed.promise;
    await welcomed(server, 1);
  });

  test.each([0, 1.5, Number.NaN])("refuses %p", (maxConnectionsPerAddress) => {
    const error = errorOf(() => serveWelcome({ ...anyPort, maxConnectionsPerAddress }));
    expect(error).toMatchObject({ code: "option-invalid" });
    expect(error.message).toContain("maxConnectionsPerAddress: expected a positive integer");
  });
});

describe("Server.stats", () => {
  test("counts connections, their ends, messages and bytes", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = serve(saludo, {
      ...anyPort,
      onOpen: welcoming,
      onClose: () => closed.resolve(),
    });
    const [one, other] = await welcomed(server, 2);
    await one?.say("hola");
    one?.raw.shutdown();
    await closed.promise;
    expect(server.stats()).toEqual({
      connections: 1,
      accepted: 2,
      turnedAway: 0,
      messagesDropped: 0,
      closedByReason: { "peer-closed": 1 },
      messagesReceived: 1,
      messagesRefused: 0,
      messagesUnknown: 0,
      messagesRefusedByPeer: 0,
      messagesSent: 2,
      messagesUndelivered: 0,
      messagesUnhandled: 0,
      bytesReceived: expect.any(Number),
      bytesSent: expect.any(Number),
      bufferedBytes: 0,
      callsInFlight: 0,
      callsAnswered: 0,
      callsFailedByCode: {},
    });
    other?.raw.shutdown();
  });
});

describe("a Unix socket", () => {
  test("is its owner's alone whatever the umask, which stays as it was", async () => {
    const unix = join(tmpdir(), `typewire-mode-${process.pid}.sock`);
    const before = process.umask(0);
    try {
      await using server = serveWelcome({ unix });
      expect(server.isListening).toBe(true);
      expect(statSync(unix).mode & 0o777).toBe(0o600);
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
  });
});

describe("Server.stop", () => {
  test("resets every connection and frees the port at once", async () => {
    const server = serveWelcome();
    const { port } = server;
    const [peer] = await welcomed(server, 1);
    server.stop();
    expect(await peer?.raw.ended).toBe("reset");
    expect(server.connections.size).toBe(0);
    serveWelcome({ port }).stop();
  });
});

describe("a large message", () => {
  const parcel = defineProtocol({
    name: "parcel",
    version: 1,
    server: { copy: Type.Object({ bytes: Type.Uint8Array() }) },
    client: { parcel: Type.Object({ bytes: Type.Uint8Array() }) },
  });

  test("of 64 MiB comes in and goes out with the limit raised", async () => {
    const bytes = new Uint8Array(64 * 1024 ** 2);
    for (let index = 0; index < bytes.length; index += 4096) bytes[index] = index >>> 12;
    await using server = serve(
      parcel,
      { ...anyPort, limits: { maxFrameBytes: bytes.length + 1024 } },
      { parcel: (message, connection) => void connection.send({ ...message, type: "copy" }) },
    );
    using peer = await ScriptedPeer.connect({ port: server.port });
    await peer.next();
    await peer.send(parcel.client.encodeFrame({ type: "parcel", bytes }));
    const copy = parcel.server.decode(await peer.next());
    expect(Bun.hash(copy.bytes)).toBe(Bun.hash(bytes));
  }, 20_000);
});
