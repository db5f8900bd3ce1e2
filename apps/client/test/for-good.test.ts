// "Do not come back": the client dials once, says why it ended, and exits with the code of the reason. The process
// has ended when its dials are counted, so that none can follow.

import { describe, expect, test } from "bun:test";

import { hello, SaludoListener, welcome } from "@typewire/testkit/saludo-listener";

import { runMain } from "./programs.ts";

const error = { type: "$error", message: "not with you" } as const;

describe("typewire-client, told not to come back,", () => {
  describe.each([["by default"], ["with --wait"]])("%s", (mode) => {
    const flags = mode === "with --wait" ? ["--wait"] : [];

    test.each([
      ["another protocol", [{ ...hello, protocol: "adios" }], 7, /adios 1/],
      ["another version", [{ ...hello, version: 2 }], 7, /saludo 2/],
      ["protocol-mismatch", [{ ...error, code: "protocol-mismatch" }], 7, /not with you/],
      ["auth-required", [{ ...error, code: "auth-required" }], 7, /not with you/],
      ["auth-failed", [hello, { ...error, code: "auth-failed" }], 7, /not with you/],
      [
        "final, instead of a welcome",
        [{ type: "$bye", reason: "banned", final: true }],
        3,
        /banned/,
      ],
      ["final", [hello, welcome, { type: "$bye", reason: "banned", final: true }], 9, /banned/],
      [
        "final, and a time to come back",
        [hello, welcome, { type: "$bye", reason: "banned", final: true, retryAfterMs: 1 }],
        9,
        /banned/,
      ],
      [
        "auth-failed, later",
        [hello, welcome, { ...error, code: "auth-failed" }],
        7,
        /not with you/,
      ],
    ] as const)("dials once: %s", async (_what, messages, code, why) => {
      using server = new SaludoListener();
      await using client = runMain(`127.0.0.1:${server.port}`, ...flags);
      const accepted = await server.accept(...messages);
      accepted.raw.shutdown();
      expect(await client.exit()).toEqual({ code, signal: null });
      expect(client.stderr.lines.at(-1)).toMatch(why);
      expect(server.raw.dials).toBe(1);
    });
  });

  test("comes back where nothing says otherwise: the dials are counted", async () => {
    using server = new SaludoListener();
    await using client = runMain(`127.0.0.1:${server.port}`, "--count", "2");
    const accepted = await server.accept(hello, welcome, { type: "$bye", reason: "restarting" });
    accepted.raw.shutdown();
    const again = await server.accept(hello, welcome);
    await again.next("$bye");
    again.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(server.raw.dials).toBe(2);
  });
});
