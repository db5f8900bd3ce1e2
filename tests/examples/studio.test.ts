import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { defineProtocol, Type } from "typewire";
import { connect, serve } from "typewire/bun";

import { portOf, run } from "./example.ts";

setDefaultTimeout(60_000);

describe("the studio", () => {
  test("answers, takes an upload, stops its model, and has a worker count", async () => {
    const folder = mkdtempSync(join(tmpdir(), "typewire-studio-"));
    using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
    const file = join(folder, "text");
    writeFileSync(file, "word ".repeat(100_000));

    await using server = run("studio/server.ts", 0);
    const port = await portOf(server);
    await using client = run("studio/client.ts", port, "ana-token", file);
    await client.stdout.line(/^lobby: Ana: hola$/);
    await server.stdout.line(/^the model has stopped$/);
    await client.stdout.line(/^upload 1 has 500000 bytes$/);

    // The job has waited for the worker that comes only now.
    await using worker = run("studio/worker.ts", port);
    await client.stdout.line(/^upload 1 has 100000 words$/);
    expect(await client.exit()).toMatchObject({ code: 0 });
    expect(client.stdout.text).toContain("to\nbe\nor\nnot\nto\nbe\nupload");
    expect(server.stderr.text).toBe("");
    expect(worker.stderr.text).toBe("");
  });

  test("lets nobody in without a token that it knows", async () => {
    await using server = run("studio/server.ts", 0);
    await using stranger = run("studio/client.ts", await portOf(server), "guess", "none");
    await stranger.stderr.line(/auth-failed/);
  });
});

/** Credit of a stream, in payload bytes, as docs/api.md tells it. */
const WINDOW_BYTES = 65_536;

describe("only the newest value, as the README has it", () => {
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
    const emitter = new EventEmitter();
    await using server = serve(
      level,
      { port: 0 },
      {
        async *level(_, { signal }) {
          for (let sent = -1; ;) {
            if (sent === value) await once(emitter, "change", { signal });
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
      emitter.emit("change");
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
