// L7: peers that show nothing of what a server asks for do not keep out clients that belong.

import { afterAll, describe, expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@typewire/bun";
import { saludo } from "@typewire/protocol/saludo";
import { Certificates, Program } from "@typewire/testkit";

import { type RunningServer, startServer } from "../src/arena.ts";
import { processFigures } from "../src/process-figures.ts";
import { row } from "../src/row.ts";
import { until } from "../src/until.ts";
import { ignored } from "../src/ignored.ts";

const folder = mkdtempSync(join(tmpdir(), "typewire-strangers-"));
afterAll(() => rmSync(folder, { recursive: true }));
const certificates = new Certificates();
afterAll(() => certificates[Symbol.dispose]());
const authority = certificates.authority("authority");
const identity = authority.issue("server");
const secret = "a secret of all that belong here";
const secretFile = join(folder, "secret");
writeFileSync(secretFile, secret, { mode: 0o600 });

/** What a server may ask for, and what a client that belongs has. */
interface Guard {
  readonly name: string;
  readonly flags: readonly string[];
  readonly options: { readonly secret?: string; readonly tls?: { readonly caFile: string } };
}

const tlsFlags = ["--tls-cert", identity.certFile, "--tls-key", identity.keyFile];
const guards: readonly Guard[] = [
  { name: "a secret", flags: ["--secret-file", secretFile], options: { secret } },
  { name: "TLS", flags: tlsFlags, options: { tls: { caFile: authority.caFile } } },
  {
    name: "TLS and a secret",
    flags: [...tlsFlags, "--secret-file", secretFile],
    options: { tls: { caFile: authority.caFile }, secret },
  },
  { name: "a required hello", flags: ["--require-hello"], options: {} },
];

/** `count` silent connections to the server, which stay or come again. */
async function strangers(server: RunningServer, count: number, again = false): Promise<Program> {
  const script = join(import.meta.dir, "..", "src", "strangers-process.ts");
  const program = new Program([
    process.execPath,
    script,
    ...[server.port, count].map(String),
    ...(again ? ["again"] : []),
  ]);
  await program.stdout.line(/^ready$/);
  return program;
}

/** Clients that belong come one after the other, and hear each other. */
async function expectServed(server: RunningServer, guard: Guard, count: number): Promise<void> {
  const heard: string[] = [];
  const clients: Awaited<ReturnType<typeof connect<typeof saludo>>>[] = [];
  for (let index = 0; index < count; index += 1) {
    clients.push(
      await connect(
        saludo,
        { port: server.port, ...guard.options },
        { ...ignored, said: ({ text }) => void heard.push(text) },
      ),
    );
  }
  clients[0]?.send({ type: "say", text: "one of us" });
  await until(() => heard.length >= count - 1, `${count - 1} hear what one says`);
  for (const client of clients) await client.close();
}

describe("typewire-server, strangers", () => {
  for (const guard of guards) {
    const full = ["--max-connections", "20", ...guard.flags];

    row(
      `L7 ${guard.name}: silent strangers hold a quarter of the places, and no longer`,
      async () => {
        await using server = await startServer({ flags: full });
        const before = processFigures(server.program.pid).descriptors;
        await using _strangers = await strangers(server, 40);
        await expectServed(server, guard, 15);
        await until(
          () => processFigures(server.program.pid).descriptors <= before + 5,
          "five strangers are left",
          4000,
        );
        await expectServed(server, guard, 15);
      },
    );

    row(`L7 ${guard.name}: strangers that come again at once keep no client out`, async () => {
      await using server = await startServer({ flags: full });
      await using _strangers = await strangers(server, 50, true);
      await expectServed(server, guard, 10);
    });
  }

  row("L7 TLS: a thousand silent strangers at a server of ten thousand places", async () => {
    const [, guard] = guards;
    if (guard === undefined) throw new Error("There is a guard of TLS");
    await using server = await startServer({ flags: guard.flags });
    await using _strangers = await strangers(server, 1200);
    const startedAtMs = performance.now();
    await expectServed(server, guard, 5);
    // Before the deadline of a handshake has sent the first of them away.
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
  });

  row("L7 a client that has proved itself is never cut for a stranger", async () => {
    const [guard] = guards;
    if (guard === undefined) throw new Error("There is a guard");
    await using server = await startServer({
      flags: ["--max-connections", "4", ...guard.flags],
    });
    const ends: string[] = [];
    const clients = [];
    for (let index = 0; index < 4; index += 1) {
      const client = await connect(
        saludo,
        { port: server.port, reconnect: false, ...guard.options },
        ignored,
      );
      void client.closed.then(({ code }) => ends.push(code));
      clients.push(client);
    }
    await using _strangers = await strangers(server, 30, true);
    const over = connect(
      saludo,
      { port: server.port, reconnect: false, ...guard.options },
      ignored,
    );
    const refusal: unknown = await over.catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "too-many-connections" });
    expect(ends).toEqual([]);
    for (const client of clients) await client.close();
  });
});
