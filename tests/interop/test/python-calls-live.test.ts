// Calls between Python and our programs: `serve` answers the script of docs/python.md and typewire_peer, and
// `connect` calls a server over typewire_peer.

import { expect, setDefaultTimeout, test } from "bun:test";

import { connect, serve } from "@typewire/bun";
import { outsideTool, Program } from "@typewire/testkit";

import { Page } from "./markdown.ts";
import { CLIENT_PRINTS, LAST_SEQ, market, TEXT_LENGTH } from "./market.ts";
import { describePython, PYTHON_FOLDER, startPython } from "./python.ts";

setDefaultTimeout(60_000);

const page = await Page.open("docs/python.md");

/** What a stream of ours takes at once: what every stream begins with, and the most. */
const windows = [65_536, 1 << 20];

function openMarket(seen: string[] = [], windowBytes = 65_536) {
  return serve(
    market,
    {
      port: 0,
      limits: { windowBytes },
      authenticate({ token }) {
        if (token !== "s3cret") throw new Error("not this one");
        return { user: "python" };
      },
    },
    {
      quote({ symbol }, call) {
        if (symbol !== "ACME") throw call.error("unknownSymbol", { symbol });
        return { price: 12.5 };
      },
      async *tail({ after }) {
        try {
          for (let seq = after + 1; seq <= LAST_SEQ; seq += 1) {
            yield { seq, text: "x".repeat(TEXT_LENGTH) };
          }
        } finally {
          seen.push("tail ended");
        }
      },
      async upload(_, call) {
        let bytes = 0;
        for await (const chunk of call.items) bytes += chunk.length;
        return { bytes };
      },
      async *chat(_, call) {
        for await (const line of call.items) yield line.toUpperCase();
      },
    },
  );
}

describePython("our server", () => {
  test("answers the script of docs/python.md, also behind its half-close", async () => {
    await using server = openMarket();
    const script = page.block("python", "calls").replace("8080", String(server.port));
    await using run = new Program([outsideTool("python") ?? "", "-u", "-c", script], {
      cwd: PYTHON_FOLDER,
    });
    expect(await run.exit()).toMatchObject({ code: 0 });
    expect(run.stdout.lines).toEqual(page.block("text", "calls").trimEnd().split("\n"));
  });

  test.each(windows)(
    "answers typewire_peer with a window of %p: a token, calls, 10 MB each way, a chat, and a stream that is left",
    async (windowBytes) => {
      const seen: string[] = [];
      await using server = openMarket(seen, windowBytes);
      await using client = startPython("market_peer.py", "client", server.port ?? 0, "s3cret");
      expect(await client.exit()).toMatchObject({ code: 0 });
      expect(client.stderr.text).toBe("");
      expect(client.stdout.lines).toEqual(CLIENT_PRINTS);
      expect(seen).toEqual(["tail ended", "tail ended"]);
    },
  );

  test("does not let in another token", async () => {
    await using server = openMarket();
    await using client = startPython("market_peer.py", "client", server.port ?? 0, "guess");
    expect(await client.exit()).toMatchObject({ code: 1 });
    expect(client.stderr.text).toStartWith("auth-failed: ");
  });
});

describePython("our client", () => {
  test.each(windows)(
    "calls a server over typewire_peer, with all parts of calls and a window of %p",
    async (windowBytes) => {
      await using program = startPython("market_peer.py", "server", 0);
      const [, port] = await program.stdout.line(/listening on (\d+)/);
      const options = {
        port: Number(port),
        auth: () => ({ token: "s3cret" }),
        limits: { windowBytes },
      };
      await using client = await connect(market, options, {});

      expect(await client.call.quote({ symbol: "ACME" }, { timeoutMs: 5_000 })).toEqual({
        price: 12.5,
      });
      const outcome = await client.try.quote({ symbol: "XYZ" });
      expect(outcome).toMatchObject({
        ok: false,
        error: { code: "unknownSymbol", data: { symbol: "XYZ" }, ran: "yes" },
      });
      let expected = 41;
      for await (const { seq, text } of client.call.tail({ after: 41 })) {
        expected += 1;
        expect([seq, text.length]).toEqual([expected, TEXT_LENGTH]);
      }
      expect(expected).toBe(LAST_SEQ);
      for await (const { seq } of client.call.tail({ after: 41 })) if (seq === 43) break;
      const chunks = Array.from({ length: 1_000 }, () => new Uint8Array(10_000));
      expect(await client.call.upload(chunks)).toEqual({ bytes: 10_000_000 });
      const said: string[] = [];
      for await (const line of client.call.chat(["uno", "dos"])) said.push(line);
      expect(said).toEqual(["UNO", "DOS"]);
    },
  );

  test("is told by a server over typewire_peer that its token will not do", async () => {
    await using program = startPython("market_peer.py", "server", 0);
    const [, port] = await program.stdout.line(/listening on (\d+)/);
    const options = { port: Number(port), auth: () => ({ token: "guess" }) };
    const refused = await connect(market, options, {}).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: "auth-failed" });
  });
});
