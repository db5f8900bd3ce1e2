// Streams over a line of 50 ms there and back: what a window moves in one round trip is what it moves at all.

import { expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";
import { FaultProxy } from "@typewire/testkit";

import { connect, serve } from "../src/index.ts";

const bulk = defineProtocol({
  name: "bulk",
  version: 1,
  server: {},
  client: {},
  calls: {
    get: { yields: Type.Uint8Array() },
    put: { sends: Type.Uint8Array(), output: Type.Integer() },
  },
});

const CHUNKS = Array.from({ length: 64 }, () => new Uint8Array(16 * 1024));
const BYTES = 1 << 20;

/** Milliseconds that 1 MiB takes each way, where both ends have such windows. */
async function timesOf(windowBytes: number): Promise<{ down: number; up: number }> {
  const limits = { windowBytes };
  await using server = serve(
    bulk,
    { port: 0, limits },
    {
      async *get() {
        yield* CHUNKS;
      },
      async put(_, call) {
        let bytes = 0;
        for await (const chunk of call.items) bytes += chunk.length;
        return bytes;
      },
    },
  );
  using proxy = new FaultProxy({ port: server.port });
  proxy.set({ latencyMs: 25 });
  await using client = await connect(bulk, { port: proxy.port, limits });
  let begun = performance.now();
  let bytes = 0;
  for await (const chunk of client.call.get()) bytes += chunk.length;
  const down = performance.now() - begun;
  begun = performance.now();
  expect([bytes, await client.call.put(CHUNKS)]).toEqual([BYTES, BYTES]);
  return { down, up: performance.now() - begun };
}

test("a window of 1 MiB moves 1 MiB in a few round trips, where one of 64 KiB needs seventeen", async () => {
  const narrow = await timesOf(65_536);
  const wide = await timesOf(1 << 20);
  // 64 KiB in 50 ms: half a window at a time, sixteen windows and what began it.
  expect(narrow.down).toBeGreaterThan(700);
  expect(narrow.up).toBeGreaterThan(700);
  expect(wide.down).toBeLessThan(narrow.down / 2);
  expect(wide.up).toBeLessThan(narrow.up / 2);
}, 30_000);
