// What docs/api.md says of handlers of calls beside handlers of messages, over real sockets.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";
import { within } from "@typewire/testkit";

import { connect, serve, type ServeOptions } from "../src/index.ts";

const desk = defineProtocol({
  name: "desk",
  version: 1,
  server: { heard: Type.Object({ number: Type.Integer() }) },
  client: { tell: Type.Object({ number: Type.Integer() }) },
  calls: { ask: { input: Type.Integer(), output: Type.Integer() } },
});

function open(options: Partial<ServeOptions<typeof desk, undefined, 0>> = {}) {
  const begun: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const server = serve(
    desk,
    { port: 0, ...options },
    {
      async tell({ number }, connection) {
        begun.push(`tell ${number}`);
        await waiting.promise;
        connection.send({ type: "heard", number });
      },
      ask(number) {
        begun.push(`ask ${number}`);
        return number;
      },
    },
  );
  return { server, begun, release: () => waiting.resolve() };
}

describe("a handler of a call", () => {
  test.each(["concurrent", "sequential"] as const)(
    "waits for no handler of a message with the order %s, and begins in the order of arrival",
    async (order) => {
      const { server, begun, release } = open({ order });
      await using _ = server;
      const heard: number[] = [];
      await using client = await connect(
        desk,
        { port: server.port },
        { heard: ({ number }) => void heard.push(number) },
      );
      client.send({ type: "tell", number: 1 });
      const first = client.call.ask(2);
      client.send({ type: "tell", number: 3 });
      const second = client.call.ask(4);
      const answers = within(Promise.all([first, second]), () => "the calls waited");
      expect(await answers).toEqual([2, 4]);
      const all = ["tell 1", "ask 2", "tell 3", "ask 4"];
      // With sequential, the second message waits for the first.
      expect(begun).toEqual(order === "concurrent" ? all : all.filter((one) => one !== "tell 3"));
      release();
      while (heard.length < 2) await Bun.sleep(1);
      expect(heard).toEqual([1, 3]);
    },
  );

  test("does not count in handlersInFlight: its connection is read when messages are not", async () => {
    const { server, begun, release } = open({ limits: { handlersInFlight: 1 } });
    await using _ = server;
    await using client = await connect(desk, { port: server.port }, { heard() {} });
    const calls = Array.from({ length: 100 }, (_each, index) => client.call.ask(index));
    expect(await Promise.all(calls)).toHaveLength(100);
    client.send({ type: "tell", number: 1 });
    while (!begun.includes("tell 1")) await Bun.sleep(1);
    // The message's handler is the one that may be under way: behind it nothing is read, calls included.
    const behind = client.call.ask(200, { timeoutMs: 30_000 });
    await Bun.sleep(20);
    expect(begun).not.toContain("ask 200");
    release();
    expect(await behind).toBe(200);
  });

  test("has its answer wait where the client pauses, and the deadline passes", async () => {
    const { server, begun } = open();
    await using _ = server;
    await using client = await connect(desk, { port: server.port }, { heard() {} });
    client.pause();
    const late = await client.try.ask(1, { timeoutMs: 50 });
    expect(late).toMatchObject({ ok: false, error: { code: "deadline-exceeded", ran: "maybe" } });
    expect(begun).toEqual(["ask 1"]);
    const later = client.call.ask(2);
    client.resume();
    expect(await later).toBe(2);
  });
});

describe("client.try", () => {
  test("has an outcome where the program's own options throw as they are read", async () => {
    const { server } = open();
    await using _ = server;
    await using client = await connect(desk, { port: server.port }, { heard() {} });
    const cause = new Error("no time to tell");
    const options = {
      get timeoutMs(): number {
        throw cause;
      },
    };
    const outcome = await client.try.ask(1, options);
    expect(outcome).toMatchObject({ ok: false, error: { code: "cancelled", cause } });
  });

  test("rejects where an option is not possible", async () => {
    const { server } = open();
    await using _ = server;
    await using client = await connect(desk, { port: server.port }, { heard() {} });
    const refused = await client.try.ask(1, { timeoutMs: -1 }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "option-invalid" });
  });
});
