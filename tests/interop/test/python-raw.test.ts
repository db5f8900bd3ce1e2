import { expect, setDefaultTimeout, test } from "bun:test";

import type { Program } from "@typewire/testkit";

import { type RunningServer, startClient, startServer } from "./executables.ts";
import { ascii, frame } from "./hex.ts";
import { describePython, startPython } from "./python.ts";

setDefaultTimeout(30_000);

const SAY = "64 74797065 63 736179"; // "type": "say"
const TEXT = "64 74657874"; // "text"
const HOLA = "64 686f6c61"; // "hola"

describePython("typewire-server understands odd but legal CBOR", () => {
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
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame(payload)}\n`);

    await server.program.stdout.line(/hola/);
  });

  test("a hello with non-shortest integers and keys in another order, and says more on the connection", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    const hello =
      "a4 67 76657273696f6e 1b0000000000000001 68 70726f746f636f6c 66 73616c75646f " +
      "66 667574757265 f5 64 74797065 66 2468656c6c6f";

    raw.type(`${frame(hello)}\n`);
    raw.type(`${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}\n`);

    await server.program.stdout.line(/hola/);
  });

  test("a frame in one-byte writes, and many frames in one write", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);
    const bytes = frame(`a2 ${SAY} ${TEXT} ${HOLA}`);

    for (const byte of bytes.match(/../g) ?? []) raw.type(`${byte}\n`);
    await server.program.stdout.line(/hola/);
    raw.type(`${bytes.repeat(3)}\n`);

    for (let said = 0; said < 3; said += 1) await server.program.stdout.line(/hola/);
  });
});

describePython("typewire-server refuses, tells the peer why, and stays up", () => {
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
    await using server = await startServer();
    await using bystander = startPython("tutorial_client.py", "127.0.0.1", server.port);
    await bystander.stdout.line(/'greeting'/);
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${bytes}\n`);

    await raw.stdout.line(new RegExp(`^\\{'type': '\\$error', 'code': '${code}', 'message': '`));
    await raw.stdout.line(/^\[END\]$/);
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
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame(payload)}\n`);
    const [error] = await raw.stdout.line(/^.*'\$error'.*$/);
    raw.type(`${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}\n`);

    expect(error).toStartWith(`{'type': '$error', 'code': '${code}', 'message': '`);
    if (path !== undefined) expect(error).toEndWith(`'path': '${path}', 'of': 'say', 'frame': 1}`);
    await server.program.stdout.line(/hola/);
  });

  test("an unknown control message is ignored, and an unknown message answered once", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame("a1 64 74797065 65 246e6f7065")}\n`);
    raw.type(`${frame("a1 64 74797065 64 6e6f7065").repeat(50)}\n`);
    raw.type(`${frame("a3 64 74797065 65 2463616c6c 64 63616c6c 61 78 62 6964 07")}\n`);
    raw.type(`${frame(`a1 ${SAY}`)}\n`);

    await raw.stdout.line(/'schema-mismatch'/);
    expect(raw.stdout.lines.flatMap((line) => /'code': '([^']*)'/.exec(line)?.[1] ?? [])).toEqual([
      "unknown-type",
      "unknown-call",
      "schema-mismatch",
    ]);
    expect(raw.stdout.lines.some((line) => line.startsWith("{'type': '$result', 'id': 7"))).toBe(
      true,
    );
  });

  test("more than ten such messages in ten seconds end the connection", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame(`a1 ${SAY}`).repeat(11)}\n`);

    for (let refused = 0; refused < 10; refused += 1) await raw.stdout.line(/'schema-mismatch'/);
    await raw.stdout.line(/'code': 'too-many-errors'/);
    await raw.stdout.line(/^\[END\]$/);
  });

  test("a hello of another protocol or version, naming both", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    const hello =
      "a3 64 74797065 66 2468656c6c6f 68 70726f746f636f6c 65 6164696f73 67 76657273696f6e 02";

    raw.type(`${frame(hello)}\n`);

    const [error] = await raw.stdout.line(/^.*'code': 'protocol-mismatch'.*$/);
    expect(error).toMatch(/saludo.*adios|adios.*saludo/);
    await raw.stdout.line(/^\[END\]$/);
  });

  test("a stream that ends in the middle of a frame", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${ascii("100       ")} a2\n\n`);

    await raw.stdout.line(/'code': 'frame-truncated'/);
    await raw.stdout.line(/^\[END\]$/);
    await server.program.stderr.line(/frame-truncated/);
  });
});

describePython("control messages", () => {
  const HELLO =
    "a3 64 74797065 66 2468656c6c6f 68 70726f746f636f6c 66 73616c75646f 67 76657273696f6e 01";

  test.each([
    ["a second hello", [HELLO, HELLO]],
    ["a hello behind another message", [`a2 ${SAY} ${TEXT} ${HOLA}`, HELLO]],
  ])("%s is refused, and the connection stays", async (_name, payloads) => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    for (const payload of payloads) raw.type(`${frame(payload)}\n`);

    await raw.stdout.line(/'\$error', 'code': 'schema-mismatch'.*\$hello/);
    raw.type(`${frame(`a2 ${SAY} ${TEXT} 63 66696e`)}\n`);
    await server.program.stdout.line(/fin/);
  });

  test("an `$error` with an unknown code is taken, and the connection stays", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(
      `${frame("a3 64 74797065 66 246572726f72 64 636f6465 63 6e6577 67 6d657373616765 62 6f68")}\n`,
    );
    raw.type(`${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}\n`);

    await server.program.stderr.line(/reports new$/);
    await server.program.stdout.line(/hola/);
  });

  test("`$bye` ends the connection once everything has been sent", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame("a2 64 74797065 64 24627965 66 726561736f6e 66 616469c3b373")}\n`);

    await raw.stdout.line(/'greeting'/);
    await raw.stdout.line(/^\[END\]$/);
    await server.program.stderr.line(/\[DISCONNECTED\].*said goodbye$/);
  });

  test("`$pong` that nobody asked for is ignored", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame("a1 64 74797065 65 24706f6e67")}\n`);
    raw.type(`${frame(`a2 ${SAY} ${TEXT} ${HOLA}`)}\n`);

    await server.program.stdout.line(/hola/);
    expect(raw.stdout.text).not.toContain("$error");
  });
});

describePython("a peer that closes its sending side", () => {
  test("is served what was queued for it, then the server ends its own side", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame("a1 64 74797065 65 2470696e67")}\n\n`);

    await raw.stdout.line(/'greeting'/);
    await raw.stdout.line(/'\$pong'/);
    await raw.stdout.line(/^\[END\]$/);
  });
});

describePython("`$ping`", () => {
  test("is answered by `$pong` with the same id", async () => {
    await using server = await startServer();
    await using raw = startPython("raw.py", "127.0.0.1", server.port);

    raw.type(`${frame("a2 64 74797065 65 2470696e67 62 6964 18 2a")}\n`);

    await raw.stdout.line(/^\{'type': '\$pong', 'id': 42\}$/);
  });
});

/** Proves with a fresh client of ours and the one that was there before that nobody else noticed. */
async function showItStillServes(server: RunningServer, bystander: Program): Promise<void> {
  await using ours = startClient(server.port, "--output", "json", "--count", "2");
  expect(await ours.exit()).toMatchObject({ code: 0 });
  await using _speaker = startPython("saludo_peer.py", "client", server.port, "--say", "sigo aquí");
  await bystander.stdout.line(/'text': 'sigo aquí'/);
}
