// Which of its messages an `$error` tells a peer of: `of` and `frame`.

import { describe, expect, test } from "bun:test";

import { type ControlMessage, encodeHeader, HEADER_BYTES } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { concatenate, FakeClock } from "@typewire/testkit";

import type { ConnectionLimits } from "../src/index.ts";
import {
  clientHello,
  fromClient,
  heardByClient,
  openSocket,
  serverConnection,
  talk,
  turn,
} from "./talk.ts";

const fine = fromClient({ type: "ask", text: "fine" });
const ping = fromClient({ type: "$ping" });
const hello = fromClient({ ...clientHello, fingerprint: talk.fingerprint });

const ascii = (text: string) => new TextEncoder().encode(text);
const frame = (payload: Uint8Array) => concatenate([encodeHeader(payload.length), payload]);
const text = (value: string) => concatenate([Uint8Array.of(0x78, value.length), ascii(value)]);
const message = (type: string, ...items: readonly Uint8Array[]) =>
  frame(concatenate([Uint8Array.of(0xa1 + items.length / 2), text("type"), text(type), ...items]));

/** What a server tells a client that sends these bytes. */
async function told(bytes: Uint8Array, limits: Partial<ConnectionLimits> = {}) {
  const clock = new FakeClock();
  const connection = serverConnection({}, { clock, limits });
  const socket = openSocket(connection);
  connection.receive(bytes);
  await turn();
  clock.advance(15_000);
  await turn();
  return heardByClient(socket).flatMap((each) => (each.type === "$error" ? [each] : []));
}

/** Payload bytes of what a server says. */
function sizeOf(message: ControlMessage | undefined): number {
  if (message === undefined) throw new Error("nothing was said");
  const writer = new ByteWriter();
  talk.server.encodeInto(message, writer);
  return writer.length - HEADER_BYTES;
}

const withoutText = message("ask");

describe("$error", () => {
  test.each([
    ["a message that fails its schema", [hello, fine, withoutText], "schema-mismatch", "ask", 3],
    ["one that is not known", [fine, message("shout")], "unknown-type", "shout", 2],
    ["control messages, which count", [ping, ping, withoutText], "schema-mismatch", "ask", 3],
    ["a control message that fails", [message("$hello")], "schema-mismatch", "$hello", 1],
    ["a second hello", [hello, ping, hello], "schema-mismatch", "$hello", 3],
    [
      "a proof out of place",
      [message("$proof", text("mac"), Uint8Array.of(0x40))],
      "schema-mismatch",
      "$proof",
      1,
    ],
    [
      "a payload without a type",
      [fine, frame(Uint8Array.of(0xa0))],
      "schema-mismatch",
      undefined,
      2,
    ],
    ["a payload that is no map", [frame(Uint8Array.of(0x80))], "schema-mismatch", undefined, 1],
    ["bytes that are no CBOR", [fine, frame(Uint8Array.of(0xff))], "cbor-malformed", undefined, 2],
    ["a header that is none", [fine, fine, ascii("GET / HTTP")], "header-invalid", undefined, 3],
    ["a frame that is too large", [fine, ascii("9999999999")], "frame-too-large", undefined, 2],
    ["a frame that never ends", [fine, ascii("10        abc")], "frame-timeout", undefined, 2],
    ["a name in two lines", [message("a\nb")], "unknown-type", undefined, 1],
    ["a name of many letters", [message("x".repeat(250))], "unknown-type", "x".repeat(250), 1],
  ] as const)("names %s", async (_, bytes, code, of, number) => {
    const [error] = await told(concatenate([...bytes]));
    expect({ code: error?.code, of: error?.of, frame: error?.frame }).toEqual({
      code,
      of,
      frame: number,
    });
  });

  test("names the message of another version, or the first that is not allowed", async () => {
    const other: ControlMessage = { ...clientHello, version: 9 };
    expect(await told(fromClient(other))).toMatchObject([
      { code: "protocol-mismatch", of: "$hello", frame: 1 },
    ]);
    expect(await told(fine, { requireHello: true })).toMatchObject([
      { code: "hello-required", of: "ask", frame: 1 },
    ]);
    expect(await told(withoutText, { requireHello: true })).toMatchObject([
      { code: "hello-required", of: "ask", frame: 1 },
    ]);
  });

  test("names the last of too many", async () => {
    const errors = await told(concatenate(Array<Uint8Array>(11).fill(withoutText)));
    expect(errors.map((error) => error.frame)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(errors.at(-1)).toMatchObject({ code: "too-many-errors", of: "ask", frame: 11 });
  });

  test("names nothing where no single message is at fault", async () => {
    const [error] = await told(new Uint8Array(0), { requireHello: true });
    expect(error).toMatchObject({ code: "hello-timeout" });
    expect(error).not.toContainKeys(["of", "frame"]);
  });

  test("says less to a peer that takes frames of 256 bytes, and nothing to one that takes none", async () => {
    const name = "\u{1f600}".repeat(60);
    const utf8 = ascii(name);
    const long = concatenate([Uint8Array.of(0x78, utf8.length), utf8]);
    const unknown = frame(concatenate([Uint8Array.of(0xa1), text("type"), long]));
    const small = fromClient({ ...clientHello, maxFrameBytes: 256 });
    const [error] = await told(concatenate([small, unknown]));
    expect(error).toMatchObject({ code: "unknown-type", frame: 2 });
    expect(sizeOf(error)).toBeLessThanOrEqual(256);
    const none = fromClient({ ...clientHello, maxFrameBytes: 1 });
    expect(await told(concatenate([none, unknown, withoutText]))).toEqual([]);
  });

  test("and $bye keep within 256 bytes whatever they have to say", async () => {
    const connection = serverConnection();
    const socket = openSocket(connection);
    connection.receive(fromClient({ ...clientHello, maxFrameBytes: 256 }));
    void connection.close({ reason: "\u20ac".repeat(400), retryAfterMs: 2 ** 31 - 1 });
    await turn();
    const bye = heardByClient(socket).at(-1) as ControlMessage;
    expect(bye).toMatchObject({ type: "$bye", retryAfterMs: 2 ** 31 - 1 });
    expect(sizeOf(bye)).toBeLessThanOrEqual(256);
  });
});
