import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { portOf, run } from "./example.ts";

setDefaultTimeout(60_000);

describe("the live feed", () => {
  test("leaves out old prices for a reader that has stopped, which then gets the newest", async () => {
    await using server = run("live-feed/server.ts", 0);
    const port = await portOf(server);
    await using reader = run("live-feed/reader.ts", port);
    await using witness = run("live-feed/reader.ts", port, "S1");
    await reader.stdout.line(/^\d+ prices of 100 symbols/);
    await witness.stdout.line(/^\d+ prices of 1 symbols/);

    // On a busy machine the reader may have been behind before it was stopped, and for less than a change.
    let leftOut = 0;
    while (leftOut === 0) {
      reader.signal("SIGSTOP");
      const [, name = ""] = await server.stdout.line(/^(\S+) is behind$/, 30_000);
      // A second of changes that the stopped reader does not read, told by one that does.
      const { lines } = witness.stdout;
      const enough = lines.length + 2;
      while (lines.length < enough) await witness.stdout.line(/ prices of 1 symbols/);
      reader.signal("SIGCONT");
      await server.stdout.line(new RegExp(`^${name} has caught up$`), 30_000);
      // The first line may have been due while the reader was stopped.
      for (let line = 0; line < 2; line += 1) {
        const [, count] = await reader.stdout.line(/ (\d+) left out$/);
        leftOut = Math.max(leftOut, Number(count));
      }
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
