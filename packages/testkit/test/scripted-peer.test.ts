import { describe, expect, test } from "bun:test";

import { byteByByte, ScriptedListener, ScriptedPeer } from "../src/index.ts";

/** Two scripted peers, joined by TCP. */
async function joined() {
  const listener = new ScriptedListener();
  const client = await ScriptedPeer.connect({ port: listener.port });
  const server = await listener.accept();
  return { listener, client, server };
}

describe("ScriptedPeer", () => {
  test("sends frames whole and cut, and collects those that come", async () => {
    const { listener, client, server } = await joined();
    using _ = listener;
    await client.sendPayload(Uint8Array.of(1, 2, 3));
    await client.sendPayload(Uint8Array.of(4), byteByByte);
    await client.send("2         ab");
    expect(await server.next()).toEqual(Uint8Array.of(1, 2, 3));
    expect(await server.next((payload) => payload.length === 2)).toEqual(Uint8Array.of(97, 98));
    expect(server.payloads.length).toBe(3);
    expect(server.receivedBytes).toBe(13 + 11 + 12);
  });

  test("sends more than the kernel takes at once", async () => {
    const { listener, client, server } = await joined();
    using _ = listener;
    const payload = new Uint8Array(16 * 1024 * 1024).fill(7);
    const sent = client.sendPayload(payload);
    expect((await server.next()).length).toBe(payload.length);
    expect(await sent).toBe(true);
  });

  test("tells a half-close from a reset", async () => {
    const { listener, client, server } = await joined();
    using _ = listener;
    client.shutdown();
    expect(await server.ended).toBe("end");
    await server.sendPayload(Uint8Array.of(1));
    expect(await client.next()).toEqual(Uint8Array.of(1));
    server.reset();
    expect(await client.ended).toBe("reset");
    expect(await client.send("late")).toBe(false);
    expect(await client.next().catch(String)).toStartWith("Error: The connection ended");
  });

  test("rejects when no server listens", async () => {
    const listener = new ScriptedListener();
    const { port } = listener;
    listener[Symbol.dispose]();
    expect(await ScriptedPeer.connect({ port }).catch(String)).toContain("Failed to connect");
  });
});
