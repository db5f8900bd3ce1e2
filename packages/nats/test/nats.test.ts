// Servers on a real nats-server: what reaches the clients of the others, and what happens when it is killed, stopped,
// refuses, or is not there.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { connect, serve } from "@typewire/bun";
import type { BackplaneEvent, Gap } from "@typewire/backplane";
import { saludo } from "@typewire/protocol/saludo";
import { NatsServer, outsideTool, within } from "@typewire/testkit";

import { nats, type NatsOptions } from "../src/index.ts";

setDefaultTimeout(30_000);

/** Resolves when `is` holds, looking every 5 ms. */
async function until(what: string, is: () => boolean): Promise<void> {
  const look = async (): Promise<void> => {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await within(look(), () => `waiting for ${what}`, 15_000);
}

/** A server with one client that hears `room`, and what came of it. */
class Site implements AsyncDisposable {
  readonly events: BackplaneEvent[] = [];
  readonly gaps: Gap[] = [];
  readonly heard: string[] = [];
  /** What the client was told of holes. */
  readonly told: number[] = [];
  readonly server;
  #client: AsyncDisposable | undefined;

  constructor(options: NatsOptions) {
    this.server = serve(
      saludo,
      {
        port: 0,
        backplane: nats(options),
        onOpen: (connection) => connection.subscribe("room"),
        onGap: (gap) => void this.gaps.push(gap),
        onBackplane: (event) => void this.events.push(event),
      },
      { say() {} },
    );
  }

  async connect(): Promise<void> {
    this.#client = await connect(
      saludo,
      { port: this.server.port, onGap: ({ missed = 0 }) => void this.told.push(missed) },
      { welcome: ({ text }) => void this.heard.push(text), greeting() {}, said() {} },
    );
  }

  say(text: string): void {
    this.server.publish("room", { type: "welcome", text });
  }

  get stats() {
    const { backplane } = this.server.stats();
    if (backplane === undefined) throw new Error("This server has a backplane");
    return backplane;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
    this.server.stop();
  }
}

/** Two sites that know each other and each other's topic. */
async function sites(options: NatsOptions): Promise<readonly [Site, Site]> {
  const pair = [new Site(options), new Site(options)] as const;
  for (const site of pair) await site.connect();
  for (const { server } of pair) {
    await until("the others", () => server.subscribers("room").members === 2);
  }
  return pair;
}

const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(from + index));

describe.skipIf(outsideTool("nats-server") === undefined)("servers joined by nats()", () => {
  test("reach each other's clients in order, as one batch, and count each other", async () => {
    await using bus = await NatsServer.start();
    const [a, b] = await sites({ servers: bus.address });
    await using _a = a;
    await using _b = b;
    expect(a.server.countConnections()).toEqual({ connections: 2, servers: 2 });
    for (const text of numbers(0, 1000)) a.say(text);
    await until("all", () => b.heard.length === 1000);
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

  test("leave a NATS that has stopped, after two seconds, and come back when it goes on", async () => {
    await using bus = await NatsServer.start();
    const [a, b] = await sites({ servers: bus.address });
    await using _a = a;
    await using _b = b;
    bus.signal("SIGSTOP");
    a.say("0");
    await until("the end of the line", () => a.stats.state === "down");
    expect(a.events.at(-1)).toMatchObject({ why: "NATS has not answered for 2000 ms" });
    a.say("1");
    bus.signal("SIGCONT");
    await until("all", () => b.heard.length + b.stats.gapMessages === 2);
    expect(b.heard).toEqual(["0", "1"]);
  });

  test("go on alone where NATS refuses them, and say why, once", async () => {
    await using bus = await NatsServer.start(`authorization { token: "right" }`);
    await using refused = new Site({ servers: bus.address, token: "wrong" });
    await refused.connect();
    await until("the refusal", () => refused.events.length > 0);
    expect(refused.events).toEqual([
      {
        type: "failed",
        why: expect.stringMatching(/^AuthorizationError: .*Authorization Violation/i),
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

  test("try each of the addresses that they were given", async () => {
    await using gone = await NatsServer.start();
    await gone.kill();
    await using bus = await NatsServer.start();
    await using site = new Site({ servers: [gone.address, bus.address] });
    await until("a line", () => site.stats.state === "up");
  });
});

describe("nats", () => {
  test.each([
    [{}, "servers: expected an address, or an array of them, got null"],
    [{ servers: [] }, "servers: expected an address, or an array of them, got a list"],
    [{ servers: "http://x" }, "servers: expected an address, or an array of them, got a text"],
    [{ servers: "x", pass: "y" }, "pass: no such option; expected password"],
    [{ servers: "x", tls: { ca: 1 } }, "tls.ca: expected a text, got 1"],
  ])("refuses %j", (options, why) => {
    expect(() => nats(options as never)).toThrow(why);
  });
});
