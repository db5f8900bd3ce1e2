import { describe, expect, test } from "bun:test";

import { byteByByte, type Cutter, inPiecesOf, whole } from "@typewire/testkit";

import { jsonLine, type Line, MAX_LINE_BYTES, readLines, sayLine } from "../src/input.ts";

async function* chunksOf(bytes: Uint8Array, cut: Cutter): AsyncGenerator<Uint8Array> {
  for (const chunk of cut(bytes)) yield await Promise.resolve(chunk);
}

async function linesOf(input: string | Uint8Array, cut: Cutter = whole): Promise<Line[]> {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const lines: Line[] = [];
  for await (const line of readLines(chunksOf(bytes, cut))) lines.push(line);
  return lines;
}

const line = (text: string): Line => ({ kind: "line", text });

describe("readLines", () => {
  test.each([
    ["whole", whole],
    ["byte by byte", byteByByte],
    ["in threes", inPiecesOf(3)],
  ])("splits UTF-8 that comes %s", async (_how, cut) => {
    expect(await linesOf("uno\r\n\ndós 👋\ntrés", cut)).toEqual([
      line("uno"),
      line(""),
      line("dós 👋"),
      line("trés"),
    ]);
  });

  test("has no empty line after the last newline", async () => {
    expect(await linesOf("uno\n")).toEqual([line("uno")]);
    expect(await linesOf("")).toEqual([]);
  });

  test("refuses a line that is not UTF-8, and goes on", async () => {
    expect(await linesOf(new Uint8Array([0xc3, 0x28, 0x0a, 0x61, 0x0a]))).toEqual([
      { kind: "invalid", reason: "not UTF-8" },
      line("a"),
    ]);
  });

  test("refuses a line one byte too long without holding it, and goes on", async () => {
    const longest = "x".repeat(MAX_LINE_BYTES);
    expect(await linesOf(`${longest}\n${longest}x\na`, inPiecesOf(65_536))).toEqual([
      line(longest),
      { kind: "invalid", reason: "longer than 1048576 bytes" },
      line("a"),
    ]);
  });

  test("refuses a line that is too long before its end, which may never come", async () => {
    let isOver = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      const chunk = new Uint8Array(65_536);
      while (!isOver) yield await Promise.resolve(chunk);
      yield await Promise.resolve(new TextEncoder().encode("rest\nuno"));
    }
    const lines = readLines(endless());
    expect(await lines.next()).toEqual({
      done: false,
      value: { kind: "invalid", reason: "longer than 1048576 bytes" },
    });
    isOver = true;
    expect(await Array.fromAsync(lines)).toEqual([line("uno")]);
  });

  test("ends with the reason where the stream cannot be read", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(new TextEncoder().encode("uno\n"));
      throw new Error("EIO");
    }
    const lines: Line[] = [];
    for await (const item of readLines(broken())) lines.push(item);
    expect(lines).toEqual([
      line("uno"),
      { kind: "invalid", reason: "stdin cannot be read: Error: EIO" },
    ]);
  });
});

describe("sayLine", () => {
  test("says the line as it is", () => {
    expect(sayLine(' {"a":1} ')).toEqual({ type: "say", text: ' {"a":1} ' });
  });
});

describe("jsonLine", () => {
  test("is the JSON value, and a SyntaxError where there is none", () => {
    expect(jsonLine('{"type":"say","text":"x"}')).toEqual({ type: "say", text: "x" });
    expect(() => jsonLine("hola")).toThrow(SyntaxError);
  });
});
