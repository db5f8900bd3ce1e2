import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { defineProtocol, Type } from "typewire";
import { connect, serve } from "typewire/bun";

import { portOf, run } from "./example.ts";

setDefaultTimeout(30_000);

describe("the studio", () => {
  test("answers, streams, takes uploads, and has workers", async () => {
    await using server = run("studio/server.ts", 0);
    const port = await portOf(server);
    await using alone = run("studio/client.ts", port, "lobby", "ana-token");
    await alone.stdout.line(/^I am ana in lobby$/);
    await alone.stdout.line(/^You said: how are you \(5 words\)$/);
    await alone.stdout.line(/^nobody works: noWorker$/);
    expect(await alone.exit()).toMatchObject({ code: 0 });

    await using worker = run("studio/worker.ts", port);
    // Until the worker waits for jobs there is none; how soon it does is the machine's to say.
    let last: string | undefined;
    for (let attempt = 0; attempt < 30 && last !== "12 × 12 = 144"; attempt += 1) {
      await using luis = run("studio/client.ts", port, "lobby", "luis-token");
      await luis.exit();
      expect(luis.stdout.text).toContain("bytes: 1000000,");
      last = luis.stdout.text.trimEnd().split("\n").at(-1);
    }
    expect(last).toBe("12 × 12 = 144");
    await worker.stdout.line(/^job 1: 12$/);
  });

  test("lets nobody in without a token", async () => {
    await using server = run("studio/server.ts", 0);
    await using stranger = run("studio/client.ts", await portOf(server), "lobby", "guess");
    expect((await stranger.exit()).code).not.toBe(0);
    expect(stranger.stderr.text).toContain("auth-failed");
  });

  test("ends in order: the worker's call ends, and both processes with it", async () => {
    await using server = run("studio/server.ts", 0);
    const port = await portOf(server);
    await using worker = run("studio/worker.ts", port);
    await using client = run("studio/client.ts", port, "lobby", "luis-token");
    await client.stdout.line(/^12 × 12 = 144$|^nobody works/);
    server.signal("SIGINT");
    await worker.stdout.line(/^the work has ended: /);
    expect(await server.exit()).toMatchObject({ code: 0 });
    expect(await worker.exit()).toMatchObject({ code: 0 });
  });
});

/** Credit of a stream, in payload bytes, as docs/api.md tells it. */
const WINDOW_BYTES = 65_536;

describe("only the newest value", () => {
  test("a reader that is megabytes behind gets a window of older values at most", async () => {
    const level = defineProtocol({
      name: "level",
      version: 1,
      server: {},
      client: {},
      calls: { level: { yields: Type.Object({ value: Type.Integer(), pad: Type.String() }) } },
    });
    const [changes, pad] = [5000, "x".repeat(1000)];
    let value = 0;
    let change = Promise.withResolvers<void>();
    await using server = serve(
      level,
      { port: 0 },
      {
        async *level() {
          for (let sent = -1; ;) {
            if (sent === value) await change.promise;
            sent = value;
            yield { value, pad };
          }
        },
      },
    );
    await using client = await connect(level, { port: server.port });

    const reader = client.call.level()[Symbol.asyncIterator]();
    expect((await reader.next()).value).toMatchObject({ value: 0 });
    while (value < changes) {
      value += 1;
      change.resolve();
      change = Promise.withResolvers();
      await Bun.sleep(0);
    }
    let older = 0;
    for (let next = await reader.next(); next.value?.value !== changes; next = await reader.next())
      older += 1;

    expect(older).toBeGreaterThan(1);
    expect(older).toBeLessThanOrEqual(Math.ceil(WINDOW_BYTES / pad.length) + 1);
    await reader.return?.();
  });
});
