// Servers on a real nats-server: what reaches the clients of the others, and what happens when it is killed, stopped,
// refuses, or is not there.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { nkeys } from "@nats-io/transport-node";
import { NatsServer, outsideTool } from "@typewire/testkit";

import { nats } from "../src/index.ts";
import { numbers, Site, sites, until } from "./support/site.ts";

setDefaultTimeout(30_000);

describe.skipIf(outsideTool("nats-server") === undefined)("servers joined by nats()", () => {
  test("reach each other's clients in order, as one batch, and count each other", async () => {
    await using bus = await NatsServer.start();
    const [a, b] = await sites({ servers: bus.address });
    await using _a = a;
    await using _b = b;
    expect(a.server.countConnections()).toEqual({ connections: 2, servers: 2 });
    for (const text of numbers(0, 1000)) a.say(text);
    await until("all", () => b.heard.length === 1000 && a.heard.length === 1000);
    expect(b.heard).toEqual(numbers(0, 1000));
    expect(a.heard).toEqual(numbers(0, 1000));
    expect(a.stats).toMatchObject({ batchesSent: 1, messagesSent: 1000, messagesDropped: 0 });
    expect(b.stats).toMatchObject({ batchesReceived: 1, messagesReceived: 1000, gaps: 0 });
  });

  test("serve their own while NATS is away, and lose nothing that is not told when it is back", async () => {
    await using bus = await NatsServer.start();
    const [a, b] = await sites({ servers: [bus.address] });
    await using _a = a;
    await using _b = b;
    let said = 0;
    const say = (count: number): void => {
      for (const text of numbers(said, count)) a.say(text);
      said += count;
    };
    say(100);
    await until("the first", () => b.heard.length === 100);
    say(100);
    await bus.kill();
    say(100);
    await until("the end of the line", () => a.stats.state === "down" && b.stats.state === "down");
    expect(a.events.at(-1)).toMatchObject({ type: "down" });
    say(100);
    await until("all at home", () => a.heard.length === said);
    await bus.start();
    const missed = (): number => b.stats.gapMessages;
    await until("all, or the news of it", () => b.heard.length + missed() === said);
    say(1);
    await until("the next", () => b.heard.at(-1) === String(said - 1));
    expect(b.heard.length + missed()).toBe(said);
    expect(b.heard.map(Number)).toEqual(b.heard.map(Number).toSorted((one, other) => one - other));
    expect(new Set(b.heard).size).toBe(b.heard.length);
    expect(b.told.reduce((sum, count) => sum + count, 0)).toBe(missed());
    expect(a.stats).toMatchObject({ state: "up", reconnects: 1, servers: 2 });
  });

  test("go on alone where NATS refuses them, and say why, once", async () => {
    await using bus = await NatsServer.start(`authorization { token: "right" }`);
    await using refused = new Site({ servers: bus.address, token: "wrong" });
    await refused.connect();
    await until("the refusal", () => refused.events.length > 0);
    expect(refused.events).toEqual([
      {
        type: "failed",
        why: expect.stringMatching(
          /^no line to NATS at .*: AuthorizationError: Authorization Violation/,
        ),
      },
    ]);
    refused.say("alone");
    await until("its own", () => refused.heard.length === 1);
    expect(refused.stats.state).toBe("failed");
    const [a] = await sites({ servers: bus.address, token: "right" });
    await using _a = a;
    expect(a.stats.state).toBe("up");
  });

  test("begin before NATS does, and join when it is there", async () => {
    await using bus = await NatsServer.start();
    await bus.kill();
    await using early = new Site({ servers: bus.address });
    await early.connect();
    await until("the news", () => early.events.length > 0);
    early.say("before");
    await bus.start();
    await until("the line", () => early.stats.state === "up");
    expect(early.events.map(({ type }) => type)).toEqual(["down", "up"]);
    expect(early.heard).toEqual(["before"]);
  });

  test("join on a NATS that takes little at once; what is larger is dropped, and told elsewhere", async () => {
    await using bus = await NatsServer.start("max_payload: 2048");
    const [a, b] = await sites({ servers: bus.address });
    await using _a = a;
    await using _b = b;
    const texts = numbers(0, 500).map((text) => text.padEnd(100));
    for (const text of texts.slice(0, 300)) a.say(text);
    a.say("x".repeat(4000));
    for (const text of texts.slice(300)) a.say(text);
    await until("all that fits", () => b.heard.length === 500 && a.heard.length === 501);
    expect(b.heard).toEqual(texts);
    expect(b.gaps).toMatchObject([{ topic: "room", from: 301, missed: 1 }]);
    expect(b.told).toEqual([1]);
    expect(a.stats).toMatchObject({ messagesSent: 500, messagesDropped: 1, reconnects: 0 });
  });

  test("are told each message of a topic that NATS does not let them hear, and once why", async () => {
    await using bus = await NatsServer.start("max_subscriptions: 2");
    await using a = new Site({ servers: bus.address });
    await using b = new Site({ servers: bus.address });
    for (const site of [a, b]) await site.connect();
    await until("the other", () => a.stats.servers === 2 && b.stats.servers === 2);
    await until("the other's client", () => a.server.subscribers("room").members === 2);
    for (const text of numbers(0, 10)) a.say(text);
    const told = (): number => b.told.reduce((sum, count) => sum + count, 0);
    await until("the gaps, and its own", () => told() === 10 && a.heard.length === 10);
    expect([b.stats.gapMessages, b.heard.length]).toEqual([10, 0]);
    expect(b.stats).toMatchObject({ state: "up", reconnects: 0 });
    for (const topic of ["one", "two", "three"])
      for (const connection of b.server.connections) connection.subscribe(topic);
    await until("NATS to have heard of them", () => a.server.subscribers("three").members === 1);
    expect(b.events.filter(({ type }) => type === "refused")).toEqual([
      { type: "refused", why: expect.stringMatching(/maximum subscriptions exceeded/i) },
    ]);
  });

  test("wait for a NATS that has no room for them, and join when it has", async () => {
    await using bus = await NatsServer.start("max_connections: 1");
    await using late = new Site({ servers: bus.address });
    {
      await using early = new Site({ servers: bus.address });
      await until("one of them", () => early.stats.state === "up" || late.stats.state === "up");
      await until("the other's refusal", () =>
        [early, late].some(({ events }) => events.some(({ type }) => type === "down")),
      );
    }
    await until("its turn", () => late.stats.state === "up");
    expect(late.events.filter(({ type }) => type === "failed")).toEqual([]);
  });

  test("go on alone on a NATS that takes less than they have to say, and say so", async () => {
    await using bus = await NatsServer.start("max_payload: 512\nmax_control_line: 512");
    await using site = new Site({ servers: bus.address });
    await site.connect();
    await until("the news", () => site.events.length > 0);
    expect(site.events).toEqual([
      { type: "failed", why: "the bus takes messages of 512 bytes, expected 1024 or more" },
    ]);
    site.say("alone");
    await until("its own", () => site.heard.length === 1);
  });

  test("try each of the addresses that they were given", async () => {
    await using gone = await NatsServer.start();
    await gone.kill();
    await using bus = await NatsServer.start();
    await using site = new Site({ servers: [gone.address, bus.address] });
    await until("a line", () => site.stats.state === "up");
  });
});

/** What answers at an address where NATS should be: to a line, and to what is said on it. */
const OTHER_SERVICES: readonly (readonly [
  string,
  { readonly greets?: string; readonly says?: string },
])[] = [
  ["says nothing", {}],
  ["speaks HTTP", { says: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" }],
  ["speaks as Redis does", { says: "-ERR unknown command\r\n" }],
  ["speaks SSH", { greets: "SSH-2.0-OpenSSH_9.2p1\r\n" }],
  ["speaks SMTP", { greets: "220 mail ESMTP\r\n", says: "500 what\r\n" }],
  ["begins as NATS does, with what is no JSON", { greets: "INFO {nonsense\r\n" }],
  [
    "begins as NATS does, and goes on with nothing",
    { greets: 'INFO {"version":"2.9.0","proto":1}\r\n' },
  ],
];

describe("servers joined by nats() at an address where another service", () => {
  test.each([
    ["bytes", new Uint8Array(64 * 1024).fill(0x78)],
    ["one line of NATS's", Buffer.from("INFO ".padEnd(64 * 1024, "x"))],
  ])(
    "says %s without end take no more than a little of it, and serve their own",
    async (_, bytes) => {
      let taken = 0;
      const pour = (socket: Bun.Socket): void => {
        for (let wrote = bytes.length; wrote === bytes.length; taken += wrote) {
          wrote = Math.max(0, socket.write(bytes));
        }
      };
      const other = Bun.listen({
        hostname: "127.0.0.1",
        port: 0,
        socket: { open: pour, drain: pour, data() {} },
      });
      try {
        await using site = new Site({ servers: `127.0.0.1:${other.port}` });
        await site.connect();
        await until("the news", () => site.events.length > 0);
        expect(site.events).toMatchObject([
          { type: "down", why: expect.stringContaining("another service answers: NATS says INFO") },
        ]);
        // What the kernels of both ends hold, for a dial or two.
        expect(taken).toBeLessThan(64 * 1024 * 1024);
        site.say("alone");
        await until("its own", () => site.heard.length === 1);
      } finally {
        other.stop(true);
      }
    },
  );

  test.each(OTHER_SERVICES)(
    "%s are alone, say why and where, and serve their own",
    async (_, service) => {
      let dials = 0;
      const other = Bun.listen({
        hostname: "127.0.0.1",
        port: 0,
        socket: {
          open(socket) {
            dials += 1;
            if (service.greets !== undefined) socket.write(service.greets);
          },
          data(socket) {
            if (service.says !== undefined) socket.write(service.says);
          },
        },
      });
      try {
        const address = `127.0.0.1:${other.port}`;
        await using site = new Site({ servers: address });
        await site.connect();
        await until("the news", () => site.events.length > 0);
        expect(site.events).toEqual([
          { type: "down", why: expect.stringContaining(`no line to NATS at ${address}: `) },
        ]);
        site.say("alone");
        await until("its own", () => site.heard.length === 1);
        await until("another attempt", () => dials > 1);
        expect(site.stats.state).toBe("down");
      } finally {
        other.stop(true);
      }
    },
  );
});

const SEED = new TextDecoder().decode(nkeys.createUser().getSeed());
const CREDENTIALS = [
  "-----BEGIN NATS USER JWT-----",
  "eyJ0eXAiOiJKV1QifQ.e30.sig",
  "------END NATS USER JWT------",
  "",
  "-----BEGIN USER NKEY SEED-----",
  SEED,
  "------END USER NKEY SEED------",
  "",
].join("\n");

const AN_ADDRESS =
  "an address, HOST:PORT or nats://HOST:PORT (a name and a password are options), or an array of them";

const NO_ADDRESSES = [
  "http://x",
  "nats://me:secret@x:4222",
  "token@x",
  "nats://",
  "x:0",
  "x:65536",
  "x:99999",
  "x:-1",
  "x:y",
  "x:1:2",
  "::1",
  "[::1",
  "x/y",
  "x?y",
  "x#y",
  "x,y z",
  "x\0",
  "",
];

describe("nats", () => {
  test.each(["x", "x:1", "nats://x:65535", "[::1]", "nats://[::1]:4222", "127.0.0.1"])(
    "takes %p",
    (servers) => {
      expect(() => nats({ servers })).not.toThrow();
      expect(() => nats({ servers: [servers, "y"] })).not.toThrow();
    },
  );

  test("takes credentials that can be read, and tls:// beside tls", () => {
    expect(() => nats({ servers: "x", credentials: CREDENTIALS })).not.toThrow();
    expect(() => nats({ servers: "tls://x", tls: true })).not.toThrow();
  });

  test.each<[object, string]>([
    [{}, `servers: expected ${AN_ADDRESS}, got null`],
    [{ servers: [] }, `servers: expected ${AN_ADDRESS}, got a list`],
    ...NO_ADDRESSES.map((servers): [object, string] => [
      { servers },
      `servers: expected ${AN_ADDRESS}, got`,
    ]),
    [{ servers: ["x", "x:y"] }, `servers: expected ${AN_ADDRESS}, got a list`],
    [{ servers: "x", user: "y" }, "user: expected `password` beside it"],
    [{ servers: "x", password: "y" }, "password: expected `user` beside it"],
    [{ servers: "x", user: "y", password: "z", token: "t" }, "token: expected no `user` beside it"],
    [
      { servers: "x", token: "t", credentials: CREDENTIALS },
      "credentials: expected no `token` beside it",
    ],
    [
      { servers: "x", credentials: "nonsense" },
      "credentials: expected what stands in a file .creds",
    ],
    [{ servers: "x", credentials: "" }, "credentials: expected what stands in a file .creds"],
    [
      { servers: "x", credentials: CREDENTIALS.replace(SEED, "SUNONSENSE") },
      "credentials: expected what stands in a file .creds",
    ],
    [{ servers: ["x", "tls://x"] }, "servers: expected `tls` beside an address tls://…"],
    [{ servers: "x", pass: "y" }, "pass: no such option; expected password"],
    [{ servers: "x", tls: { ca: 1 } }, "tls.ca: expected a text, got 1"],
  ])("refuses %j", (options, why) => {
    expect(() => nats(options as never)).toThrow(why);
  });
});
