import { describe, expect, test } from "bun:test";

import { saludo, type SaludoServerMessage } from "@typewire/protocol/saludo";

import { formatterOf, type OutputFormat } from "../src/output.ts";

function format(message: SaludoServerMessage, as: OutputFormat, colours = false): string {
  const payload = saludo.server.encode(message);
  const padded = new Uint8Array([9, ...payload, 9]);
  return formatterOf(as, colours)(message, padded, 1, payload.length + 1);
}

const at = new Date("2026-01-31T12:00:00Z");

describe("formatterOf", () => {
  test.each([
    ["welcome", { type: "welcome", text: "Bienvenido!" }, "[RECEIVED] Bienvenido!"],
    ["greeting", { type: "greeting", words: { 1: "Hola" } }, '[RECEIVED] {1: "Hola"}'],
    ["said", { type: "said", from: "a:1", text: "hola", at }, "[RECEIVED] a:1: hola"],
  ] as const)("human shows what a %s says", (_name, message, expected) => {
    expect(format(message, "human")).toBe(expected);
  });

  test("human colours the tag alone", () => {
    expect(format({ type: "welcome", text: "x" }, "human", true)).toBe(
      "\u001b[32m[RECEIVED]\u001b[0m x",
    );
  });

  test("json is the message, dates in ISO 8601", () => {
    expect(format({ type: "said", from: "a:1", text: "hola", at }, "json")).toBe(
      '{"type":"said","from":"a:1","text":"hola","at":"2026-01-31T12:00:00.000Z"}',
    );
  });

  test("diag and hex show what travelled", () => {
    const message = { type: "greeting", words: { 1: "Hola" } } as const;
    expect(format(message, "diag")).toBe('{"type": "greeting", "words": {1: "Hola"}}');
    expect(format(message, "hex")).toBe("a26474797065686772656574696e6765776f726473a10164486f6c61");
  });

  test.each(["human", "json", "diag"] as const)(
    "%s hands the terminal no command of the server's",
    (as) => {
      const text = "\u001b[2J\u009b\u202e\nmore";
      expect(format({ type: "said", from: text, text, at }, as)).not.toMatch(/[\p{Cc}\u202e]/u);
    },
  );
});
