// The server on a terminal that is not read any more: Ctrl+S was typed, or the ssh is dead.

import { describe, expect, test } from "bun:test";

import { executable, ignoringHangUp, TerminalProgram } from "@typewire/testkit";
import { SaludoPeer } from "@typewire/testkit/saludo-peer";

const main = executable("server");

const command = [main, "--port", "0"];

async function onTerminal(...flags: readonly string[]) {
  return listening(new TerminalProgram([...command, ...flags]));
}

async function listening(program: TerminalProgram) {
  const [, port] = await program.screen.line(/listening.*127\.0\.0\.1:(\d+)/);
  return {
    program,
    port: Number(port),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** Says more than any terminal holds; another client hears every word of it. */
async function talk(port: number, sayings: number): Promise<void> {
  using speaker = await SaludoPeer.connect({ port });
  using listener = await SaludoPeer.connect({ port });
  await listener.next("greeting");
  await speaker.next("greeting");
  for (let count = 0; count < sayings; count += 1) await speaker.say(`${count} ${"x".repeat(400)}`);
  for (let count = 0; count < sayings; count += 1) {
    expect((await listener.next("said")).text).toStartWith(`${count} `);
  }
}

describe("typewire-server on a terminal", () => {
  test("serves on when its output is stopped, ends by SIGTERM, and loses no line until then", async () => {
    await using server = await onTerminal();
    server.program.stopOutput();
    await talk(server.port, 200);
    server.program.goOn();
    for (let count = 0; count < 200; count += 1) {
      await server.program.screen.line(new RegExp(`^\\[RECEIVED\\] [\\d.:]+: ${count} x+$`));
    }
    server.program.stopOutput();
    await talk(server.port, 200);
    server.program.signal("SIGTERM");
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
  }, 20_000);

  test("drops what is beyond its bound, also of its log, and serves on", async () => {
    await using server = await onTerminal("--trace");
    server.program.stopOutput();
    await talk(server.port, 1500);
    server.program.signal("SIGINT");
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
  }, 20_000);

  test("serves on when its terminal is hung up and it was told to stay, ends by SIGTERM", async () => {
    await using server = await listening(new TerminalProgram(ignoringHangUp(command)));
    server.program.hangUp();
    await talk(server.port, 200);
    server.program.signal("SIGTERM");
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
  });

  test("drains when its terminal is hung up", async () => {
    await using server = await onTerminal();
    server.program.hangUp();
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
  });
});
