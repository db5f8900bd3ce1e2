// What is said of messages of calls that do not fit, and to whom: to a call by its id, to the connection where
// there is no id, and to nobody where the call is over. Everything is asked of both paths.

import { describe, expect, test } from "bun:test";

import { ByteWriter } from "../../src/byte-writer.ts";
import { CallMisfit, isFatal } from "../../src/errors.ts";
import { decodeCall, openCalls, theCalls as paths } from "../support/call-paths.ts";
import { array, integer, map, NULL, text } from "../support/cbor.ts";
import { errorOf, expectError } from "../support/errors.ts";

const both = Object.entries(paths);

describe.each(both)("on the %s path", (_, { server, client }) => {
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
      expect(openCalls((error as CallMisfit).id)).toBe((error as CallMisfit).call ?? "none");
    }
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
});
