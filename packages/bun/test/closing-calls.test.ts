// A close that waits for calls, with peers that would rather keep it waiting.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { internalLimits } from "@typewire/connection/internal";
import { defineProtocol } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { ScriptedPeer, within } from "@typewire/testkit";

import { connect, serve, type ServeOptions } from "../src/index.ts";

const desk = defineProtocol({
  name: "desk",
  version: 1,
  server: {},
  client: { work: Type.Object({ ms: Type.Integer() }) },
  calls: {
    hang: {},
    heed: {},
    ticks: { yields: Type.Integer() },
    echo: { input: Type.Integer(), output: Type.Integer() },
  },
});

function open(options: Partial<ServeOptions<typeof desk, undefined, 0>> = {}) {
  const never = Promise.withResolvers<void>();
  let worked = 0;
  const server = serve(
    desk,
    { port: 0, onHandlerError: () => {}, ...options },
    {
      async work({ ms }) {
        worked += 1;
        await Bun.sleep(ms);
      },
      hang: () => never.promise,
      heed: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
      async *ticks(_, { signal }) {
        yield await new Promise<number>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        });
      },
      echo: (input) => input,
    },
  );
  return { server, worked: () => worked, release: () => never.resolve() };
}

type Said = Parameters<typeof desk.client.encodeInto>[0];

/** Frames of a client that the test plays. */
function frames(...messages: readonly Said[]): Uint8Array {
  const writer = new ByteWriter();
  for (const message of messages) {
    if (message.type === "$call") desk.client.encodeCallInto(message, message.call, writer);
    else desk.client.encodeInto(message, writer);
  }
  return writer.copy();
}

async function peerOf(port: number): Promise<ScriptedPeer> {
  return ScriptedPeer.connect({ hostname: "127.0.0.1", port });
}

/** The types of what a peer has heard that has called `call`. */
function heard(peer: ScriptedPeer, call: "heed" | "echo"): string[] {
  return peer.payloads.map(
    (payload) => desk.server.decodeIncoming(payload, 0, payload.length, undefined, () => call).type,
  );
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    if (turns > 2_000) throw new Error("It did not happen");
    await Bun.sleep(2);
  }
}

describe("a close that waits for calls", () => {
  test("hands out no further message, ends although the peer goes on to send, and says $bye", async () => {
    const { server, worked } = open({ limits: internalLimits({ lingerMs: 50 }) });
    await using _ = server;
    using peer = await peerOf(server.port);
    await peer.send(frames({ type: "$call", call: "heed", id: 1 }));
    await until(() => server.stats().callsInFlight === 1);
    const [connection] = [...server.connections];
    const closing = connection?.close({ afterHandlers: true });
    let isOver = false;
    const sending = (async () => {
      for (let sent = 0; sent < 500 && !isOver; sent += 1) {
        await peer.send(frames({ type: "work", ms: 60 }));
        await Bun.sleep(5);
      }
    })();
    await Bun.sleep(30);
    await peer.send(frames({ type: "$cancel", id: 1 }));
    const end = within(closing ?? Promise.reject(new Error("none")), () => "no end", 4_000);
    expect(await end.finally(() => (isOver = true))).toMatchObject({ code: "done" });
    await sending;
    expect(worked()).toBe(0);
    expect(heard(peer, "heed")).toEqual(["$hello", "$drain", "$result", "$bye"]);
    expect(server.stats().messagesUnhandled).toBeGreaterThan(0);
  });

  const { name: protocol, version, fingerprint } = desk;
  const hello: Said = { type: "$hello", protocol, version, fingerprint, maxFrameBytes: 1e6 };
  const older: Said = { ...hello, fingerprint: "94fcc55eaf6ba9fd" };
  const call: Said = { type: "$call", call: "echo", id: 1, input: 1 };
  const peers: readonly (readonly [string, readonly Said[], readonly string[]])[] = [
    ["has the same protocol", [hello], ["$drain", "$bye"]],
    ["says that it knows calls", [{ ...older, features: ["x", "calls"] }], ["$drain", "$bye"]],
    ["has called, another protocol's", [older, call], ["$result", "$drain", "$bye"]],
    ["has called, and said no hello", [call], ["$result", "$drain", "$bye"]],
    ["has another protocol, without calls", [older], ["$bye"]],
    ["says other things of itself", [{ ...older, features: ["x"] }], ["$bye"]],
  ];
  test.each(peers)(
    "says $drain to a peer that knows calls alone: one that %s",
    async (_, said, hears) => {
      const { server } = open({ limits: internalLimits({ lingerMs: 300 }) });
      using peer = await peerOf(server.port);
      await peer.send(frames(...said));
      await until(() => server.stats().bytesReceived === frames(...said).length);
      await until(() => server.stats().connections === 1);
      const begun = performance.now();
      const drained = server.drain();
      await until(() => heard(peer, "echo").includes("$bye"));
      // Only what was told waits for the peer to end by itself.
      if (hears.length === 1) expect(performance.now() - begun).toBeLessThan(250);
      peer.shutdown();
      await drained;
      expect(heard(peer, "echo")).toEqual(["$hello", ...hears]);
    },
  );

  const refused = ["$drain", "$result", "$bye"];
  const silent: readonly (readonly [string, readonly Said[], readonly string[]])[] = [
    ["its hello and a call", [hello, call], refused],
    ["its hello, and is older", [older], ["$bye"]],
    ["a message", [{ type: "work", ms: 0 }], ["$bye"]],
    ["a call without a hello", [call], ["$result", "$drain", "$bye"]],
    ["nothing", [], ["$bye"]],
  ];
  test.each(silent)(
    "waits for the first message of a peer, which is %s",
    async (_, said, hears) => {
      const lingerMs = 300;
      const { server, worked } = open({ limits: internalLimits({ lingerMs }) });
      using peer = await peerOf(server.port);
      await until(() => server.stats().connections === 1);
      const begun = performance.now();
      const drained = server.drain();
      await Bun.sleep(20);
      expect(heard(peer, "echo")).toEqual(["$hello"]);
      await peer.send(frames(...said));
      await until(() => heard(peer, "echo").includes("$bye"));
      const tookMs = performance.now() - begun;
      // One that has said what it is, and knows no calls, is not waited for.
      if (said.length === 1 && hears.length === 1) expect(tookMs).toBeLessThan(lingerMs - 50);
      else expect(tookMs).toBeGreaterThan(lingerMs - 10);
      peer.shutdown();
      expect(await drained).toEqual({ cut: 0, messagesUndelivered: 0 });
      expect(heard(peer, "echo")).toEqual(["$hello", ...hears]);
      const [, result] = peer.payloads.slice(1);
      if (hears === refused && result !== undefined) {
        const told = desk.server.decodeIncoming(result, 0, result.length, undefined, () => "echo");
        expect(told).toMatchObject({ id: 1, error: { code: "shutting-down", retryAfterMs: 0 } });
      }
      expect(worked()).toBe(0);
    },
  );

  test("waits no longer for a peer that says nothing than half of the time that the drain has", async () => {
    const { server } = open();
    using peer = await peerOf(server.port);
    await until(() => server.stats().connections === 1);
    const begun = performance.now();
    const drained = server.drain({ timeoutMs: 400 });
    await until(() => heard(peer, "echo").includes("$bye"));
    expect(performance.now() - begun).toBeWithin(190, 390);
    peer.shutdown();
    expect(await drained).toEqual({ cut: 0, messagesUndelivered: 0 });
  });

  test("waits no longer for a handler that is stuck", async () => {
    const limits = internalLimits({ handlersStallMs: 100, lingerMs: 50 });
    const { server, release } = open({ limits });
    await using _ = server;
    using peer = await peerOf(server.port);
    await peer.send(frames({ type: "$call", call: "hang", id: 1 }, { type: "$cancel", id: 1 }));
    await until(() => server.stats().callsInFlight === 1);
    const [connection] = [...server.connections];
    const closing = connection?.close({ afterHandlers: true });
    await until(() => connection?.state !== "open");
    peer.shutdown();
    expect(await closing).toMatchObject({ code: "done" });
    release();
    await until(() => server.stats().callsInFlight === 0);
  });

  test("lets a client end by itself, so that a call on its way runs once, on the next connection", async () => {
    const first = open();
    const { port } = first.server;
    await using client = await connect(
      desk,
      { port, reconnect: { initialDelayMs: 1, maxDelayMs: 5 } },
      {},
    );
    expect(await client.call.echo(1)).toBe(1);
    const drained = first.server.drain();
    // It leaves before `$drain` can have come.
    const crossing = client.call.echo(2);
    await drained;
    const second = serve(
      desk,
      { port },
      { work() {}, hang() {}, heed() {}, async *ticks() {}, echo: (input) => input * 10 },
    );
    await using _ = second;
    expect(await within(crossing, () => "the call was lost")).toBe(20);
  });

  test.each(["nothing", "a call", "a stream"])(
    "tells a client with %s under way why, and when to come back",
    async (work) => {
      const { server } = open();
      const ends: unknown[] = [];
      await using client = await connect(
        desk,
        {
          port: server.port,
          random: () => 0,
          onStatus(status) {
            if (status.state === "reconnecting") ends.push(status);
          },
        },
        {},
      );
      const called = work === "a call" ? client.try.heed() : undefined;
      const streamed = work === "a stream" ? client.try.ticks() : undefined;
      const output = streamed?.output;
      void streamed?.[Symbol.asyncIterator]().next();
      if (work !== "nothing") await until(() => server.stats().callsInFlight === 1);
      await server.drain({ reason: "a new version", retryAfterMs: 60_000, timeoutMs: 400 });
      for (const outcome of [await called, await output]) {
        if (outcome !== undefined) {
          expect(outcome).toMatchObject({ ok: false, error: { code: "shutting-down" } });
        }
      }
      await until(() => ends.length > 0);
      expect(ends[0]).toMatchObject({
        delayMs: 60_000,
        reason: {
          code: "peer-closed",
          origin: "peer",
          message: expect.stringContaining("a new version") as string,
        },
      });
    },
  );

  test("for good is for good, whatever the client does by itself", async () => {
    const { server } = open();
    await using _ = server;
    const client = await connect(desk, { port: server.port });
    const [connection] = server.connections;
    void connection?.close({ reason: "the account is closed", final: true, afterHandlers: true });
    expect(await within(client.closed, () => "the client did not end")).toMatchObject({
      code: "peer-closed",
      final: true,
      message: expect.stringContaining("the account is closed") as string,
    });
  });
});
