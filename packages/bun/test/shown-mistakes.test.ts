// What somebody sees whose first program has a mistake: the line of the program, not one of ours.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { defineProtocol } from "@typewire/protocol";

import { serve } from "../src/index.ts";

setDefaultTimeout(30_000);

const desk = defineProtocol({ name: "desk", version: 1, server: {}, client: {} });

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = serve(desk, { port: 0 });
  const { port } = server;
  await server.drain();
  return port;
}

describe("Bun shows the line of the program in which", () => {
  test.each([
    ["nothing listens", "dials-nothing", "connection refused"],
    ["an option is mistyped", "mistypes-an-option", "expected maxConnections"],
    ["a schema cannot travel", "sends-a-function", "a function cannot travel"],
    ["a message has no type", "forgets-a-type", "expected the name of a message, got nothing"],
    ["a handler publishes no message", "publishes-what-is-none", 'message type "said"'],
  ])("%s", async (_, name, message) => {
    const program = Bun.spawn({
      cmd: [process.execPath, `${import.meta.dir}/fixtures/mistakes/${name}.ts`],
      env: { ...process.env, CLOSED_PORT: String(await closedPort()) },
      stderr: "pipe",
      timeout: 20_000,
    });
    const shown = await new Response(program.stderr).text();
    expect(await program.exited).toBe(1);
    expect(shown).toContain(message);
    const marked = shown.split("\n").findIndex((line) => line.trim() === "^");
    expect(shown.split("\n")[marked - 1]).toEndWith("// here");
  });
});
