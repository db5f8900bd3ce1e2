import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { portOf, run } from "./example.ts";

setDefaultTimeout(60_000);

describe("the live feed", () => {
  test("leaves out old prices for a reader that has stopped, which then gets the newest", async () => {
    await using server = run("live-feed/server.ts", 0);
    const port = await portOf(server);
    await using reader = run("live-feed/reader.ts", port);
    await reader.stdout.line(/^\d+ prices of 100 symbols/);

    // On a busy machine the reader may have been behind before it was stopped, and for less than a change.
    let leftOut = 0;
    while (leftOut === 0) {
      reader.signal("SIGSTOP");
      const [, name = ""] = await server.stdout.line(/^(\S+) is behind$/, 30_000);
      reader.signal("SIGCONT");
      await server.stdout.line(new RegExp(`^${name} has caught up$`), 30_000);
      const [, count] = await reader.stdout.line(/ (\d+) left out$/);
      leftOut = Number(count);
    }

    reader.signal("SIGINT");
    expect(await reader.exit()).toMatchObject({ code: 0 });
  });

  test("tells a reader of the prices that it follows alone", async () => {
    await using server = run("live-feed/server.ts", 0);
    await using reader = run("live-feed/reader.ts", await portOf(server), "S1", "S2");
    await reader.stdout.line(/^[1-9]\d* prices of 2 symbols/);

    server.signal("SIGINT");
    expect(await server.exit()).toMatchObject({ code: 0 });
  });
});
