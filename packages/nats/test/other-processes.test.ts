// Servers in processes of their own that sleep and are killed while others publish: what the sleeper missed because
// NATS gave up on it, and how the others hear of a death.

import { join } from "node:path";

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { NatsServer, outsideTool, Program } from "@typewire/testkit";

import { numbers, Site, until } from "./support/site.ts";

setDefaultTimeout(60_000);

const SITE = join(import.meta.dir, "support", "site-process.ts");

interface Report {
  readonly heard: number;
  readonly gapMessages: number;
  readonly told: number;
  readonly inOrder: boolean;
  readonly reconnects: number;
}

async function report(program: Program): Promise<Report> {
  program.type("report\n");
  const [line] = await program.stdout.line(/^\{.*\}$/);
  return JSON.parse(line) as Report;
}

describe.skipIf(outsideTool("nats-server") === undefined)("a server in another process", () => {
  test("that sleeps until NATS gives up on it is told exactly what it has missed", async () => {
    // The kernel's buffers take some megabytes beside.
    await using bus = await NatsServer.start('max_pending: 1048576\nwrite_deadline: "1s"');
    await using awake = new Site({ servers: bus.address });
    await awake.connect();
    await using sleeper = new Program([process.execPath, SITE, bus.address]);
    await sleeper.stdout.line(/^ready$/);
    await until("its topic", () => awake.server.subscribers("room").members === 2);
    // From then on it knows the numbers.
    awake.say("0");
    while ((await report(sleeper)).heard === 0);
    sleeper.signal("SIGSTOP");
    const count = 15_001;
    for (let said = 1; said < count; said += 100) {
      for (const text of numbers(said, 100)) awake.say(text.padStart(1000, "0"));
      await until("room", () => awake.stats.heldBytes < 4 * 1024 * 1024);
    }
    await until("the news", () => awake.events.some(({ type }) => type === "server-lost"));
    sleeper.signal("SIGCONT");
    await until("its return", () => awake.events.at(-1)?.type === "server-joined");
    awake.say(String(count));
    let last: Report = await report(sleeper);
    for (let round = 0; round < 200 && last.heard + last.told <= count; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      last = await report(sleeper);
    }
    expect(last.heard + last.gapMessages).toBe(count + 1);
    expect(last).toMatchObject({ told: last.gapMessages, inOrder: true, reconnects: 1 });
    expect(last.gapMessages).toBeGreaterThan(0);
    expect(awake.heard).toHaveLength(count + 1);
    expect(awake.stats).toMatchObject({ gaps: 0, messagesDropped: 0, reconnects: 0 });
  });

  test("that is killed is reported as lost within two seconds, and counted no more", async () => {
    await using bus = await NatsServer.start();
    await using living = new Site({ servers: bus.address });
    await using doomed = new Program([process.execPath, SITE, bus.address]);
    await doomed.stdout.line(/^ready$/);
    await until("its count", () => living.server.countConnections().connections === 1);
    const began = performance.now();
    doomed.signal("SIGKILL");
    await until("the news", () => living.events.at(-1)?.type === "server-lost");
    expect(performance.now() - began).toBeLessThan(2000);
    expect(living.server.countConnections()).toEqual({ connections: 0, servers: 1 });
    expect(living.stats.state).toBe("degraded");
  });
});
