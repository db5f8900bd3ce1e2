// Peers that send exactly what the test says, against the executables.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import { toDiagnostic } from "@typewire/protocol/internal";
import { type Program, ScriptedListener } from "@typewire/testkit";

import { type RunningServer, startClient, startServer } from "./executables.ts";
import { ascii, frame } from "./hex.ts";
import { connectRaw, endTogether, heard, sendHex } from "./raw-peer.ts";

setDefaultTimeout(30_000);

const SAY = "64 74797065 63 736179"; // "type": "say"
const TEXT = "64 74657874"; // "text"
const HOLA = "64 686f6c61"; // "hola"

describe("a server", () => {
  // One for all: each peer has a connection of its own, and the last is served as the first was.
  let server: RunningServer;
  let bystander: Program;
  beforeAll(async () => {
    server = await startServer();
    bystander = startClient(server.port, "--output", "json");
    await bystander.stdout.line(/greeting/);
  });
  afterAll(async () => {
    await bystander[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  describe("typewire-server understands odd but legal CBOR", () => {
    test.each([
      ["`type` last", `a2 ${TEXT} ${HOLA} ${SAY}`],
      ["a longer count than needed in the map's head", `b9 0002 ${SAY} ${TEXT} ${HOLA}`],
      ["an eight-byte count in the map's head", `bb 0000000000000002 ${SAY} ${TEXT} ${HOLA}`],
      [
        "longer lengths than needed for keys and text",
        `a2 7804 74797065 790003 736179 7a00000004 74657874 7b0000000000000004 686f6c61`,
      ],
      [
        "unknown properties, dropped",
        `a4 ${SAY} 61 61 82 f6 a1 01 f5 ${TEXT} ${HOLA} 62 7a7a fb 3ff199999999999a`,
      ],
    ])("%s", async (_name, payload) => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, frame(payload));

      await server.program.stdout.line(/hola/);
    });

    test("a hello with non-shortest integers and keys in another order, and says more on the connection", async () => {
      using raw = await connectRaw(server.port);

      const hello =
        "a4 67 76657273696f6e 1b0000000000000001 68 70726f746f636f6c 66 73616c75646f " +
        "66 667574757265 f5 64 74797065 66 2468656c6c6f";

      await sendHex(raw, frame(hello));
      await sendHex(raw, `${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}`);

      await server.program.stdout.line(/hola/);
    });

    test("a frame in one-byte writes, and many frames in one write", async () => {
      using raw = await connectRaw(server.port);
      const bytes = frame(`a2 ${SAY} ${TEXT} ${HOLA}`);

      for (const byte of bytes.match(/../g) ?? []) await sendHex(raw, `${byte}`);
      await server.program.stdout.line(/hola/);
      await sendHex(raw, `${bytes.repeat(3)}`);

      for (let said = 0; said < 3; said += 1) await server.program.stdout.line(/hola/);
    });
  });

  describe("typewire-server refuses, tells the peer why, and stays up", () => {
    test.each([
      ["an HTTP request", ascii("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "header-invalid"],
      ["a TLS ClientHello", "16 03 01 02 00 01 00 01 fc 03 03", "header-invalid"],
      ["a length aligned to the right", `${ascii("         3")} a0 a0 a0`, "header-invalid"],
      ["a frame of length 0", ascii("0         "), "frame-empty"],
      ["a length over the limit, from the header alone", ascii("1048577   "), "frame-too-large"],
      ["ten nines", ascii("9999999999"), "frame-too-large"],
      ["a payload that ends inside an item", frame("a2 64 74797065"), "cbor-malformed"],
      ["bytes after the item", frame(`a2 ${SAY} ${TEXT} ${HOLA} 00`), "cbor-malformed"],
      ["invalid UTF-8", frame(`a2 ${SAY} ${TEXT} 62 c328`), "cbor-malformed"],
      ["a duplicate key", frame(`a3 ${SAY} ${TEXT} ${HOLA} ${TEXT} ${HOLA}`), "cbor-malformed"],
      ["a map of indefinite length", frame(`bf ${SAY} ${TEXT} ${HOLA} ff`), "cbor-unsupported"],
      ["text of indefinite length", frame(`a2 ${SAY} ${TEXT} 7f ${HOLA} ff`), "cbor-unsupported"],
      ["a tag", frame(`a2 ${SAY} ${TEXT} c0 ${HOLA}`), "cbor-unsupported"],
      [
        "a tag around the whole message",
        frame(`d9 d9f7 a2 ${SAY} ${TEXT} ${HOLA}`),
        "cbor-unsupported",
      ],
      ["an unassigned simple value", frame(`a2 ${SAY} ${TEXT} e0`), "cbor-unsupported"],
      ["the key __proto__", frame(`a2 ${SAY} 69 5f5f70726f746f5f5f a0`), "cbor-unsupported"],
      ["33 levels", frame(`a2 ${SAY} 61 78 ${"81".repeat(32)} 00`), "cbor-limit"],
    ])("%s", async (_name, bytes, code) => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, `${bytes}`);

      await heard(raw, new RegExp(`^\\{"type": "\\$error", "code": "${code}", "message": "`));
      await endTogether(raw);
      await server.program.stderr.line(new RegExp(code));
      await showItStillServes(server, bystander);
    });

    test.each([
      ["text where a number is", `a2 ${SAY} ${TEXT} 01`, "schema-mismatch", "/text"],
      ["text shorter than the schema asks", `a2 ${SAY} ${TEXT} 60`, "schema-mismatch", "/text"],
      ["a missing property", `a1 ${SAY}`, "schema-mismatch", "/text"],
      [
        "an integer key where none belongs",
        `a3 ${SAY} 01 02 ${TEXT} ${HOLA}`,
        "schema-mismatch",
        "/1",
      ],
      ["an array at the top", "80", "schema-mismatch", undefined],
      ["no type", `a1 ${TEXT} ${HOLA}`, "schema-mismatch", undefined],
      ["an unknown type", "a1 64 74797065 64 6e6f7065", "unknown-type", undefined],
      [
        "a type of the other direction",
        `a2 64 74797065 67 77656c636f6d65 ${TEXT} ${HOLA}`,
        "unknown-type",
        undefined,
      ],
    ])("%s, and keeps the connection", async (_name, payload, code, path) => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, frame(payload));
      const error = await heard(raw, /"\$error"/);
      await sendHex(raw, `${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}`);

      expect(error).toStartWith(`{"type": "$error", "code": "${code}", "message": "`);
      if (path !== undefined)
        expect(error).toEndWith(`"path": "${path}", "of": "say", "frame": 1}`);
      await server.program.stdout.line(/hola/);
    });

    test("an unknown control message is ignored, and an unknown message answered once", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, frame("a1 64 74797065 65 246e6f7065"));
      await sendHex(raw, frame("a1 64 74797065 64 6e6f7065").repeat(50));
      await sendHex(raw, frame("a3 64 74797065 65 2463616c6c 64 63616c6c 61 78 62 6964 07"));
      await sendHex(raw, frame(`a1 ${SAY}`));

      const answer = /"code": /;
      expect(await heard(raw, answer)).toContain(`"code": "unknown-type"`);
      const result = await heard(raw, answer);
      expect(result).toStartWith(`{"type": "$result", "id": 7`);
      expect(result).toContain(`"code": "unknown-call"`);
      expect(await heard(raw, answer)).toContain(`"code": "schema-mismatch"`);
    });

    test("more than ten such messages in ten seconds end the connection", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, `${frame(`a1 ${SAY}`).repeat(11)}`);

      for (let refused = 0; refused < 10; refused += 1) await heard(raw, /"schema-mismatch"/);
      await heard(raw, /"code": "too-many-errors"/);
      await endTogether(raw);
    });

    test("a hello of another protocol or version, naming both", async () => {
      using raw = await connectRaw(server.port);

      const hello =
        "a3 64 74797065 66 2468656c6c6f 68 70726f746f636f6c 65 6164696f73 67 76657273696f6e 02";

      await sendHex(raw, frame(hello));

      const error = await heard(raw, /"code": "protocol-mismatch"/);
      expect(error).toMatch(/saludo.*adios|adios.*saludo/);
      await endTogether(raw);
    });

    test("a stream that ends in the middle of a frame", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, `${ascii("100       ")} a2`);
      raw.shutdown();

      await heard(raw, /"code": "frame-truncated"/);
      await endTogether(raw);
      await server.program.stderr.line(/frame-truncated/);
    });
  });

  describe("control messages", () => {
    const HELLO =
      "a3 64 74797065 66 2468656c6c6f 68 70726f746f636f6c 66 73616c75646f 67 76657273696f6e 01";

    test.each([
      ["a second hello", [HELLO, HELLO]],
      ["a hello behind another message", [`a2 ${SAY} ${TEXT} ${HOLA}`, HELLO]],
    ])("%s is refused, and the connection stays", async (_name, payloads) => {
      using raw = await connectRaw(server.port);

      for (const payload of payloads) await sendHex(raw, frame(payload));

      await heard(raw, /"\$error", "code": "schema-mismatch".*\$hello/);
      await sendHex(raw, `${frame(`a2 ${SAY} ${TEXT} 63 66696e`)}`);
      await server.program.stdout.line(/fin/);
    });

    test("an `$error` with an unknown code is taken, and the connection stays", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(
        raw,
        frame("a3 64 74797065 66 246572726f72 64 636f6465 63 6e6577 67 6d657373616765 62 6f68"),
      );
      await sendHex(raw, `${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}`);

      await server.program.stderr.line(/reports new$/);
      await server.program.stdout.line(/hola/);
    });

    test("`$bye` ends the connection once everything has been sent", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, frame("a2 64 74797065 64 24627965 66 726561736f6e 66 616469c3b373"));

      await heard(raw, /"greeting"/);
      await endTogether(raw);
      await server.program.stderr.line(/\[DISCONNECTED\].*said goodbye$/);
    });

    test("`$pong` that answers no `$ping` is ignored", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, frame("a1 64 74797065 65 24706f6e67"));
      await sendHex(raw, `${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}`);

      await server.program.stdout.line(/hola/);
      expect(raw.payloads.map((payload) => toDiagnostic(payload)).join()).not.toContain("$error");
    });
  });

  describe("a peer that closes its sending side", () => {
    test("is served what was queued for it, then the server ends its own side", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, frame("a1 64 74797065 65 2470696e67"));
      raw.shutdown();

      await heard(raw, /"greeting"/);
      await heard(raw, /"\$pong"/);
      await endTogether(raw);
    });
  });

  describe("`$ping`", () => {
    test("is answered by `$pong` with the same id", async () => {
      using raw = await connectRaw(server.port);

      await sendHex(raw, frame("a2 64 74797065 65 2470696e67 62 6964 18 2a"));

      await heard(raw, /^\{"type": "\$pong", "id": 42\}$/);
    });
  });
});

describe("a server that sends what it should not", () => {
  const HELLO = "64 74797065 66 2468656c6c6f 68 70726f746f636f6c 66 73616c75646f";
  const GREETING = "64 74797065 68 6772656574696e67 65 776f726473";

  test.each([
    ["a pickle in a frame", ascii("5         ") + "80049502 2e", 8, "cbor-malformed"],
    ["HTTP", ascii("HTTP/1.1 400 Bad Request\r\n\r\n"), 8, "header-invalid"],
    ["a length over the limit", ascii("9999999999"), 8, "frame-too-large"],
    ["a tag", frame(`a2 ${GREETING} c1 00`), 8, "cbor-unsupported"],
    ["another version", frame(`a3 ${HELLO} 67 76657273696f6e 02`), 7, "protocol-mismatch"],
    [
      "text keys where integers belong",
      frame(`a2 ${GREETING} a1 61 31 61 78`),
      6,
      "schema-mismatch",
    ],
    ["a client's message", frame("a2 64 74797065 63 736179 64 74657874 61 78"), 6, "unknown-type"],
  ])("is told why by typewire-client: %s", async (_name, bytes, exitCode, code) => {
    using listener = new ScriptedListener();
    await using client = startClient(listener.port, "--no-reconnect", "--count", "1");
    const raw = await listener.accept();

    await sendHex(raw, bytes);
    await heard(raw, new RegExp(`"\\$error", "code": "${code}"`));
    raw.shutdown();

    expect(await client.exit()).toMatchObject({ code: exitCode });
    expect(client.stdout.lines).toEqual([]);
  });

  test.each([
    ["an eight-byte float for a date", "fb 4279aae952000000"],
    ["a longer integer than needed", "1b 0000019aae952000"],
  ])("but is understood with %s and the keys in another order", async (_name, at) => {
    using listener = new ScriptedListener();
    await using client = startClient(listener.port, "--output", "json", "--count", "1");
    const raw = await listener.accept();

    await sendHex(
      raw,
      frame(`a4 62 6174 ${at} 64 74657874 61 62 64 66726f6d 61 61 64 74797065 64 73616964`),
    );
    await heard(raw, /\$bye/);
    raw.shutdown();

    expect(await client.exit()).toMatchObject({ code: 0 });
    expect(JSON.parse(client.stdout.text)).toMatchObject({
      type: "said",
      at: "2025-11-23T02:40:00.000Z",
    });
  });
});

/** Proves with a fresh client of ours, and the one that was there before, that other clients are served as before. */
async function showItStillServes(server: RunningServer, bystander: Program): Promise<void> {
  await using ours = startClient(server.port, "--output", "json", "--count", "2");
  expect(await ours.exit()).toMatchObject({ code: 0 });
  using speaker = await connectRaw(server.port);
  await sendHex(speaker, frame(`a2 ${SAY} ${TEXT} 64 6f74726f`));
  await bystander.stdout.line(/"text":"otro"/);
}
