// When code is made for the messages of calls, for which, and how it is found among that of other messages.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ByteWriter } from "../../../src/byte-writer.ts";
import { CodeBudget } from "../../../src/code-budget.ts";
import { CompiledPath } from "../../../src/codec/compiled/compiled-path.ts";
import { MISS } from "../../../src/codec/compiled/decode/read.ts";
import { generatedCode } from "../../../src/codec/direction-codec.ts";
import { defineProtocol, type Role } from "../../../src/define-protocol.ts";
import { defaultLimits } from "../../../src/limits.ts";
import { buildCallTable, formFor, withCalls } from "../../../src/schema/call-table.ts";
import type { CallMessage } from "../../../src/schema/control.ts";
import { type AnyMessage, buildMessageTable } from "../../../src/schema/message-table.ts";
import {
  decodeCall,
  encodeCall,
  encodeControl,
  theCalls as paths,
} from "../../support/call-paths.ts";
import { integer, map, text } from "../../support/cbor.ts";
import { expectError } from "../../support/errors.ts";

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
      "$gap",
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

  describe.each([0, 5, 40])("among %i messages", (count) => {
    const names = Array.from({ length: count }, (_, index) => `m${index}`);
    const body = Type.Object({ n: Type.Integer() });
    const value = Type.Object({ symbol: Type.String() });
    const definition = {
      input: value,
      sends: value,
      yields: value,
      output: value,
      errors: { closed: value, open: value },
    };
    // The first two are the same in their first and last letter and their length.
    const ids = new Map([
      ["quote", 1],
      ["quite", 2],
      ["é", -700],
    ]);
    const calls = new Map([...ids.keys()].map((name) => [name, definition]));
    const symbol = { symbol: "ACME" };
    const written = (writer: Role, call: string, id: number): readonly CallMessage[] =>
      writer === "client"
        ? [
            { type: "$call", call, id, input: symbol },
            { type: "$item", id, item: symbol },
          ]
        : [
            { type: "$item", id, item: symbol },
            { type: "$result", id, output: symbol },
            ...["closed", "open"].map((code): CallMessage => {
              return { type: "$result", id, error: { code, message: "no", data: symbol } };
            }),
          ];

    test.each(["client", "server"] as const)("is found in what the %s writes", (role) => {
      const budget = new CodeBudget();
      const table = buildCallTable(calls, role, budget);
      const server = Object.fromEntries(names.map((name) => [name, body]));
      const messages = withCalls(buildMessageTable(server, "", budget), table);
      const path = new CompiledPath(messages, table, budget);
      const opened = (id: number) => [...ids].find((each) => each[1] === id)?.[0];
      const judge = (message: AnyMessage, form?: ReturnType<typeof formFor>): Uint8Array => {
        const writer = new ByteWriter();
        expect(path.encode(message, form, writer, defaultLimits)).toBe(true);
        const payload = writer.copy(0);
        for (let end = 0; end < payload.length; end += 1) {
          expect(path.decode(payload, 0, end, defaultLimits, opened)).toBe(MISS);
        }
        expect(path.decode(payload, 0, payload.length, defaultLimits, opened)).toEqual(message);
        return payload;
      };
      for (const [call, id] of ids) {
        for (const message of written(role, call, id)) {
          const form = formFor(table, call, message);
          expect(path.encode(message, form, new ByteWriter(), defaultLimits)).toBe(false);
        }
      }
      path.compileAll();
      for (const type of names) judge({ type, n: 7 } as AnyMessage);
      for (const [call, id] of ids) {
        for (const message of written(role, call, id)) {
          const payload = judge(message, formFor(table, call, message));
          if (message.type === "$call") continue;
          const { length } = payload;
          expect(path.decode(payload, 0, length, defaultLimits, () => undefined)).toBe(MISS);
          expect(path.decode(payload, 0, length, defaultLimits, undefined)).toBe(MISS);
        }
      }
    });
  });
});
