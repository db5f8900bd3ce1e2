// `printf 'hola\n' | typewire-client --count 1` and servers that have a bad day: 0 says that the line has left.
// With a good one, fifty times over: program.test.ts; at every turn of the loop: input-sender.test.ts.

import { describe, expect, test } from "bun:test";

import type { ControlMessage } from "@typewire/protocol";
import { hello, SaludoListener, welcome } from "@typewire/testkit/saludo-listener";

import { underShell } from "./programs.ts";

const refused: ControlMessage = { type: "$error", code: "too-many-connections", message: "full" };

describe.each([
  ["human", "hola"],
  ["json", '{"type":"say","text":"hola"}'],
])("a piped line and --count 1 --output %s", (output, line) => {
  const run = (port: number, ...flags: readonly string[]) =>
    underShell(
      `printf '%s\\n' '${line}' | CLIENT 127.0.0.1:${port} --count 1 --output ${output} ${flags.join(" ")}`,
    );

  test("waits for a server that is slow to answer, and slow to end", async () => {
    using server = new SaludoListener();
    await using client = run(server.port);
    const accepted = await server.accept();
    await Bun.sleep(300);
    await accepted.send(hello, welcome);
    await accepted.next("say");
    await accepted.next("$bye");
    await Bun.sleep(300);
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(accepted.said).toEqual(["hola"]);
  });

  test.each([
    ["ends as soon as it has answered", []],
    ["answers, says $bye and ends", [{ type: "$bye", reason: "restarting" } as const]],
  ])("exits 0 only if it has left, to a server that %s", async (_what, farewell) => {
    using server = new SaludoListener();
    await using client = run(server.port, "--no-reconnect");
    const accepted = await server.accept(hello, welcome, ...farewell);
    accepted.raw.shutdown();
    const { code } = await client.exit();
    await accepted.raw.ended;
    expect({ code, said: accepted.said }).toEqual(
      code === 0 ? { code: 0, said: ["hola"] } : { code: 9, said: accepted.said },
    );
  });

  test("exits 3 where the server is full, and says so", async () => {
    using server = new SaludoListener();
    await using client = run(server.port);
    const accepted = await server.accept(refused);
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 3, signal: null });
    expect(accepted.said).toEqual([]);
  });

  test("exits 3 where no server listens", async () => {
    const place = new SaludoListener();
    const { port } = place;
    place[Symbol.dispose]();
    await using client = run(port);
    expect(await client.exit()).toEqual({ code: 3, signal: null });
  });
});

describe("what is no message, piped, and --count 1", () => {
  test.each([
    ["is no text", "printf 'a\\377b\\n' |", "", "not UTF-8"],
    ["is empty of what a message needs", "echo '{}' |", "--output json", "at /type"],
    ["never ends", "", "< /dev/zero", "longer than 1048576 bytes"],
    ["is a folder", "", "< /", "stdin cannot be read"],
  ])("exits 6, whichever is read first, where it %s", async (_what, pipe, flags, reason) => {
    for (const delayMs of [0, 100]) {
      using server = new SaludoListener();
      await using client = underShell(`${pipe} CLIENT 127.0.0.1:${server.port} --count 1 ${flags}`);
      const accepted = await server.accept(hello);
      await Bun.sleep(delayMs);
      await accepted.send(welcome);
      await accepted.next("$bye");
      accepted.raw.shutdown();
      expect(await client.exit()).toEqual({ code: 6, signal: null });
      expect(client.stderr.text).toContain("[ERROR] Line 1 of stdin was not sent: ");
      expect(client.stderr.text).toContain(reason);
    }
  });
});
