import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { FakeClock, ignoringHangUp, TerminalProgram } from "@typewire/testkit";

import { GuardedWriter } from "../src/index.ts";
import { deviceOf, TerminalSink } from "../src/terminal-sink.ts";

/** A terminal that takes as many bytes as the test says, and how often it was asked. */
class Screen {
  readonly clock = new FakeClock();
  readonly sink = new TerminalSink((bytes) => this.#take(bytes), this.clock);
  room = Number.POSITIVE_INFINITY;
  asked = 0;
  error: Error | undefined;
  #shown: Uint8Array[] = [];

  get text(): string {
    return new TextDecoder().decode(Buffer.concat(this.#shown));
  }

  #take(bytes: Uint8Array): number {
    this.asked += 1;
    if (this.error !== undefined) throw this.error;
    const taken = Math.min(this.room, bytes.length);
    this.room -= taken;
    this.#shown.push(bytes.slice(0, taken));
    return taken;
  }
}

/** After everything that promises have asked for. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("TerminalSink", () => {
  test("writes at once what the terminal takes", () => {
    const screen = new Screen();
    screen.sink.write("hola\n");
    expect(screen.sink.flush()).toBe(5);
    expect(screen.asked).toBe(1);
    expect(screen.clock.pending).toBe(0);
  });

  test("keeps what it does not take, at any byte, and tells each writer when its own has gone", async () => {
    const screen = new Screen();
    screen.room = 2;
    const gone: string[] = [];
    for (const text of ["ñandú ", "你好 ", "👩‍🚀\n"]) {
      screen.sink.write(text);
      const flushed = screen.sink.flush();
      if (typeof flushed === "number") throw new Error("It was taken");
      void flushed.then(() => gone.push(text));
    }
    for (let step = 0; step < 100 && screen.clock.pending > 0; step += 1) {
      screen.room = 1;
      screen.clock.advance(64);
      await settled();
      const whole = screen.text.replace(/\ufffd$/, "");
      expect("ñandú 你好 👩‍🚀\n").toStartWith(whole);
      expect(gone.join("").length).toBeLessThanOrEqual(screen.text.length);
    }
    expect(screen.text).toBe("ñandú 你好 👩‍🚀\n");
    expect(gone).toEqual(["ñandú ", "你好 ", "👩‍🚀\n"]);
  });

  test("tries again ever more slowly while nothing is taken, and soon again once something is", () => {
    const screen = new Screen();
    screen.room = 0;
    screen.sink.write("x".repeat(10_000));
    void screen.sink.flush();
    screen.clock.advance(10_000);
    expect(screen.asked).toBeLessThan(10_000 / 64 + 10);
    const before = screen.asked;
    screen.room = 1;
    screen.clock.advance(64);
    expect(screen.asked).toBeGreaterThan(before + 3);
    // Each of many lines behind one that waits costs no attempt of its own.
    const between = screen.asked;
    for (let count = 0; count < 1000; count += 1) {
      screen.sink.write("y");
      void screen.sink.flush();
    }
    expect(screen.asked).toBe(between);
  });

  test("throws where the terminal is gone, and rejects what waits for it", async () => {
    const gone = new Screen();
    gone.error = Object.assign(new Error("gone"), { code: "EIO" });
    gone.sink.write("x");
    expect(() => gone.sink.flush()).toThrow("gone");

    const screen = new Screen();
    screen.room = 0;
    const writer = new GuardedWriter(screen.sink);
    writer.write("x");
    const flushed = writer.flush();
    screen.error = gone.error;
    screen.clock.advance(64);
    expect((await writer.broken).message).toBe("gone");
    await flushed;
    expect(screen.clock.pending).toBe(0);
  });
});

/** Modules as a script imports them. */
const modules = {
  terminalSink: JSON.stringify(join(import.meta.dir, "../src/terminal-sink.ts")),
  guardedWriter: JSON.stringify(join(import.meta.dir, "../src/guarded-writer.ts")),
};

describe("openTerminalSink", () => {
  // The whole commands on terminals: apps/*/test/terminal.test.ts.
  test("never waits for a terminal that it has found without /proc", async () => {
    const script = `
import { deviceOf, openTerminalSink } from ${modules.terminalSink};
const sink = openTerminalSink(1, [deviceOf(1) ?? "/dev/none"]);
sink.write("up\\n");
sink.flush();
for await (const _line of Bun.stdin.stream()) {
  sink.write("x".repeat(100_000));
  process.exit(typeof sink.flush() === "number" ? 8 : 7);
}`;
    await using program = new TerminalProgram([process.execPath, "-e", script]);
    await program.screen.line(/^up$/);
    program.stopOutput();
    program.type("go\n");
    expect(await program.exit()).toEqual({ code: 7, signal: null });
  });

  // Where nothing can be opened the sink is the inherited descriptor's.
  test.each([
    ["opened once more", "undefined"],
    ["that cannot be opened once more", `["/dev/none"]`],
  ])("gives up a terminal, %s, that was hung up", async (_kind, paths) => {
    const script = `
import { GuardedWriter } from ${modules.guardedWriter};
import { openTerminalSink } from ${modules.terminalSink};
const writer = new GuardedWriter(openTerminalSink(1, ${paths}));
writer.write("up\\n");
const text = "x".repeat(100_000);
setInterval(() => writer.write("x"), 1);
const { code } = await writer.broken;
const before = process.memoryUsage.rss();
for (let count = 0; count < 10_000; count += 1) writer.write(text);
await writer.flush();
const grownMiB = (process.memoryUsage.rss() - before) / 2 ** 20;
process.exit(code !== "EIO" ? 1 : grownMiB > 100 ? 2 : 7);`;
    await using program = new TerminalProgram(ignoringHangUp([process.execPath, "-e", script]));
    await program.screen.line(/^up$/);
    program.hangUp();
    expect(await program.exit()).toEqual({ code: 7, signal: null });
  });

  test("has no device for what is no terminal", () => {
    expect(deviceOf(9999)).toBeUndefined();
  });
});
