// The messages of calls: their bytes, which call they are read by, and what is said of those that do not fit.
// Everything is asked of both paths.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ByteWriter } from "../../src/byte-writer.ts";
import { defineProtocol } from "../../src/define-protocol.ts";
import { CallMisfit, isFatal } from "../../src/errors.ts";
import { generatedCode, unannouncedLimits } from "../../src/codec/direction-codec.ts";
import type { CallFailure, CallMessage, ControlMessage } from "../../src/schema/control.ts";
import { toHex } from "../support/bytes.ts";
import { callPathsOf, decodeCall, encodeCall, encodeControl } from "../support/call-paths.ts";
import { array, integer, map, NULL, text } from "../support/cbor.ts";
import { errorOf, expectError } from "../support/errors.ts";
import { recode } from "../support/recode.ts";

const paths = callPathsOf(
  {
    quote: {
      input: Type.Object({ symbol: Type.String() }),
      output: Type.Object({ price: Type.Number(), at: Type.Date() }),
      errors: {
        unknownSymbol: Type.Object({ symbol: Type.String() }),
        closed: Type.Null(),
      },
    },
    tail: { input: Type.Object({ after: Type.Integer() }), yields: Type.Date() },
    upload: { sends: Type.Uint8Array({ maxByteLength: 4 }), output: Type.Integer() },
    chat: { sends: Type.String(), yields: Type.BigInt() },
    // As "quote" in its first and last letter and its length.
    quite: { input: Type.Union([Type.String(), Type.Null()]), output: Type.Undefined() },
    toString: { input: Type.Integer() },
    constructor: { output: Type.Array(Type.Boolean()) },
    é: { output: Type.Null() },
  },
  Type.Object({ token: Type.String() }),
);

const open: Readonly<Record<number, string>> = {
  1: "quote",
  2: "tail",
  3: "upload",
  4: "chat",
  5: "quite",
  6: "toString",
  7: "constructor",
  8: "é",
  9: "$authenticate",
  [-1]: "quote",
  [2 ** 53 - 1]: "chat",
};
const openCalls = (id: number): string | undefined => open[id];

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

  test("a call of a name that is not known is answered for by its id", () => {
    for (const name of [
      "quot",
      "quoté",
      "valueOf",
      "__proto__",
      "",
      "$call",
      "$describe",
      "x".repeat(1000),
    ]) {
      const payload = map(
        text("type"),
        text("$call"),
        text("id"),
        integer(7),
        text("call"),
        text(name),
      );
      const error = errorOf(() => decodeCall(client, payload));
      expect(error).toBeInstanceOf(CallMisfit);
      expect(error).toMatchObject({
        code: "unknown-call",
        id: 7,
        call: name,
        path: "/call",
        of: "$call",
      });
      expect(isFatal(error.code)).toBe(false);
    }
  });

  test("an input that does not fit is answered for by its id, with its path", () => {
    const inputs = [
      [map(text("symbol"), integer(5)), "/input/symbol"],
      [map(), "/input/symbol"],
      [NULL, "/input"],
      [undefined, "/input"],
    ] as const;
    for (const [input, path] of inputs) {
      const value = input === undefined ? [] : [text("input"), input];
      const payload = map(
        text("type"),
        text("$call"),
        text("call"),
        text("quote"),
        text("id"),
        integer(7),
        ...value,
      );
      const error = errorOf(() => decodeCall(client, payload));
      expect(error).toBeInstanceOf(CallMisfit);
      expect(error).toMatchObject({
        code: "invalid-input",
        id: 7,
        call: "quote",
        path,
        of: "$call",
      });
    }
    const late = map(
      text("type"),
      text("$call"),
      text("call"),
      text("chat"),
      text("id"),
      integer(7),
      text("timeoutMs"),
      integer(-1),
    );
    expect(errorOf(() => decodeCall(client, late))).toMatchObject({
      code: "invalid-input",
      path: "/timeoutMs",
      id: 7,
    });
  });

  test("a message without an envelope is refused as one that fails its schema", () => {
    const ids = [[], [text("id"), text("1")], [text("id"), integer(2n ** 53n)], [text("id"), NULL]];
    for (const id of ids) {
      for (const [codec, type] of [
        [client, "$call"],
        [client, "$item"],
        [server, "$item"],
        [server, "$result"],
      ] as const) {
        const payload = map(text("type"), text(type), text("call"), text("quote"), ...id);
        const error = errorOf(() => decodeCall(codec, payload, openCalls));
        expect(error).not.toBeInstanceOf(CallMisfit);
        expect(error).toMatchObject({ code: "schema-mismatch", path: "/id", of: type });
      }
    }
    const nameless = map(text("type"), text("$call"), text("id"), integer(1));
    expect(errorOf(() => decodeCall(client, nameless))).toMatchObject({
      code: "schema-mismatch",
      path: "/call",
    });
    const numbered = map(
      text("type"),
      text("$call"),
      text("id"),
      integer(1),
      text("call"),
      integer(1),
    );
    expect(errorOf(() => decodeCall(client, numbered))).toMatchObject({
      code: "schema-mismatch",
      path: "/call",
    });
  });

  test("an item or result of a call that is not open is late, whatever it says", () => {
    const value = array(map(text("any"), NULL));
    for (const [codec, of] of [
      [client, "$item"],
      [server, "$item"],
      [server, "$result"],
    ] as const) {
      for (const id of [0, 99, -99, 2 ** 53 - 2]) {
        const payload = map(
          text("type"),
          text(of),
          text("id"),
          integer(id),
          text(of === "$item" ? "item" : "output"),
          value,
        );
        const late = { type: "$late", id, of } as const;
        expect(decodeCall(codec, payload, openCalls)).toStrictEqual(late);
        expect(decodeCall(codec, payload)).toStrictEqual(late);
        expectError(() => codec.decode(payload), "unknown-type");
        const cut = payload.subarray(0, -1);
        expectError(() => decodeCall(codec, cut, openCalls), "cbor-malformed");
      }
    }
    // The id of a call that the codec has not.
    const payload = map(text("type"), text("$item"), text("id"), integer(1), text("item"), NULL);
    expect(decodeCall(client, payload, () => "valueOf")).toStrictEqual({
      type: "$late",
      id: 1,
      of: "$item",
    });
  });

  test("an item or result that does not fit its call is told by the call's id", () => {
    const item = (id: number, value: Uint8Array) =>
      map(text("type"), text("$item"), text("id"), integer(id), text("item"), value);
    const result = (id: number, ...rest: readonly Uint8Array[]) =>
      map(text("type"), text("$result"), text("id"), integer(id), ...rest);
    const ofError = (code: Uint8Array, ...rest: readonly Uint8Array[]) =>
      [text("error"), map(text("code"), code, text("message"), text("m"), ...rest)] as const;
    const cases = [
      [client, item(3, text("x")), "invalid-item", "/item"],
      [client, item(4, NULL), "invalid-item", "/item"],
      [client, item(1, NULL), "invalid-item", "/type"],
      [client, map(text("type"), text("$item"), text("id"), integer(4)), "invalid-item", "/item"],
      [server, item(2, text("x")), "invalid-answer", "/item"],
      [server, item(3, NULL), "invalid-answer", "/type"],
      [server, result(1, text("output"), NULL), "invalid-answer", "/output"],
      [server, result(1), "invalid-answer", "/output"],
      [server, result(1, ...ofError(text("unknownSymbol"))), "invalid-answer", "/error/data"],
      [
        server,
        result(1, ...ofError(text("unknownSymbol"), text("data"), map())),
        "invalid-answer",
        "/error/data/symbol",
      ],
      [server, result(1, ...ofError(NULL)), "invalid-answer", "/error/code"],
      [server, result(1, text("error"), NULL), "invalid-answer", "/error"],
      [
        server,
        result(1, text("error"), map(text("code"), text("closed"))),
        "invalid-answer",
        "/error/message",
      ],
    ] as const;
    for (const [codec, payload, code, path] of cases) {
      const error = errorOf(() => decodeCall(codec, payload, openCalls));
      expect(error).toBeInstanceOf(CallMisfit);
      expect(error).toMatchObject({ code, path });
      expect(open[(error as CallMisfit).id]).toBe((error as CallMisfit).call ?? "none");
    }
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

  test("what does not fit is not written, and the writer is as before", () => {
    const cases = [
      [
        client,
        "quote",
        { type: "$call", call: "quote", id: 1, input: { symbol: 5 } },
        "schema-mismatch",
        "/input/symbol",
      ],
      [client, "quote", { type: "$call", call: "quote", id: 1 }, "schema-mismatch", "/input"],
      [
        client,
        "quote",
        { type: "$call", call: "chat", id: 1, input: { symbol: "" } },
        "schema-mismatch",
        "/call",
      ],
      [
        client,
        "quote",
        { type: "$call", call: "quote", id: 0.5, input: { symbol: "" } },
        "schema-mismatch",
        "/id",
      ],
      [
        client,
        "quote",
        { type: "$call", call: "quote", id: 2 ** 53, input: { symbol: "" } },
        "schema-mismatch",
        "/id",
      ],
      [
        client,
        "upload",
        { type: "$item", id: 1, item: new Uint8Array(5) },
        "schema-mismatch",
        "/item",
      ],
      [client, "quote", { type: "$item", id: 1, item: "x" }, "unknown-type", "/type"],
      [client, "upload", { type: "$result", id: 1, output: 5 }, "unknown-type", "/type"],
      [
        server,
        "quote",
        { type: "$call", call: "quote", id: 1, input: { symbol: "" } },
        "unknown-type",
        "/type",
      ],
      [server, "valueOf", { type: "$result", id: 1, output: 5 }, "unknown-type", "/type"],
      [server, "upload", { type: "$result", id: 1, output: 0.5 }, "schema-mismatch", "/output"],
      [server, "quote", { type: "$result", id: 1 }, "schema-mismatch", "/output"],
      [
        server,
        "quote",
        { type: "$result", id: 1, error: { code: "closed", message: "m", data: 5 } },
        "schema-mismatch",
        "/error/data",
      ],
      [server, "chat", { type: "$item", id: 1, item: 2n ** 64n }, "schema-mismatch", "/item"],
    ] as const;
    for (const [codec, name, message, code, path] of cases) {
      const writer = new ByteWriter();
      writer.length = 3;
      expectError(() => codec.encodeCallInto(message, name, writer), code, { path });
      expect(writer.length).toBe(3);
    }
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

describe("the code of calls", () => {
  test("is made for each message of each call, when it has been used", async () => {
    const used = defineProtocol({
      name: "test",
      version: 1,
      server: {},
      client: {},
      calls: {
        one: { input: Type.Integer(), output: Type.Integer() },
        two: { sends: Type.String() },
      },
    });
    const states = (codec: typeof used.client) =>
      Object.fromEntries(
        generatedCode(codec)
          .messages.filter(({ name }) => name.includes('"'))
          .map(({ name, decode, encode }) => [name, `${decode.state} ${encode.state}`]),
      );
    const names = ['$call "one"', '$call "two"', '$item "two"'];
    expect(Object.keys(states(used.client))).toEqual(names);
    const message = { type: "$call", call: "one", id: 1, input: 5 } as const;
    const payload = encodeCall(used.client, message, "one");
    for (let count = 1; count < 40; count += 1) {
      encodeCall(used.client, message, "one");
      await Promise.resolve();
      await Promise.resolve();
      expect(decodeCall(used.client, payload)).toStrictEqual(message);
      await Promise.resolve();
      await Promise.resolve();
    }
    expect(states(used.client)).toEqual({
      '$call "one"': "compiled compiled",
      '$call "two"': "waiting waiting",
      '$item "two"': "waiting waiting",
    });
    // The compiled path alone would not read a call by a name that is the same in three bytes.
    const other = map(
      text("type"),
      text("$call"),
      text("call"),
      text("oue"),
      text("id"),
      integer(1),
    );
    expectError(() => decodeCall(used.client, other), "unknown-call");
  });

  test("has a form for each error, and none where there are no calls", () => {
    const names = generatedCode(paths.compiled.server).messages.map(({ name }) => name);
    expect(names).toContain('$result "quote"');
    expect(names).toContain('$result "quote" error "closed"');
    expect(names.filter((name) => name.includes("$authenticate"))).toHaveLength(1);
    const plain = defineProtocol({ name: "test", version: 1, server: {}, client: {} });
    expect(generatedCode(plain.client).messages.map(({ name }) => name)).toEqual([
      "$hello",
      "$proof",
      "$ping",
      "$pong",
      "$error",
      "$bye",
      "$call",
      "$result",
    ]);
    const message = { type: "$call", call: "one", id: 1 } as const;
    expectError(
      () => plain.client.encodeCallInto(message, "one", new ByteWriter()),
      "unknown-type",
    );
    expect(decodeCall(plain.client, encodeControl(plain.client, message))).toStrictEqual(message);
  });
});
