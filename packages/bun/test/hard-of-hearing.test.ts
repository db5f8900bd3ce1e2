// Peers whose hello says that they take next to nothing, at a server that has calls to answer: what cannot be said to
// them ends their own connection, and neither the process nor a drain.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol, type Hello } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { ScriptedListener, ScriptedPeer, within } from "@typewire/testkit";

import { connect, serve } from "../src/index.ts";

const desk = defineProtocol({
  name: "desk",
  version: 1,
  server: {},
  client: {},
  calls: {
    echo: { input: Type.Integer(), output: Type.Integer() },
    fail: {},
    tail: { yields: Type.Integer() },
    put: { sends: Type.Integer() },
    hang: {},
    a: { yields: Type.Integer() },
  },
});

const guarded = defineProtocol({
  name: "guarded",
  version: 1,
  server: {},
  client: {},
  auth: Type.Object({ token: Type.String() }),
});

type Said = Parameters<typeof desk.client.encodeInto>[0];

/** What a peer says that has announced `limits`, and then calls. */
function frames(limits: Partial<Hello>, ...messages: readonly Said[]): Uint8Array {
  const writer = new ByteWriter();
  const hello = { type: "$hello", protocol: "desk", version: 1, ...limits } as const;
  for (const message of [hello, ...messages]) {
    if (message.type === "$call") desk.client.encodeCallInto(message, message.call, writer);
    else desk.client.encodeInto(message, writer);
  }
  return writer.copy();
}

function open() {
  const ends: string[] = [];
  const server = serve(
    desk,
    {
      port: 0,
      onHandlerError() {},
      onClose: (_, { code }) => ends.push(code),
    },
    {
      echo: async (input) => {
        await Promise.resolve();
        return input;
      },
      async fail() {
        throw new Error("secret");
      },
      async *tail() {
        for (let index = 0; index < 5; index += 1) yield index;
      },
      async put(_, call) {
        for await (const _item of call.items);
      },
      hang: () => new Promise(() => {}),
      async *a() {
        yield 1;
      },
    },
  );
  return { server, ends };
}

const limits: readonly Partial<Hello>[] = [
  { maxFrameBytes: 1 },
  { maxFrameBytes: 20 },
  { maxItems: 1 },
  { maxItems: 4 },
  { maxNesting: 1 },
];

const calls: readonly Said[] = [
  { type: "$call", call: "echo", id: 1, input: 1 },
  { type: "$call", call: "fail", id: 1 },
  { type: "$call", call: "tail", id: 1 },
  { type: "$call", call: "put", id: 1 },
  { type: "$call", call: "hang", id: 1, timeoutMs: 1 },
];

describe("A client that takes next to nothing", () => {
  test.each(limits)("%j has its own connection ended, whatever it calls", async (announced) => {
    const { server, ends } = open();
    await using _ = server;
    const failed: unknown[] = [];
    const note = (error: unknown): void => void failed.push(error);
    process.on("unhandledRejection", note);
    for (const call of calls) {
      using peer = await ScriptedPeer.connect({ port: server.port });
      await peer.send(frames(announced, call));
      if (call.type === "$call" && call.call === "put") peer.shutdown();
      await peer.next();
    }
    await Bun.sleep(50);
    expect((await server.drain({ timeoutMs: 100 })).cut).toBeLessThanOrEqual(1);
    process.off("unhandledRejection", note);
    expect(failed).toEqual([]);
    expect(ends).toHaveLength(calls.length);
  });

  test("does not keep a server from draining", async () => {
    const { server, ends } = open();
    await using _ = server;
    using peer = await ScriptedPeer.connect({ port: server.port });
    await peer.send(frames({ maxFrameBytes: 1, features: ["calls"] }));
    await using other = await connect(desk, { port: server.port, reconnect: false }, {});
    expect(await other.call.echo(5)).toBe(5);
    await server.drain({ timeoutMs: 100 });
    expect(ends.toSorted()).toEqual(["frame-too-large", "peer-closed"]);
  });

  test("hears of a failed call in 256 bytes, and of one in 60 without words", async () => {
    const { server } = open();
    await using _ = server;
    for (const [maxFrameBytes, hasWords] of [
      [256, true],
      [60, false],
    ] as const) {
      using peer = await ScriptedPeer.connect({ port: server.port });
      await peer.send(frames({ maxFrameBytes }, { type: "$call", call: "fail", id: 1 }));
      await peer.next();
      const payload = await peer.next();
      const openCalls = () => "fail";
      const result = desk.server.decodeIncoming(payload, 0, payload.length, undefined, openCalls);
      expect(result).toMatchObject({ type: "$result", id: 1, error: { code: "internal" } });
      if (result.type === "$result") expect(result.error?.message !== "").toBe(hasWords);
    }
  });

  test("hears of a drain without its reason", async () => {
    const { server } = open();
    using peer = await ScriptedPeer.connect({ port: server.port });
    await peer.send(
      frames({ maxFrameBytes: 60 }, { type: "$call", call: "echo", id: 1, input: 1 }),
    );
    await peer.next();
    await peer.next();
    const drained = server.drain({ reason: "x".repeat(100), retryAfterMs: 5, timeoutMs: 100 });
    const payload = await peer.next();
    expect(desk.server.decodeIncoming(payload, 0, payload.length)).toEqual({
      type: "$drain",
      retryAfterMs: 5,
    });
    await drained;
  });

  test.each(["good", "bad"])("is not let in, with a %s token", async (token) => {
    const refused: string[] = [];
    const server = serve(
      guarded,
      {
        port: 0,
        authenticate({ token: shown }) {
          if (shown !== "good") throw new Error("no");
        },
        onNotOpened: (_, { code }) => refused.push(code),
      },
      {},
    );
    await using _ = server;
    const writer = new ByteWriter();
    const hello = { type: "$hello", protocol: "guarded", version: 1, maxFrameBytes: 1 } as const;
    guarded.client.encodeInto(hello, writer);
    const call = { type: "$call", call: "$authenticate", id: 1, input: { token } } as const;
    guarded.client.encodeCallInto(call, "$authenticate", writer);
    using peer = await ScriptedPeer.connect({ port: server.port });
    await peer.send(writer.copy());
    await within(peer.ended, () => "the server did not end the connection");
    peer.shutdown();
    await server.drain();
    expect(refused).toEqual(["frame-too-large"]);
  });
});

test("A server that takes a $call and no $credit ends that connection, and throws at no program", async () => {
  using listener = new ScriptedListener();
  const options = {
    port: listener.port,
    reconnect: false,
  } as const;
  const connecting = connect(desk, options, {});
  using peer = await listener.accept();
  void peer.ended.then(() => peer.shutdown());
  const writer = new ByteWriter();
  const slots = { maxFrameBytes: 25, maxCalls: 1, maxStreams: 1 };
  desk.server.encodeInto({ type: "$hello", protocol: "desk", version: 1, ...slots }, writer);
  await peer.send(writer.copy());
  await using client = await connecting;
  const stream = client.try.a();
  writer.reset();
  // More than half a window of payloads: 23 bytes each.
  for (let item = 1000; item < 3000; item += 1) {
    desk.server.encodeCallInto({ type: "$item", id: 1, item }, "a", writer);
  }
  await peer.send(writer.copy());
  let items = 0;
  for await (const _ of stream) items += 1;
  expect(items).toBeGreaterThan(1000);
  expect(await stream.output).toMatchObject({ ok: false, error: { code: "connection-lost" } });
});
