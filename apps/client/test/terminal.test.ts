// The client on a terminal that is not read any more: Ctrl+S was typed, or the ssh is dead.

import { describe, expect, test } from "bun:test";

import { executable, ignoringHangUp, TerminalProgram } from "@typewire/testkit";
import { hello, SaludoListener } from "@typewire/testkit/saludo-listener";

const main = executable("client");

/** More than a terminal holds: 80 KB. */
const many = Array.from({ length: 200 }, () => ({
  type: "welcome" as const,
  text: "x".repeat(400),
}));

function onTerminal(port: number, ...flags: readonly string[]): TerminalProgram {
  return new TerminalProgram([main, `127.0.0.1:${port}`, ...flags]);
}

describe("typewire-client on a terminal", () => {
  test("sends on when its output is stopped, shows all once it goes on, ends by a signal", async () => {
    using server = new SaludoListener();
    await using client = onTerminal(server.port);
    const accepted = await server.accept(hello, { type: "welcome", text: "first" });
    await client.screen.line(/^\[RECEIVED\] first$/);
    client.stopOutput();
    await accepted.send(...many, { type: "welcome", text: "last" });
    client.type("hola\n");
    expect(await accepted.next("say")).toMatchObject({ text: "hola" });
    client.goOn();
    await client.screen.line(/^\[RECEIVED\] last$/);
    client.stopOutput();
    await accepted.send(...many);
    client.type("adiós\n");
    expect(await accepted.next("say")).toMatchObject({ text: "adiós" });
    client.signal("SIGTERM");
    await accepted.next("$bye");
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
  });

  test("that has come to its end, and waits for its reader, ends by a signal too", async () => {
    using server = new SaludoListener();
    await using client = onTerminal(server.port, "--count", `${many.length + 1}`);
    const accepted = await server.accept(hello, { type: "welcome", text: "first" });
    await client.screen.line(/^\[RECEIVED\] first$/);
    client.stopOutput();
    await accepted.send(...many);
    await accepted.next("$bye");
    accepted.raw.shutdown();
    await accepted.raw.ended;
    client.signal("SIGTERM");
    expect(await client.exit()).toEqual({ code: 0, signal: null });
  });

  async function hungUp(started: (command: readonly string[]) => readonly string[]) {
    const server = new SaludoListener();
    const command = [main, `127.0.0.1:${server.port}`];
    const client = new TerminalProgram(started(command));
    const accepted = await server.accept(hello, { type: "welcome", text: "first" });
    await client.screen.line(/^\[RECEIVED\] first$/);
    client.hangUp();
    return {
      client,
      accepted,
      [Symbol.asyncDispose]: async () => {
        await client[Symbol.asyncDispose]();
        server[Symbol.dispose]();
      },
    };
  }

  test("exits 1 when its terminal is hung up and it was told to stay", async () => {
    await using run = await hungUp(ignoringHangUp);
    await run.accepted.send(...many);
    await run.accepted.next("$bye");
    run.accepted.raw.shutdown();
    expect(await run.client.exit()).toEqual({ code: 1, signal: null });
  });

  test("ends in order when its terminal is hung up", async () => {
    await using run = await hungUp((command) => command);
    await run.accepted.next("$bye");
    run.accepted.raw.shutdown();
    expect(await run.client.exit()).toEqual({ code: 0, signal: null });
  });
});
