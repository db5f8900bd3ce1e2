import { describe, expect, test } from "bun:test";

import {
  concatenate,
  FaultProxy,
  type ProxyLink,
  ScriptedListener,
  ScriptedPeer,
  SeededRandom,
} from "../src/index.ts";

interface Path extends Disposable {
  readonly proxy: FaultProxy;
  readonly client: ScriptedPeer;
  readonly server: ScriptedPeer;
  readonly link: ProxyLink;
}

/** A client and a server with a proxy in between. */
async function path(seed?: number): Promise<Path> {
  const listener = new ScriptedListener();
  const proxy = new FaultProxy({ port: listener.port, ...(seed !== undefined && { seed }) });
  const client = await ScriptedPeer.connect({ port: proxy.port });
  const [server, link] = await Promise.all([listener.accept(), proxy.link()]);
  return {
    proxy,
    client,
    server,
    link,
    [Symbol.dispose]() {
      client[Symbol.dispose]();
      proxy[Symbol.dispose]();
      listener[Symbol.dispose]();
    },
  };
}

const payload = new SeededRandom(7).bytes(300);

describe("FaultProxy", () => {
  test("passes on everything in both directions, and each end after it", async () => {
    using between = await path();
    await between.client.sendPayload(payload);
    await between.server.sendPayload(payload);
    expect(await between.server.next()).toEqual(payload);
    expect(await between.client.next()).toEqual(payload);
    between.client.shutdown();
    expect(await between.server.ended).toBe("end");
    // Half-open: the other way still works.
    await between.server.sendPayload(payload);
    expect(await between.client.next()).toEqual(payload);
    between.server.shutdown();
    expect(await between.client.ended).toBe("end");
  });

  test("carries megabytes to a reader that is slower than the sender", async () => {
    using between = await path();
    const large = new SeededRandom(1).bytes(3_000_000);
    const sent = between.client.sendPayload(large);
    expect(Bun.hash(await between.server.next())).toBe(Bun.hash(large));
    expect(await sent).toBe(true);
  });

  test.each([{ mostPieceBytes: 1 }, { mostPieceBytes: 17, randomPieces: true }])(
    "delivers all bytes in order when cut into pieces: %p",
    async (conditions) => {
      using between = await path();
      between.proxy.set(conditions);
      await between.client.sendPayload(payload);
      expect(await between.server.next()).toEqual(payload);
    },
  );

  test("holds each byte back by the latency", async () => {
    using between = await path();
    between.link.set({ latencyMs: 60 }, "toServer");
    const startedAtMs = performance.now();
    await between.client.sendPayload(payload);
    await between.server.next();
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(59);
  });

  test("lets through no more than the bandwidth", async () => {
    using between = await path();
    between.link.set({ bytesPerSecond: 4000 });
    const startedAtMs = performance.now();
    await between.client.sendPayload(payload);
    await between.server.next();
    // 310 bytes in pieces of 200: the second leaves 50 ms after the first.
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(49);
  });

  test("lets nothing pass a black hole, and everything once it is gone", async () => {
    using between = await path();
    between.link.set({ blackHole: true }, "toServer");
    await between.client.sendPayload(payload);
    between.client.shutdown();
    // The other way works, and shows that time has passed.
    await between.server.sendPayload(payload);
    await between.client.next();
    expect(between.server.receivedBytes).toBe(0);
    between.link.set({ blackHole: false });
    expect(await between.server.next()).toEqual(payload);
    expect(await between.server.ended).toBe("end");
  });

  test("keeps a reset from the other end until the black hole is gone", async () => {
    using between = await path();
    between.link.set({ blackHole: true }, "toClient");
    between.server.reset();
    // The other way works, and shows that time has passed.
    await between.client.sendPayload(payload);
    await Bun.sleep(20);
    const ended = between.client.ended.then(() => "ended");
    expect(await Promise.race([ended, Bun.sleep(30).then(() => "silent")])).toBe("silent");
    between.link.set({ blackHole: false });
    expect(await ended).toBe("ended");
  });

  test("resets both ends at exactly the byte that a script names", async () => {
    using between = await path();
    const played = between.link.play([
      { way: "toServer", atByte: 3, fault: { mostPieceBytes: 2 } },
      { way: "toServer", atByte: 100, fault: "reset" },
    ]);
    await between.client.sendPayload(payload);
    await played;
    expect(await between.server.ended).toBe("reset");
    expect(await between.client.ended).toBe("reset");
    expect(between.link.toServer.forwardedBytes).toBe(100);
  });

  test("resets one end and leaves the other half-open", async () => {
    using between = await path();
    await between.link.play([{ fault: "reset-client" }]);
    expect(await between.client.ended).toBe("reset");
    expect(between.proxy.links.size).toBe(1);
    await between.server.sendPayload(payload);
    expect(between.server.payloads).toEqual([]);
  });

  test("ends one way in the middle of a frame", async () => {
    using between = await path();
    const played = between.link.play([{ way: "toServer", atByte: 50, fault: "end" }]);
    await between.client.sendPayload(payload);
    await played;
    expect(await between.server.ended).toBe("end");
    expect(between.server.receivedBytes).toBe(50);
  });

  test("flips the same bits for the same seed, and none without being asked", async () => {
    const damaged: Uint8Array[] = [];
    for (const seed of [5, 5, 6]) {
      using between = await path(seed);
      const received: Uint8Array[] = [];
      between.server.listen((chunk) => received.push(chunk));
      between.link.set({ flipsPerByte: 0.05 }, "toServer");
      await between.client.send(payload);
      between.client.shutdown();
      await between.server.ended;
      const { flippedBits } = between.link.toServer;
      expect(flippedBits).toBeGreaterThan(0);
      expect(between.proxy.flippedBits("toServer")).toBe(flippedBits);
      expect(between.proxy.flippedBits("toClient")).toBe(0);
      damaged.push(concatenate(received));
    }
    const [first, second, third] = damaged;
    expect(first).toHaveLength(payload.length);
    expect(first).not.toEqual(payload);
    expect(second).toEqual(first ?? new Uint8Array());
    expect(third).not.toEqual(first);
  });

  test("resets a client when no server listens behind it", async () => {
    using listener = new ScriptedListener();
    using proxy = new FaultProxy({ port: listener.port });
    listener[Symbol.dispose]();
    using client = await ScriptedPeer.connect({ port: proxy.port });
    expect(await client.ended).toBe("reset");
  });
});
