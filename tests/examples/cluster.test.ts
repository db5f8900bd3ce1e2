import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { outsideTool, type Program } from "@typewire/testkit";

import { run } from "./example.ts";

setDefaultTimeout(60_000);

/** The first of four ports in a row that are free. */
function freePorts(): number {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      for (let port = first; port < first + 4; port += 1) {
        Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      }
      return first;
    } catch {
      // Taken.
    }
  }
  throw new Error("No four ports in a row are free");
}

/** The number of a server, by its address. */
const numberOf = (address: string, first: number): number =>
  Number(address.split(":")[1]) - first + 1;

async function ended(program: Program): Promise<void> {
  program.signal("SIGINT");
  expect(await program.exit(20_000)).toMatchObject({ code: 0 });
}

describe.if(outsideTool("nats-server") !== undefined)("the cluster", () => {
  test("hears all servers, and a client whose server restarts goes to another and loses nothing it says", async () => {
    const first = freePorts();
    const cluster = run("cluster/cluster.ts", first);
    // Not killed, or what it has started would live on.
    await using _ = { [Symbol.asyncDispose]: () => ended(cluster) };
    for (let joined = 0; joined < 3; joined += 1) {
      await cluster.stdout.line(/^[123]: server-joined: 3$/, 20_000);
    }
    await using ana = run("cluster/client.ts", first, "ana");
    await using luis = run("cluster/client.ts", first, "luis");
    await ana.stdout.line(/^said \d+ at \S+: 2 of 2 hear, 3 servers$/, 20_000);
    await ana.stdout.line(/^luis \d+$/);
    await luis.stdout.line(/^ana \d+$/);

    const [, before = ""] = /^\* at (\S+)$/m.exec(ana.stdout.text) ?? [];
    cluster.type(`restart ${numberOf(before, first)}\n`);
    await ana.stdout.line(new RegExp(`^\\* away from ${before}$`), 20_000);
    const [, after] = await ana.stdout.line(/^\* at (\S+)$/, 20_000);
    expect(after).not.toBe(before);
    await ana.stdout.line(/^luis \d+/);
    await ana.stdout.line(/^said \d+ at/);

    cluster.type("kill nats\n");
    await cluster.stdout.line(/^[123]: down$/, 20_000);
    await cluster.stdout.line(/^[123]: up$/, 20_000);
    await luis.stdout.line(/^ana \d+/, 20_000);
    await ended(ana);
    await ended(luis);

    for (const client of [ana, luis]) {
      expect(client.stdout.text).not.toContain("not said");
      const said = [...client.stdout.text.matchAll(/^said (\d+)/gm)].map(([, number]) =>
        Number(number),
      );
      expect(said).toEqual(said.map((_, index) => index + 1));
    }
  });
});
