// Bytes that no client sends, to the real program: the process stays up, others notice nothing, the
// offender is told why, and the log says it in one line.

import { describe, expect, test } from "bun:test";

import { byteByByte, ScriptedPeer, whole } from "@typewire/testkit";

import { startServer } from "./programs.ts";
import { SaludoPeer } from "@typewire/testkit/saludo-peer";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const frame = (payload: Uint8Array): Uint8Array =>
  Buffer.concat([text(String(payload.length).padEnd(10)), payload]);

const fatal: ReadonlyArray<readonly [what: string, bytes: Uint8Array, code: string]> = [
  ["an HTTP request", text("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "header-invalid"],
  ["a TLS hello", bytes(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 0), "header-invalid"],
  ["an SSH banner", text("SSH-2.0-OpenSSH_9.6\r\n"), "header-invalid"],
  ["zeros", new Uint8Array(64), "header-invalid"],
  ["0xff", new Uint8Array(64).fill(255), "header-invalid"],
  ["terminal escapes", text("\u001b[2J\u001b]0;owned\u0007"), "header-invalid"],
  ["a length aligned to the right", text("        60"), "header-invalid"],
  ["a negative length", text("-1        "), "header-invalid"],
  ["length 0", text("0         "), "frame-empty"],
  ["ten nines", text("9999999999"), "frame-too-large"],
  ["one byte more than the limit", text("1048577   "), "frame-too-large"],
  ["a payload that is no CBOR", frame(bytes(0xff)), "cbor-malformed"],
  ["a tag", frame(bytes(0xc0, 0x60)), "cbor-unsupported"],
  ["an array of four billion items", frame(bytes(0x9a, 255, 255, 255, 255)), "cbor-malformed"],
];

describe("typewire-server under hostile bytes", () => {
  test("tells each offender why, logs one line for it, and serves on", async () => {
    await using server = await startServer();
    using canary = await SaludoPeer.connect({ port: server.port });
    await canary.next("greeting");
    for (const [what, attack, code] of fatal) {
      for (const cut of [whole, byteByByte]) {
        using offender = await ScriptedPeer.connect({ port: server.port });
        const peer = new SaludoPeer(offender);
        await peer.next("$hello");
        await offender.send(attack, cut);
        expect([what, (await peer.next("$error")).code]).toEqual([what, code]);
        offender.shutdown();
        await offender.ended;
        const [line] = await server.program.stderr.line(/^\[DISCONNECTED\].*/);
        expect(line).toMatch(new RegExp(`disconnected from 127\\.0\\.0\\.1:\\d+: ${code}: `));
        expect(line).not.toMatch(/\p{Cc}/u);
      }
    }
    const disconnections = server.program.stderr.lines.filter((line) =>
      line.startsWith("[DISCONNECTED]"),
    );
    expect(disconnections).toHaveLength(2 * fatal.length);
    using speaker = await SaludoPeer.connect({ port: server.port });
    await speaker.say("still here");
    expect(await canary.next("said")).toMatchObject({ text: "still here" });
    expect(canary.received.map(({ type }) => type)).toEqual(["welcome", "greeting", "said"]);
    for (const { raw } of [canary, speaker]) raw.shutdown();
    server.program.signal("SIGTERM");
    expect(await server.program.exit()).toMatchObject({ code: 0 });
  });

  test("answers a message that the schema forbids and keeps the connection, up to ten", async () => {
    await using server = await startServer();
    using peer = await SaludoPeer.connect({ port: server.port });
    // {type: "say", text: ""} and {type: "shout"}
    const empty = Buffer.from("a2647479706563736179647465787460", "hex");
    const unknown = Buffer.from("a164747970656573686f7574", "hex");
    await peer.raw.sendPayload(empty);
    expect(await peer.next("$error")).toMatchObject({ code: "schema-mismatch", path: "/text" });
    await peer.raw.sendPayload(unknown);
    expect(await peer.next("$error")).toMatchObject({ code: "unknown-type" });
    const [line] = await server.program.stderr.line(/^\[REFUSED\].*/);
    expect(line).toMatch(
      /^\[REFUSED\] A message from 127\.0\.0\.1:\d+: schema-mismatch at \/text: /,
    );
    await peer.say("fine");
    await server.program.stdout.line(/^\[RECEIVED\] 127\.0\.0\.1:\d+: fine$/);
    for (let index = 0; index < 20; index += 1) await peer.raw.sendPayload(unknown);
    for (let index = 0; index < 10; index += 1) await peer.raw.sendPayload(empty);
    await peer.raw.next((payload) => Buffer.from(payload).includes("too-many-errors"));
    peer.raw.shutdown();
    await server.program.stderr.line(/^\[DISCONNECTED\].*: too-many-errors: /);
  });

  test("survives connections that come and go at once", async () => {
    await using server = await startServer();
    for (let round = 0; round < 20; round += 1) {
      const peers = await Promise.all(
        Array.from({ length: 20 }, () => ScriptedPeer.connect({ port: server.port })),
      );
      for (const [index, peer] of peers.entries()) {
        if (index % 2 === 0) peer.reset();
        else peer.shutdown();
      }
    }
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("greeting");
    peer.raw.shutdown();
    await server.program.stderr.line(/^\[ACTIVE CONNECTIONS\] 0$/);
    server.program.signal("SIGTERM");
    expect(await server.program.exit()).toMatchObject({ code: 0 });
  });
});
