// Messages without a handler: told once at the start; with `exhaustive`, refused by the compiler and at run time.

import { afterEach, beforeEach, describe, expect, type Mock, spyOn, test } from "bun:test";

import { defineProtocol, Type } from "@typewire/protocol";

import { connect, serve } from "../src/index.ts";

const text = Type.Object({ text: Type.String() });
const shop = defineProtocol({
  name: "shop",
  version: 1,
  server: { sold: text, gone: text },
  client: { buy: text, look: text, ask: text },
});

let warn: Mock<typeof console.warn>;

beforeEach(() => {
  warn = spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

const warnings = (): string[] => warn.mock.calls.map(([sentence]) => String(sentence));

const missing = (names: string): string =>
  `handlers: expected one for each message that this end receives, got none for ${names}`;
const empty = (name: string): string => `an empty one, ${name}() {}, says that this is meant`;

describe("messages without a handler", () => {
  test("are named in one line at the start, of either end", async () => {
    await using server = serve(shop, { port: 0 }, { look() {} });
    await using _ = await connect(shop, { port: server.port });
    expect(warnings()).toEqual([
      `typewire: ${missing("buy, ask")}. What comes of them is dropped; ${empty("buy")}`,
      `typewire: ${missing("sold, gone")}. What comes of them is dropped; ${empty("sold")}`,
    ]);
  });

  test("are none where each has one, an empty one too, or an observer hears all", async () => {
    await using server = serve(shop, { port: 0 }, { look() {}, buy() {}, ask() {} });
    await using _ = await connect(shop, { port: server.port, observers: [{ onReceived() {} }] });
    expect(warnings()).toEqual([]);
  });

  test("are refused with `exhaustive`", async () => {
    const serving = (): unknown =>
      serve(
        shop,
        { port: 0, exhaustive: true },
        // @ts-expect-error -- buy and ask have none
        { look() {} },
      );
    expect(serving).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        message: `${missing("buy, ask")}; ${empty("buy")}`,
      }),
    );
    const connecting = connect(
      shop,
      { port: 1, exhaustive: true },
      // @ts-expect-error -- gone has none
      { sold() {} },
    );
    expect(await connecting.catch((error: unknown) => error)).toMatchObject({
      code: "option-invalid",
      message: `${missing("gone")}; ${empty("gone")}`,
    });
    // @ts-expect-error -- all of them are missing
    expect(() => serve(shop, { port: 0, exhaustive: true })).toThrow(missing("buy, look, ask"));
    expect(warnings()).toEqual([]);
  });

  test("may be none with `exhaustive`, whose handlers are inferred as ever", async () => {
    const heard: string[] = [];
    const sold = Promise.withResolvers<void>();
    await using server = serve(
      shop,
      { port: 0, exhaustive: true },
      {
        buy(message, connection) {
          heard.push(message.text);
          connection.send({ type: "sold", text: message.text });
        },
        look() {},
        ask() {},
      },
    );
    await using client = await connect(
      shop,
      { port: server.port, exhaustive: true },
      { sold: () => sold.resolve(), gone() {} },
    );
    client.send({ type: "buy", text: "bread" });
    await sold.promise;
    expect(heard).toEqual(["bread"]);
    expect(warnings()).toEqual([]);
  });

  test("take true or false for `exhaustive`", () => {
    const exhaustive = "yes" as unknown as boolean;
    expect(() => serve(shop, { port: 0, exhaustive }, {})).toThrow(
      "exhaustive: expected true or false, got a text",
    );
  });
});
