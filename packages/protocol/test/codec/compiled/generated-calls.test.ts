// When code is made for the messages of calls, and for which.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ByteWriter } from "../../../src/byte-writer.ts";
import { generatedCode } from "../../../src/codec/direction-codec.ts";
import { defineProtocol } from "../../../src/define-protocol.ts";
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
