import { describe, expect, test } from "bun:test";

import { Program } from "../src/index.ts";

const script = (source: string): Program => new Program([process.execPath, "-e", source]);

describe("Program", () => {
  test("waits for lines on each stream, and for the end", async () => {
    await using program = script(
      'console.log("one"); console.error("two 22"); console.log("three"); process.exit(3)',
    );
    expect((await program.stderr.line(/two (\d+)/))[1]).toBe("22");
    await program.stdout.line(/three/);
    expect(await program.exit()).toEqual({ code: 3, signal: null });
    expect(program.stdout.lines).toEqual(["one", "three"]);
  });

  test("passes on what is typed, and the end of it", async () => {
    await using program = script('for await (const line of console) console.log(line + "!")');
    program.type("hola\n");
    await program.stdout.line(/^hola!$/);
    program.endInput();
    expect((await program.exit()).code).toBe(0);
  });

  test("passes on signals", async () => {
    await using program = script('console.log("up"); setInterval(() => {}, 1000)');
    await program.stdout.line(/up/);
    program.signal("SIGTERM");
    expect(await program.exit()).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("says what was printed instead of the line", async () => {
    await using program = script('console.log("something else")');
    expect(await program.stdout.line(/expected/).catch(String)).toBe(
      "Error: The stream ended: no line /expected/ on stdout, which is:\nsomething else",
    );
  });

  test("inherits nothing of the environment but the path", async () => {
    process.env["TYPEWIRE_TESTKIT_SECRET"] = "secret";
    await using program = script("console.log(Object.keys(process.env).sort().join())");
    delete process.env["TYPEWIRE_TESTKIT_SECRET"];
    await program.exit();
    expect(program.stdout.text).not.toContain("TYPEWIRE");
  });
});
