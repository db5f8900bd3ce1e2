import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { portOf, run } from "./example.ts";

setDefaultTimeout(30_000);

describe("the chat", () => {
  test("passes on what one member says, and tells of members that come and go", async () => {
    await using server = run("chat/server.ts", 0);
    const port = await portOf(server);
    await using ana = run("chat/client.ts", port, "Ana");
    await ana.stdout.line(/^\* here are: you$/);
    await using luis = run("chat/client.ts", port, "Luis");
    await luis.stdout.line(/^\* here are: you, Ana$/);
    await ana.stdout.line(/^\* Luis has come$/);

    luis.type("hola\n");
    await ana.stdout.line(/^Luis: hola$/);
    luis.endInput();
    await ana.stdout.line(/^\* Luis has gone$/);

    expect(await luis.exit()).toMatchObject({ code: 0 });
    expect(luis.stdout.text).not.toContain("Luis: hola");
  });

  test("refuses a name that is taken, and says what is too long to say", async () => {
    await using server = run("chat/server.ts", 0);
    const port = await portOf(server);
    await using first = run("chat/client.ts", port, "Ana");
    await first.stdout.line(/here are/);
    await using second = run("chat/client.ts", port, "Ana");
    await second.stdout.line(/^\* there is a Ana already$/);

    first.type(`${"a".repeat(501)}\n`);
    await first.stdout.line(/^\* not said: .*schema-mismatch at \/text/);
  });

  test("ends in order: everybody hears it, and the server's process exits 0", async () => {
    await using server = run("chat/server.ts", 0);
    await using ana = run("chat/client.ts", await portOf(server), "Ana");
    await ana.stdout.line(/here are/);

    server.signal("SIGINT");
    await ana.stdout.line(/^\* the connection is lost/);
    expect(await server.exit()).toMatchObject({ code: 0 });
  });
});
