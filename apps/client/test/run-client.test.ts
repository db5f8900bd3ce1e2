// What only shows from inside the command: how it holds back a server that is faster than stdout.

import { describe, expect, test } from "bun:test";

import { createLog, openTerminal, type TextSink } from "@typewire/command";
import type { SaludoServerMessage } from "@typewire/protocol/saludo";

import { type ClientFlags, readClientCommandLine } from "../src/command-line.ts";
import { clientEvents } from "../src/events.ts";
import { ClientRun } from "../src/run-client.ts";
import { hello, SaludoListener } from "@typewire/testkit/saludo-listener";

/** A sink whose reader waits until it is let go. */
class HeldSink implements TextSink {
  #gate = Promise.withResolvers<number>();
  #isOpen = false;
  readonly pressed = Promise.withResolvers<void>();
  lines = 0;

  write(text: string): void {
    this.lines += 1;
    if (text.length > 0) this.pressed.resolve();
  }

  flush(): number | Promise<number> {
    return this.#isOpen ? 0 : this.#gate.promise;
  }

  letGo(): void {
    this.#isOpen = true;
    this.#gate.resolve(0);
  }
}

function flagsOf(...argv: readonly string[]): ClientFlags {
  const commandLine = readClientCommandLine(argv);
  if (commandLine.kind !== "run") throw new Error("The flags are wrong");
  return commandLine.options;
}

/** Lets the event loop turn, sockets included, so many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("ClientRun", () => {
  test("stops reading from the server while the reader of stdout does not read", async () => {
    using server = new SaludoListener();
    const sink = new HeldSink();
    const count = 200;
    const quiet = { sink: { write() {}, flush: () => 0 }, isTerminal: false };
    const run = new ClientRun({
      flags: flagsOf(String(server.port), "--count", String(count)),
      log: createLog(clientEvents, { format: "json", language: "en", colours: false, write() {} }),
      terminal: openTerminal({
        stdout: { sink, isTerminal: false },
        stderr: quiet,
        environment: {},
        exit: () => undefined as never,
      }),
      stopped: new Promise(() => {}),
      stdin: { isTerminal: false, chunks: (async function* () {})() },
    });
    const ended = run.run();
    const accepted = await server.accept(hello);
    const message: SaludoServerMessage = { type: "welcome", text: "x".repeat(100_000) };
    const sending = accepted.send(...Array.from({ length: count }, () => message));
    await sink.pressed.promise;
    await turns(100);
    // The soft limit of the writer, and the one chunk of the socket that was under way.
    expect(sink.lines).toBeLessThan(count / 4);

    sink.letGo();
    await sending;
    await accepted.next("$bye");
    accepted.raw.shutdown();
    expect(await ended).toMatchObject({ code: 0 });
    expect(sink.lines).toBe(count);
  });
});
