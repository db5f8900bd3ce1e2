// Which messages each end understands.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { defineProtocol } from "../../src/define-protocol.ts";
import { type ControlMessage, isControlMessage } from "../../src/schema/control.ts";
import { fromHex } from "../support/bytes.ts";
import { array, integer, map, message, NULL, text } from "../support/cbor.ts";
import { errorOf, expectError } from "../support/errors.ts";

const chat = defineProtocol({
  name: "chat",
  version: 1,
  server: { said: Type.Object({ text: Type.String() }), left: Type.Object({}) },
  client: { say: Type.Object({ text: Type.String() }) },
});

const CONTROL: readonly ControlMessage[] = [
  { type: "$hello", protocol: "chat", version: 1 },
  {
    type: "$hello",
    protocol: "chat",
    version: -1,
    fingerprint: "0",
    maxFrameBytes: 1,
    heartbeatIntervalMs: 0,
  },
  { type: "$ping" },
  { type: "$ping", id: -5 },
  { type: "$pong", id: 5 },
  { type: "$error", code: "any-code", message: "sentence" },
  { type: "$error", code: "schema-mismatch", message: "sentence", path: "" },
  { type: "$bye", reason: "" },
  { type: "$bye", reason: "later", retryAfterMs: 1000 },
];

/** The payload of a control message, written by the other direction of the protocol. */
function encodeControl(control: ControlMessage): Uint8Array {
  const fields = Object.entries(control).slice(1);
  const items = fields.flatMap(([name, value]) => [
    text(name),
    typeof value === "number" ? integer(value) : text(value),
  ]);
  return message(control.type, ...items);
}

describe("a direction", () => {
  test("names its own messages, in the order of the definition", () => {
    expect(chat.server.messageNames).toEqual(["said", "left"]);
    expect(chat.client.messageNames).toEqual(["say"]);
  });

  test("does not know the other's messages", () => {
    const say = chat.client.encode({ type: "say", text: "hola" });
    const said = chat.server.encode({ type: "said", text: "hola" });
    expectError(() => chat.server.decode(say), "unknown-type", {
      path: "/type",
      message: 'Unknown message type "say": expected said, left',
    });
    expectError(() => chat.client.decode(said), "unknown-type", {
      message: 'Unknown message type "said": expected say',
    });
    expectError(() => chat.server.decodeIncoming(say, 0, say.length), "unknown-type");
  });

  test("quotes no more than the beginning of a name it does not know, well-formed", () => {
    const error = errorOf(() =>
      chat.server.decode(message(`${"x".repeat(63)}🎉${"y".repeat(5000)}`)),
    );
    expect(error.code).toBe("unknown-type");
    expect(error.message.length).toBeLessThan(200);
    expect(error.message).toContain(`"${"x".repeat(63)}":`);
    expect(errorOf(() => chat.server.decode(message('a"\n'))).message).toBe(
      'Unknown message type "a\\"\\n": expected said, left',
    );
  });

  test.each(["toString", "constructor", "__proto__", "hasOwnProperty", "", "Said", "said "])(
    "does not know %p",
    (name) => {
      expectError(() => chat.server.decode(message(name)), "unknown-type");
    },
  );

  test("may be empty", () => {
    const silent = defineProtocol({ name: "silent", version: 1, server: {}, client: {} });
    expect(silent.server.messageNames).toEqual([]);
    expectError(() => silent.server.decode(message("said")), "unknown-type", {
      message: 'Unknown message type "said": expected none',
    });
  });
});

describe("a payload that is no message", () => {
  test.each([
    ["an array", array(), "expected a map whose type names the message, got list of 0"],
    ["text", text("said"), "expected a map whose type names the message, got text of length 4"],
    ["null", NULL, "expected a map whose type names the message, got null"],
    [
      "an integer of eight bytes",
      integer(5, 8),
      "expected a map whose type names the message, got integer",
    ],
    [
      "bytes",
      fromHex("4100"),
      "expected a map whose type names the message, got bytes of length 1",
    ],
    ["an empty map", map(), "at /type: expected the name of a message, got nothing"],
    [
      "a map without type",
      map(text("text"), text("x")),
      "at /type: expected the name of a message, got nothing",
    ],
    [
      "a number as type",
      map(text("type"), integer(1)),
      "at /type: expected the name of a message, got integer",
    ],
    ["null as type", map(text("type"), NULL), "at /type: expected the name of a message, got null"],
    [
      "a map as type",
      map(text("type"), map()),
      "at /type: expected the name of a message, got map",
    ],
  ])("is refused: %s", (_, payload, reason) => {
    const separator = reason.startsWith("at") ? " " : ": ";
    expectError(() => chat.server.decode(payload), "schema-mismatch", {
      message: `schema-mismatch${separator}${reason}`,
    });
  });
});

describe("control messages", () => {
  test.each(CONTROL.map((control) => [control.type, control] as const))(
    "%s come through decodeIncoming in both directions, row %#",
    (_, control) => {
      const payload = encodeControl(control);
      for (const direction of [chat.server, chat.client]) {
        const decoded = direction.decodeIncoming(payload, 0, payload.length);
        expect(decoded).toStrictEqual(control);
        expect(isControlMessage(decoded)).toBe(true);
      }
    },
  );

  test.each(CONTROL.map((control) => [control.type, control] as const))(
    "%s are no message of the user's, row %#",
    (_, control) => {
      const refusal = {
        path: "/type",
        message: `Unknown message type "${control.type}": control messages belong to the connection`,
      };
      const asUser = control as unknown as { type: "say"; text: string };
      expectError(() => chat.client.decode(encodeControl(control)), "unknown-type", refusal);
      expectError(() => chat.client.encode(asUser), "unknown-type", refusal);
      expectError(() => chat.client.encodeFrame(asUser), "unknown-type", refusal);
    },
  );

  test.each([
    ["an unknown one", message("$nope"), "unknown-type", "/type"],
    [
      "a hello without protocol",
      message("$hello", text("version"), integer(1)),
      "schema-mismatch",
      "/protocol",
    ],
    [
      "a hello with text as version",
      message("$hello", text("protocol"), text("x"), text("version"), text("1")),
      "schema-mismatch",
      "/version",
    ],
    [
      "a hello with a limit of 0",
      message(
        "$hello",
        text("protocol"),
        text("x"),
        text("version"),
        integer(1),
        text("maxFrameBytes"),
        integer(0),
      ),
      "schema-mismatch",
      "/maxFrameBytes",
    ],
    [
      "a hello with a limit of eleven digits",
      message(
        "$hello",
        text("protocol"),
        text("x"),
        text("version"),
        integer(1),
        text("maxFrameBytes"),
        integer(10_000_000_000),
      ),
      "schema-mismatch",
      "/maxFrameBytes",
    ],
    ["a ping with text as id", message("$ping", text("id"), text("x")), "schema-mismatch", "/id"],
    [
      "an error without code",
      message("$error", text("message"), text("x")),
      "schema-mismatch",
      "/code",
    ],
    [
      "a bye with a negative delay",
      message("$bye", text("reason"), text("x"), text("retryAfterMs"), integer(-1)),
      "schema-mismatch",
      "/retryAfterMs",
    ],
  ] as const)("are refused: %s", (_, payload, code, path) => {
    expectError(() => chat.server.decodeIncoming(payload, 0, payload.length), code, { path });
  });

  test("drop what a newer peer adds", () => {
    const payload = message("$pong", text("id"), integer(1), text("load"), integer(9));
    expect(chat.server.decodeIncoming(payload, 0, payload.length)).toStrictEqual({
      type: "$pong",
      id: 1,
    });
  });
});

describe("Codec.decodeIncoming", () => {
  const nested = message("said", text("text"), text("x"), text("z"), array(array(array())));

  test("keeps to the limits it is given", () => {
    const decode = (limits?: { maxNesting: number; maxItems: number }): unknown =>
      chat.server.decodeIncoming(nested, 0, nested.length, limits);
    const decoded = { type: "said", text: "x" };
    expect(decode()).toStrictEqual(decoded);
    expect(decode({ maxNesting: 4, maxItems: 9 })).toStrictEqual(decoded);
    expectError(() => decode({ maxNesting: 3, maxItems: 9 }), "cbor-limit");
    expectError(() => decode({ maxNesting: 4, maxItems: 8 }), "cbor-limit");
  });

  test("takes limits above the defaults, and refuses what the stack does not hold", () => {
    const open = defineProtocol({
      name: "t",
      version: 1,
      server: { m: Type.Object({ v: Type.Unknown() }) },
      client: {},
    }).server;
    const bomb = (depth: number): Uint8Array =>
      message("m", text("v"), fromHex(`${"81".repeat(depth)}80`));
    const limits = { maxNesting: 10_000_000, maxItems: 10_000_000 };
    const deep = bomb(1000);
    expect(open.decodeIncoming(deep, 0, deep.length, limits).type).toBe("m");
    const bottomless = bomb(1_000_000);
    expectError(() => open.decodeIncoming(bottomless, 0, bottomless.length, limits), "cbor-limit", {
      message: "Cannot decode message: expected less nesting, got more than the stack holds",
    });
    const wide = message("m", text("v"), fromHex(`9a00030d40${"f6".repeat(200_000)}`));
    expect(open.decodeIncoming(wide, 0, wide.length, limits).type).toBe("m");
  });
});
