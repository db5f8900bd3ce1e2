// The executable with --backplane, beside a real NATS: what a client of one server says reaches the clients of the
// other, each server greets its own clients, and the log says what becomes of the bus.

import { writeFileSync } from "node:fs";

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Certificates, NatsServer, outsideTool } from "@typewire/testkit";
import { SaludoPeer } from "@typewire/testkit/saludo-peer";

import { runMain, startServer } from "./programs.ts";

setDefaultTimeout(30_000);

const hasNats = outsideTool("nats-server") !== undefined;

describe.if(hasNats)("typewire-server --backplane", () => {
  test("passes on what is said to the clients of all servers, and greets its own alone", async () => {
    await using nats = await NatsServer.start();
    const flags = ["--backplane", `nats://${nats.address}`, "--interval", "300ms"];
    await using one = await startServer(...flags);
    await using other = await startServer(...flags);
    for (const { program } of [one, other]) {
      await program.stderr.line(/^\[BACKPLANE\] The server \S+ has come; there are 2$/);
    }
    using speaker = await SaludoPeer.connect({ port: one.port });
    using listener = await SaludoPeer.connect({ port: other.port });
    await listener.next("greeting");
    await speaker.say("hola");
    expect(await listener.next("said")).toMatchObject({ text: "hola" });

    // Between two greetings of its own server there is none of the other's.
    await listener.next("greeting");
    const before = listener.received.filter(({ type }) => type === "greeting").length;
    const beganAtMs = performance.now();
    for (let count = 0; count < 4; count += 1) await listener.next("greeting");
    expect(performance.now() - beganAtMs).toBeGreaterThan(3 * 300 * 0.8);
    expect(before).toBeGreaterThan(0);
    expect(speaker.received.some(({ type }) => type === "said")).toBe(false);
  });

  test("serves its clients while NATS is away, and says when it goes and comes", async () => {
    await using nats = await NatsServer.start();
    await using server = await startServer("--backplane", nats.address, "--log", "json");
    await server.program.stderr.line(/"event":"bus-up"/);
    await nats.kill();
    await server.program.stderr.line(/"level":"warn","event":"bus-down","reason":".+"/);
    using speaker = await SaludoPeer.connect({ port: server.port });
    using listener = await SaludoPeer.connect({ port: server.port });
    await listener.next("greeting");
    await speaker.say("hola");
    expect(await listener.next("said")).toMatchObject({ text: "hola" });
    await nats.start();
    await server.program.stderr.line(/"event":"bus-up"/);
  });

  test("shows NATS what the file of --backplane-options says, as it is at each dial", async () => {
    using folder = new Certificates();
    const path = folder.path("nats.json");
    const write = (token: string): void =>
      writeFileSync(path, JSON.stringify({ token }), { mode: 0o600 });
    await using first = await NatsServer.start('authorization { token: "one" }');
    write("one");
    const flags = ["--backplane", first.address, "--backplane-options", path];
    await using server = await startServer(...flags);
    await server.program.stderr.line(/^\[BACKPLANE\] The server is joined to the others at /);
    write("two");
    await using second = new NatsServer('authorization { token: "two" }');
    second.port = first.port;
    await first.kill();
    await second.start();
    await server.program.stderr.line(/^\[BACKPLANE\] The server is joined to the others at /);
  });

  test.each([
    ['{"pass":"secret"}', "pass: no such option; expected password"],
    ['{"token":"secret"', "expected a JSON object of the options of nats() beside servers"],
    ["[]", "expected a JSON object of the options of nats() beside servers"],
  ])("refuses a file that says %s, and no word of it", async (text, why) => {
    using folder = new Certificates();
    const path = folder.path("nats.json");
    writeFileSync(path, text);
    await using program = runMain("--backplane", "127.0.0.1:1", "--backplane-options", path);
    expect(await program.exit()).toMatchObject({ code: 2 });
    expect(program.stderr.text).toContain(why);
    expect(program.stderr.text).not.toContain("secret");
  });

  test("says of a NATS that refuses it that it stays alone, and goes on", async () => {
    await using nats = await NatsServer.start('authorization { token: "secret" }');
    await using server = await startServer("--backplane", nats.address);
    await server.program.stderr.line(/^\[BACKPLANE\] The server stays alone: .*uthoriz/);
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("greeting");
  });
});

test.if(process.platform === "linux")(
  "--reuse-port without --backplane says whom a client's words do not reach",
  async () => {
    await using server = await startServer("--reuse-port");
    expect(server.program.stderr.text).toContain(
      "[WARNING] Without --backplane what a client says",
    );
  },
);
