// What we rely on in the engine and the console: each the smallest program that shows it, without code of ours.

import { describe, expect, test } from "bun:test";

describe("TextDecoder", () => {
  test("with fatal throws a TypeError for each kind of invalid UTF-8", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    for (const hex of ["c328", "c080", "eda080", "f4908080", "e282", "80"]) {
      expect(() => decoder.decode(Uint8Array.fromHex(hex))).toThrow(TypeError);
    }
    expect(decoder.decode(Uint8Array.fromHex("c3b1"))).toBe("ñ");
  });

  test("keeps a leading byte order mark with ignoreBOM and drops it without", () => {
    const bytes = Uint8Array.fromHex("efbbbf61");
    expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)).toBe("\ufeffa");
    expect(new TextDecoder("utf-8").decode(bytes)).toBe("a");
  });
});

describe("console.log", () => {
  test("writes whole to a pipe before process.exit ends the program", () => {
    const program = `for (let i = 0; i < 5000; i += 1) console.log("x".repeat(99)); process.exit(0);`;
    const { stdout } = Bun.spawnSync([process.execPath, "-e", program], { timeout: 4000 });
    expect(stdout.length).toBe(5000 * 100);
  });
});

describe("an error whose stack was set", () => {
  const framesIn = (frame: string): readonly string[] => {
    const program = `
      const error = new Error("late");
      error.stack = "Error: late\\n    at ${frame}";
      throw error;
    `;
    const { stderr } = Bun.spawnSync([process.execPath, "-e", program], { timeout: 4000 });
    return stderr
      .toString()
      .split("\n")
      .filter((line) => /^ +at /.test(line));
  };

  test("is shown at its first frame where that has a name, and else where it was made", () => {
    expect(framesIn("ask (/home/ana/ask.ts:3:7)").join()).toContain("/home/ana/ask.ts:3");
    expect(framesIn("<anonymous> (/home/ana/ask.ts:3:7)").join()).toContain("/home/ana/ask.ts:3");
    expect(framesIn("/home/ana/ask.ts:3:7").join()).not.toContain("/home/ana/ask.ts:3");
  });
});
