// What compiles and what does not. `bun check` is the judge of this file; at run time it only confirms
// that the values are what the types say.

import { describe, expect, expectTypeOf, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import {
  type AnyProtocol,
  type Codec,
  type ControlMessage,
  defineProtocol,
  type MessageOf,
} from "../src/index.ts";
import { saludo, type SaludoClientMessage, type SaludoServerMessage } from "../src/saludo.ts";
import { outcomeOf } from "./support/errors.ts";

const kinds = defineProtocol({
  name: "kinds",
  version: 1,
  server: {
    all: Type.Object({
      text: Type.String(),
      number: Type.Number(),
      big: Type.BigInt(),
      date: Type.Date(),
      bytes: Type.Uint8Array(),
      literal: Type.Literal("x"),
      list: Type.Array(Type.Integer()),
      tuple: Type.Tuple([Type.String(), Type.Null()]),
      record: Type.Record(Type.Integer(), Type.String()),
      union: Type.Union([Type.Date(), Type.Null()]),
      optional: Type.Optional(Type.Boolean()),
      unknown: Type.Unknown(),
    }),
    choice: Type.Union([
      Type.Object({ ok: Type.Literal(true), value: Type.Number() }),
      Type.Object({ ok: Type.Literal(false), why: Type.String() }),
    ]),
  },
  client: {},
});

describe("MessageOf", () => {
  test("is the union of one side's messages", () => {
    expectTypeOf<SaludoServerMessage>().toEqualTypeOf<
      | { type: "welcome"; text: string }
      | { type: "greeting"; words: Record<number, string> }
      | { type: "said"; from: string; text: string; at: Date }
    >();
    expectTypeOf<SaludoClientMessage>().toEqualTypeOf<{ type: "say"; text: string }>();
    expectTypeOf<MessageOf<typeof saludo, "client">["type"]>().toEqualTypeOf<"say">();
    expectTypeOf<MessageOf<typeof kinds, "client">>().toBeNever();
  });

  test("has the static type of every kind of schema", () => {
    expectTypeOf<Extract<MessageOf<typeof kinds, "server">, { type: "all" }>>().toEqualTypeOf<{
      type: "all";
      text: string;
      number: number;
      big: bigint;
      date: Date;
      bytes: Uint8Array;
      literal: "x";
      list: number[];
      tuple: [string, null];
      record: Record<number, string>;
      union: Date | null;
      optional?: boolean;
      unknown: unknown;
    }>();
  });

  test("keeps a message that is a union apart by its literals", () => {
    const describeChoice = (
      choice: Extract<MessageOf<typeof kinds, "server">, { type: "choice" }>,
    ): string => (choice.ok ? choice.value.toFixed(1) : choice.why);
    expect(describeChoice({ type: "choice", ok: true, value: 1 })).toBe("1.0");
    expect(describeChoice({ type: "choice", ok: false, why: "no" })).toBe("no");
  });

  test("is what the codec gives and takes", () => {
    expectTypeOf(saludo.server.decode).returns.toEqualTypeOf<SaludoServerMessage>();
    expectTypeOf<Parameters<typeof saludo.client.encode>[0]>().toEqualTypeOf<SaludoClientMessage>();
    expectTypeOf(saludo.server.decodeIncoming).returns.toEqualTypeOf<
      SaludoServerMessage | ControlMessage
    >();
    expectTypeOf(saludo.server).toExtend<Codec<SaludoServerMessage>>();
    expect(saludo.server.messageNames).toContain("said");
  });
});

describe("a message of the wrong shape does not compile", () => {
  // Each is refused at run time as well.
  const refused = (run: () => unknown): void => expect(outcomeOf(run)).not.toBe("accepted");

  test("with a wrong field", () => {
    // @ts-expect-error: `text` is text.
    refused(() => saludo.client.encode({ type: "say", text: 5 }));
    // @ts-expect-error: `text` is required.
    refused(() => saludo.client.encode({ type: "say" }));
    // @ts-expect-error: `at` is a Date.
    refused(() => saludo.server.encode({ type: "said", from: "x", text: "y", at: 5 }));
    // @ts-expect-error: the values of `words` are text.
    refused(() => saludo.server.encode({ type: "greeting", words: { 1: 2 } }));
  });

  test("with a field that the schema has not, which is left out at run time", () => {
    // @ts-expect-error: there is no `loud`.
    expect(outcomeOf(() => saludo.client.encode({ type: "say", text: "x", loud: true }))).toBe(
      "accepted",
    );
  });

  test("in the wrong direction, or of a name that is none", () => {
    // @ts-expect-error: the server says nothing, it has `said`.
    refused(() => saludo.server.encode({ type: "say", text: "x" }));
    // @ts-expect-error: clients do not welcome.
    refused(() => saludo.client.encode({ type: "welcome", text: "x" }));
    // @ts-expect-error: there is no `shout`.
    refused(() => saludo.client.encode({ type: "shout", text: "x" }));
    // @ts-expect-error: control messages are the connection's.
    refused(() => saludo.client.encode({ type: "$ping" }));
  });

  test("when it is read as another", () => {
    const message = saludo.server.decode(saludo.server.encode({ type: "welcome", text: "hola" }));
    // @ts-expect-error: not every message has `at`.
    expect(message.at).toBeUndefined();
    if (message.type === "welcome") expect(message.text.length).toBe(4);
  });
});

describe("AnyProtocol", () => {
  test("takes every protocol where its messages do not matter", () => {
    const nameOf = (protocol: AnyProtocol): string => `${protocol.name} ${protocol.version}`;
    expectTypeOf(saludo.fingerprint).toBeString();
    expect(nameOf(saludo)).toBe("saludo 1");
  });
});
