// What generated code costs: nothing before the sixteenth use, one message in a turn, what messages share
// once, and never more than its bounds.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ByteWriter } from "../../../src/byte-writer.ts";
import { CodeBudget, USES_BEFORE_CODE } from "../../../src/code-budget.ts";
import { CompiledPath, type GeneratedCode } from "../../../src/codec/compiled/compiled-path.ts";
import { MISS } from "../../../src/codec/compiled/decode/read.ts";
import {
  MAX_MESSAGE_SOURCE,
  MAX_SOURCE,
  type MessageCode,
} from "../../../src/codec/compiled/generator.ts";
import { compileNow, generatedCode } from "../../../src/codec/direction-codec.ts";
import { defineProtocol, defineReferenceProtocol } from "../../../src/define-protocol.ts";
import { defaultLimits } from "../../../src/limits.ts";
import { buildMessageTable } from "../../../src/schema/message-table.ts";
import { MOST_NAME_BYTES } from "../../../src/schema/names.ts";
import { type Shape, shapesIn } from "../../../src/schema/shape.ts";
import { errorOf } from "../../support/errors.ts";
import { webhookMessage, WEBHOOKS, webhookSchemas } from "../../support/webhooks.ts";

// A machine that does other things as well takes its time with hundreds of large schemas.
setDefaultTimeout(60_000);

type Way = "decode" | "encode";

function stateOf(code: GeneratedCode, name: string, way: Way): MessageCode["state"] | undefined {
  return code.messages.find((message) => message.name === name)?.[way].state;
}

/** The messages that are compiled, in the order of the protocol. */
function compiledIn(code: GeneratedCode, way: Way): readonly string[] {
  return code.messages.filter((each) => each[way].state === "compiled").map(({ name }) => name);
}

function bytesOf(code: GeneratedCode, way: Way): readonly number[] {
  return code.messages.flatMap(({ [way]: made }) =>
    made.state === "compiled" ? [made.bytes] : [],
  );
}

/** Lets the turn end. */
const nextTurn = (): Promise<void> => Promise.resolve();

/** A server that sends messages of `count` names, all alike. */
function alike(count: number) {
  const names = Array.from({ length: count }, (_, index) => `m${index}`);
  const body = Type.Object({ n: Type.Integer({ maximum: 100 }) });
  const server = Object.fromEntries(names.map((name) => [name, body]));
  return { names, codec: defineProtocol({ name: "p", version: 1, server, client: {} }).server };
}

describe("a message", () => {
  test("is compiled after its sixteenth use, reading and writing apart", async () => {
    const { codec } = alike(1);
    const message = { type: "m0", n: 5 };
    const payload = codec.encode(message);
    for (let use = 2; use < USES_BEFORE_CODE; use += 1) codec.encode(message);
    expect(generatedCode(codec).messages[0]).toEqual({
      name: "m0",
      encode: { state: "waiting", uses: USES_BEFORE_CODE - 1 },
      decode: { state: "waiting", uses: 0 },
    });
    expect(generatedCode(codec).encoder).toBe("");
    codec.encode(message);
    expect(stateOf(generatedCode(codec), "m0", "encode")).toBe("compiled");
    expect(codec.encode(message)).toEqual(payload);
    await nextTurn();
    for (let use = 1; use < USES_BEFORE_CODE; use += 1) codec.decode(payload);
    expect(stateOf(generatedCode(codec), "m0", "decode")).toBe("waiting");
    expect(generatedCode(codec).decoder).toBe("");
    codec.decode(payload);
    expect(stateOf(generatedCode(codec), "m0", "decode")).toBe("compiled");
    expect(codec.decode(payload)).toEqual(message);
  });

  test("is not compiled for what is refused, however often it comes", async () => {
    const { codec } = alike(1);
    const payload = codec.encode({ type: "m0", n: 100 });
    // The last byte but one is the head of the integer, the last its value.
    const refused = payload.slice();
    refused[refused.length - 1] = 101;
    for (let use = 0; use < 4 * USES_BEFORE_CODE; use += 1) {
      expect(errorOf(() => codec.decode(refused)).code).toBe("schema-mismatch");
      expect(errorOf(() => codec.encode({ type: "m0", n: 101 })).code).toBe("schema-mismatch");
      await nextTurn();
    }
    expect(generatedCode(codec)).toMatchObject({ decoder: "", encoder: "" });
  });

  test("is compiled one in a turn, whichever side of the protocol and however many are due", async () => {
    const { codec, names } = alike(5);
    const payloads = names.map((name) => codec.encode({ type: name, n: 1 }));
    const useAll = (): void => {
      for (const payload of payloads) codec.decode(payload);
    };
    for (let use = 0; use < 2 * USES_BEFORE_CODE; use += 1) useAll();
    expect(compiledIn(generatedCode(codec), "decode")).toEqual(["m0"]);
    for (let turn = 2; turn <= names.length; turn += 1) {
      await nextTurn();
      useAll();
      expect(compiledIn(generatedCode(codec), "decode")).toEqual(names.slice(0, turn));
    }
  });

  test("of any name is found among others, whatever its first bytes are like", () => {
    const unlike = [
      "a",
      "b",
      "ab",
      "ba",
      "ñ",
      "x".repeat(23),
      "x".repeat(24),
      "x".repeat(MOST_NAME_BYTES),
      " ",
    ];
    const alike = Array.from({ length: 300 }, (_, index) => `same_${index}_same`);
    const body = Type.Object({ n: Type.Integer() });
    for (const names of [["a"], unlike, alike.slice(0, 20), [...alike, ...unlike]]) {
      const server = Object.fromEntries(names.map((name) => [name, body]));
      const codec = defineProtocol({ name: "p", version: 1, server, client: {} }).server;
      const code = compileNow(codec);
      const path = new CompiledPath(
        buildMessageTable(server, "", new CodeBudget()),
        undefined,
        new CodeBudget(),
      );
      path.compileAll();
      expect(compiledIn(code, "decode")).toEqual(code.messages.map(({ name }) => name));
      for (const type of names) {
        const message = { type, n: 7 };
        const payload = codec.encode(message);
        expect(path.decode(payload, 0, payload.length, defaultLimits, undefined)).toEqual(message);
        const writer = new ByteWriter();
        expect(path.encode(message, undefined, writer, defaultLimits)).toBe(true);
        expect(writer.copy(0)).toEqual(payload);
        for (let end = 0; end < payload.length; end += 1) {
          expect(path.decode(payload, 0, end, defaultLimits, undefined)).toBe(MISS);
        }
      }
      expect(path.encode({ type: "absent" }, undefined, new ByteWriter(), defaultLimits)).toBe(
        false,
      );
    }
  });
});

describe("a protocol in the shape of webhooks", () => {
  const schemas = webhookSchemas();
  const definition = { name: "webhooks", version: 1, server: schemas, client: {} };

  test("makes nothing before it is used, and little for each message", async () => {
    const { server } = defineProtocol(definition);
    const [first = "", second = ""] = Object.keys(schemas);
    expect(generatedCode(server)).toMatchObject({ decoder: "", encoder: "" });
    const payloads = [first, second].map((name) =>
      server.encode(webhookMessage(name, schemas[name])),
    );
    for (let use = 0; use < 2 * USES_BEFORE_CODE; use += 1) {
      for (const payload of payloads) server.decode(payload);
      await nextTurn();
    }
    expect(compiledIn(generatedCode(server), "decode")).toEqual([first, second]);
    expect(generatedCode(server).encoder).toBe("");
  });

  test("is compiled whole within its bounds, with what messages share made once", () => {
    const code = compileNow(defineProtocol(definition).server);
    for (const way of ["decode", "encode"] as const) {
      expect(compiledIn(code, way)).toEqual(code.messages.map(({ name }) => name));
      const bytes = bytesOf(code, way);
      expect(Math.max(...bytes)).toBeLessThanOrEqual(MAX_MESSAGE_SOURCE);
      // The first messages bring what is shared; a later one has its own properties and calls.
      expect(Math.max(...bytes.slice(WEBHOOKS / 2, WEBHOOKS))).toBeLessThan(1500);
      const source = way === "decode" ? code.decoder : code.encoder;
      expect(source.length).toBeLessThanOrEqual(MAX_SOURCE);
      // One for each structure that is described, however many messages describe it.
      expect(source.match(/^function value/gm)?.length).toBeLessThan(30);
      // A property of the repository is written once, as are those of all that is shared.
      expect(source.split('"repository_7"').length - 1).toBeLessThan(5);
    }
  });

  test("is described once where it is the same, however many messages there are", () => {
    const table = [...buildMessageTable(schemas, "/server", new CodeBudget()).values()];
    const shapesOf = (place: number) => [...shapesIn(table[place]?.shape as Shape)];
    // Every fifth has the same subject, and differs by its action and the names of its own properties.
    const sixth = new Set(shapesOf(5));
    const own = shapesOf(0).filter((shape) => !sixth.has(shape));
    expect(own.map(({ kind }) => kind)).toEqual(["object", "literal"]);
    // The repository with its eighty properties, the users and the organization.
    expect(sixth.size).toBeGreaterThan(10);
  });

  test("reads and writes what the reference path does", () => {
    const { server } = defineProtocol(definition);
    const reference = defineReferenceProtocol(definition).server;
    compileNow(server);
    for (const name of Object.keys(schemas).slice(0, 10)) {
      const message = webhookMessage(name, schemas[name]);
      const payload = server.encode(message);
      expect(payload).toEqual(reference.encode(message));
      expect(server.decode(payload)).toStrictEqual(reference.decode(payload));
    }
  });
});

describe("code that would be too large", () => {
  /** So many properties are too much for one message, however densely. */
  const WIDE = 10_000;

  /** A message of `count` properties, all of them its own. */
  const wide = (prefix: string, count: number) =>
    Type.Object(
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`${prefix}${index}`, Type.String()]),
      ),
    );

  test("is not made for the message, which is served all the same", () => {
    const server = { wide: wide("property", WIDE), narrow: wide("property", 2) };
    const codec = defineProtocol({ name: "p", version: 1, server, client: {} }).server;
    const code = compileNow(codec);
    expect(code.messages.slice(0, 2).map(({ decode }) => decode.state)).toEqual([
      "too large",
      "compiled",
    ]);
    expect(code.messages[0]?.decode).toEqual({ state: "too large", limit: MAX_MESSAGE_SOURCE });
    const body = Object.fromEntries(
      Array.from({ length: WIDE }, (_, index) => [`property${index}`, "x"]),
    );
    const message = { type: "wide" as const, ...body } as never;
    expect(codec.decode(codec.encode(message))).toEqual(message);
  });

  test("is little for a union of many literals, which are looked up", () => {
    const words = Array.from({ length: 1000 }, (_, index) => Type.Literal(`word ${index}`));
    const server = { m: Type.Object({ v: Type.Union(words) }) };
    const code = compileNow(defineProtocol({ name: "p", version: 1, server, client: {} }).server);
    for (const way of ["decode", "encode"] as const) {
      expect(stateOf(code, "m", way)).toBe("compiled");
      expect(bytesOf(code, way)[0]).toBeLessThan(2000);
    }
  });

  test("is not made once all of it together is so much", () => {
    const names = Array.from({ length: 60 }, (_, index) => `m${index}`);
    const server = Object.fromEntries(names.map((name) => [name, wide(name, 600)]));
    const code = compileNow(defineProtocol({ name: "p", version: 1, server, client: {} }).server);
    expect(code.decoder.length).toBeLessThanOrEqual(MAX_SOURCE);
    const states = names.map((name) => stateOf(code, name, "decode"));
    expect(new Set(states)).toEqual(new Set(["compiled", "too large"] as const));
    // What is small still has room.
    expect(stateOf(code, "$ping", "decode")).toBe("compiled");
  });
});
