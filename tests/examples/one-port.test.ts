import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Program } from "@typewire/testkit";

import { run } from "./example.ts";

setDefaultTimeout(30_000);

const LISTENS = /^process (\d+) listens at \S+$/;

/** A port that was free a moment ago. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop();
  return port;
}

async function pidOf(processes: Program): Promise<number> {
  const [, pid] = await processes.stdout.line(LISTENS);
  return Number(pid);
}

describe.if(process.platform === "linux")("several processes on one port", () => {
  test("share the clients, and one that is killed is missed by none of them", async () => {
    const port = freePort();
    const processes = run("one-port/processes.ts", port, "2");
    // Not killed, or what it has started would live on.
    await using _ = {
      async [Symbol.asyncDispose]() {
        processes.signal("SIGTERM");
        await processes.exit();
      },
    };
    const first = await pidOf(processes);
    await pidOf(processes);
    await using client = run("one-port/client.ts", port, "0.6");
    await client.stdout.line(/^32 connections to 2 processes$/);
    process.kill(first, "SIGKILL");
    await client.stdout.line(/^[1-9]\d* calls\/s$/);
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(await pidOf(processes)).not.toBe(first);
  });
});
