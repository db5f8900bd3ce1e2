// The messages of calls: their bytes, and which call they are read by. Everything is asked of both paths.

import { describe, expect, test } from "bun:test";

import { ByteWriter } from "../../src/byte-writer.ts";
import { unannouncedLimits } from "../../src/codec/direction-codec.ts";
import type { CallFailure, CallMessage, ControlMessage } from "../../src/schema/control.ts";
import { toHex } from "../support/bytes.ts";
import {
  decodeCall,
  encodeCall,
  encodeControl,
  openCalls,
  theCalls as paths,
} from "../support/call-paths.ts";
import { integer, map, NULL, text } from "../support/cbor.ts";
import { expectError } from "../support/errors.ts";
import { recode } from "../support/recode.ts";

const at = new Date(5);
const fromClient: readonly (readonly [string, CallMessage])[] = [
  ["quote", { type: "$call", call: "quote", id: 1, input: { symbol: "ACME" } }],
  ["quote", { type: "$call", call: "quote", id: -7, timeoutMs: 200, input: { symbol: "" } }],
  ["quite", { type: "$call", call: "quite", id: 2 ** 53 - 1, input: "text" }],
  ["quite", { type: "$call", call: "quite", id: 0, input: null }],
  ["chat", { type: "$call", call: "chat", id: 23 }],
  ["toString", { type: "$call", call: "toString", id: 24, input: -5 }],
  ["constructor", { type: "$call", call: "constructor", id: 1 }],
  ["é", { type: "$call", call: "é", id: 1, timeoutMs: 0 }],
  ["$authenticate", { type: "$call", call: "$authenticate", id: 1, input: { token: "t" } }],
  ["upload", { type: "$item", id: 3, item: Uint8Array.of(1, 2) }],
  ["chat", { type: "$item", id: 2 ** 53 - 1, item: "hello" }],
];
const fromServer: readonly (readonly [string, CallMessage])[] = [
  ["tail", { type: "$item", id: 2, item: at }],
  ["chat", { type: "$item", id: 4, item: 5n }],
  ["quote", { type: "$result", id: 1, output: { price: 1.5, at } }],
  ["quote", { type: "$result", id: -1, output: { price: 1, at } }],
  ["upload", { type: "$result", id: 3, output: 5 }],
  ["quite", { type: "$result", id: 5, output: undefined }],
  ["constructor", { type: "$result", id: 7, output: [true] }],
  ["tail", { type: "$result", id: 2 }],
  ["$authenticate", { type: "$result", id: 9, output: { expiresInMs: 5 } }],
  ["$authenticate", { type: "$result", id: 9, output: {} }],
  ["quote", failed(1, { code: "unknownSymbol", message: "m", data: { symbol: "x" } })],
  ["quote", failed(1, { code: "closed", message: "", data: null, retryAfterMs: 5 })],
  ["quote", failed(1, { code: "internal", message: "m" })],
  ["tail", failed(2, { code: "invalid-input", message: "m", path: "/input/after" })],
  ["chat", failed(4, { code: "too-many-calls", message: "m", retryAfterMs: 1000 })],
];

function failed(id: number, error: CallFailure): CallMessage {
  return { type: "$result", id, error };
}

const both = Object.entries(paths);

describe.each(both)("on the %s path", (_, { server, client }) => {
  test.each(fromClient)(
    "a message of the client's call %s is read as it was written",
    (name, message) => {
      const payload = encodeCall(client, message, name);
      expect(decodeCall(client, payload, openCalls)).toStrictEqual(message as ControlMessage);
    },
  );

  test.each(fromServer)(
    "a message of the server's for %s is read as it was written",
    (name, message) => {
      const payload = encodeCall(server, message, name);
      expect(decodeCall(server, payload, openCalls)).toStrictEqual(message as ControlMessage);
    },
  );

  test("keys may come in any order, with others between them", () => {
    for (let shuffle = 1; shuffle < 30; shuffle += 1) {
      for (const [codec, messages] of [
        [client, fromClient],
        [server, fromServer],
      ] as const) {
        for (const [name, message] of messages) {
          const payload = recode(encodeCall(codec, message, name), {
            shuffle,
            widen: shuffle,
            extra: shuffle,
          });
          expect(decodeCall(codec, payload, openCalls)).toStrictEqual(message as ControlMessage);
        }
      }
    }
  });

  test("keys are written in the order of the wire, and cost what they cost", () => {
    const call = encodeCall(
      client,
      { input: { symbol: "A" }, timeoutMs: 1, id: 1, call: "quote", type: "$call" },
      "quote",
    );
    expect(toHex(call)).toBe(
      toHex(
        map(
          text("type"),
          text("$call"),
          text("call"),
          text("quote"),
          text("id"),
          integer(1),
          text("timeoutMs"),
          integer(1),
          text("input"),
          map(text("symbol"), text("A")),
        ),
      ),
    );
    const sizes = [
      encodeCall(client, { type: "$call", call: "quite", id: 1, input: null }, "quite"),
      encodeCall(client, { type: "$item", id: 1, item: "" }, "chat"),
      encodeCall(server, { type: "$result", id: 1, output: 0 }, "upload"),
      encodeControl(client, { type: "$credit", id: 1, bytes: 32768 }),
      encodeControl(client, { type: "$cancel", id: 1 }),
    ].map((payload) => payload.length);
    expect(sizes).toEqual([33 + 1, 21 + 1, 25 + 1, 27, 18]);
  });

  test("what the two ends say beside values is understood in its direction", () => {
    const ofClient: readonly ControlMessage[] = [
      { type: "$end", id: 1 },
      { type: "$credit", id: -1, bytes: 1 },
      { type: "$credit", id: 1, bytes: 2 ** 53 - 1 },
      { type: "$cancel", id: 1 },
      { type: "$drain" },
      { type: "$drain", retryAfterMs: 5 },
    ];
    for (const message of ofClient) {
      expect(decodeCall(client, encodeControl(client, message))).toStrictEqual(message);
      const payload = encodeControl(client, message);
      if (message.type === "$end" || message.type === "$cancel") {
        expectError(() => decodeCall(server, payload), "unknown-type", { path: "/type" });
      } else expect(decodeCall(server, payload)).toStrictEqual(message);
    }
    const nothing = map(
      text("type"),
      text("$credit"),
      text("id"),
      integer(1),
      text("bytes"),
      integer(0),
    );
    expectError(() => decodeCall(client, nothing), "schema-mismatch", { path: "/bytes" });
  });

  test("a code that the call does not declare comes without data", () => {
    const error = map(
      text("code"),
      text("unheardOf"),
      text("message"),
      text("m"),
      text("data"),
      integer(5),
    );
    const payload = map(
      text("type"),
      text("$result"),
      text("id"),
      integer(1),
      text("error"),
      error,
    );
    const expected = {
      type: "$result",
      id: 1,
      error: { code: "unheardOf", message: "m" },
    } as const;
    expect(decodeCall(server, payload, openCalls)).toStrictEqual(expected);
    const other = encodeCall(
      server,
      { ...expected, error: { ...expected.error, data: 5 } },
      "quote",
    );
    expect(decodeCall(server, other, openCalls)).toStrictEqual(expected);
  });

  test("a result with both is the error", () => {
    const error = map(text("code"), text("closed"), text("message"), text("m"), text("data"), NULL);
    const payload = map(
      text("type"),
      text("$result"),
      text("id"),
      integer(3),
      text("output"),
      integer(5),
      text("error"),
      error,
    );
    expect(decodeCall(server, payload, openCalls)).toStrictEqual({
      type: "$result",
      id: 3,
      error: { code: "closed", message: "m" },
    });
  });

  test("a call of a name that is not known can be told so", () => {
    const result = {
      type: "$result",
      id: 1,
      error: { code: "unknown-call", message: "m" },
    } as const;
    const payload = encodeCall(server, result, "no such call");
    expect(decodeCall(server, payload, openCalls)).toStrictEqual(result);
  });

  test("the limits of the peer hold", () => {
    const message = {
      type: "$call",
      call: "quote",
      id: 1,
      input: { symbol: "x".repeat(1000) },
    } as const;
    const size = encodeCall(client, message, "quote").length;
    const within = { ...unannouncedLimits, maxFrameBytes: size };
    expect(encodeCall(client, message, "quote", within)).toHaveLength(size);
    const beyond = { ...unannouncedLimits, maxFrameBytes: size - 1 };
    expectError(() => encodeCall(client, message, "quote", beyond), "frame-too-large");
    const items = { ...unannouncedLimits, maxItems: 10 };
    expectError(() => encodeCall(client, message, "quote", items), "cbor-limit");
    expect(
      encodeCall(client, message, "quote", { ...unannouncedLimits, maxItems: 11 }),
    ).toHaveLength(size);
  });

  test("no other way writes or reads them", () => {
    const writer = new ByteWriter();
    const call = { type: "$call", call: "quote", id: 1, input: { symbol: "" } } as const;
    expectError(() => client.encodeInto(call, writer), "unknown-type");
    expectError(() => server.encodeInto({ type: "$result", id: 1 }, writer), "unknown-type");
    expectError(() => client.encodeInto({ type: "$item", id: 1, item: 1 }, writer), "unknown-type");
    expectError(
      () => client.encodeInto({ type: "$late", id: 1, of: "$item" }, writer),
      "unknown-type",
    );
    const named = '$call "quote"' as "$call";
    expectError(() => client.encodeInto({ ...call, type: named }, writer), "unknown-type");
    const payload = map(
      text("type"),
      text(named),
      text("call"),
      text("quote"),
      text("id"),
      integer(1),
    );
    expectError(() => decodeCall(client, payload), "unknown-type");
  });
});

describe("the other direction", () => {
  test("is spoken to as by a peer of a protocol without calls", () => {
    const { server, client } = paths.reference;
    const call = { type: "$call", call: "any", id: 1 } as const;
    expect(decodeCall(server, encodeControl(server, call))).toStrictEqual(call);
    const result = {
      type: "$result",
      id: 1,
      error: { code: "unknown-call", message: "m" },
    } as const;
    expect(decodeCall(client, encodeControl(client, result))).toStrictEqual(result);
  });
});
