// K over Unix sockets: the rows that depend on what the line is made of. A Unix socket has no reset, buffers of another
// size, and a file that outlives a killed server. No clients stand around: the rows over TCP have them.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@typewire/bun";
import type { ClientOf } from "@typewire/client";
import { within } from "@typewire/testkit";

import { type RunningServer, startServer } from "../src/arena.ts";
import { callsProtocol } from "../src/calls/protocol.ts";
import { RawCaller } from "../src/calls/raw-caller.ts";
import { head, message, frame, text, concat } from "../src/cbor.ts";
import { ignored } from "../src/ignored.ts";
import { row, rowsEnd } from "../src/row.ts";
import { until } from "../src/until.ts";

let folder = "";
let unix = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "typewire-calls-"));
  unix = join(folder, "calls.sock");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (...flags: readonly string[]): Promise<RunningServer> =>
  startServer({ calls: true, unix, flags });

function open(): Promise<ClientOf<typeof callsProtocol>> {
  return connect(
    callsProtocol,
    { unix, reconnect: { initialDelayMs: 20, maxDelayMs: 50 } },
    ignored,
  );
}

/** What the server's handlers have done, once no call is under way but the one that asks. */
async function atRest(): Promise<{ readonly poured: number }> {
  using asker = await RawCaller.connect({ unix });
  for (let id = 1; id < 200; id += 1) {
    await asker.send({ type: "$call", call: "state", id });
    const { output } = await asker.result(id);
    const state = output as { readonly inFlight: number; readonly poured: number };
    if (state.inFlight === 1) return state;
    await Bun.sleep(20);
  }
  throw new Error("Calls are still under way");
}

const failed = ({ log }: RunningServer): readonly unknown[] =>
  log.lines.filter(({ event }) => event === "handler-failed");

const idsFrom = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);

describe("a server with calls on a Unix socket", () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await start("--limit", "writeStallMs=300");
  }, 30_000);
  afterAll(() => server[Symbol.asyncDispose]());

  row("K7 streams that are not read are parked, each with what its window takes", async () => {
    const peers: RawCaller[] = [];
    const { poured } = await atRest();
    for (let count = 0; count < 2; count += 1) {
      const peer = await RawCaller.connect({ unix });
      peers.push(peer);
      peer.peer.pause();
      await peer.send(
        ...idsFrom(1, 64).map((id) => ({ type: "$call", call: "pour", id }) as const),
      );
    }
    await Bun.sleep(100);
    for (const peer of peers) peer[Symbol.dispose]();
    // Two chunks overdraw a window, one more may be in hand.
    expect((await atRest()).poured - poured).toBeLessThanOrEqual(2 * 64 * 4);
  });

  row(
    "K9 a connection that ends with all its slots taken leaves no handler and no line",
    async () => {
      const before = failed(server).length;
      const peer = await RawCaller.connect({ unix });
      await peer.send(
        ...idsFrom(1, 256).map(
          (id) => ({ type: "$call", call: "nap", id, input: 60_000 }) as const,
        ),
        ...idsFrom(257, 64).map((id) => ({ type: "$call", call: "tail", id }) as const),
      );
      await peer.settle();
      peer[Symbol.dispose]();
      await atRest();
      expect(failed(server)).toHaveLength(before);
    },
  );

  row("K13 calls whose peer has ended its half are answered, and streams do not stay", async () => {
    using peer = await RawCaller.connect({ unix });
    await peer.send(
      { type: "$call", call: "nap", id: 1, input: 50 },
      { type: "$call", call: "sum", id: 2 },
      { type: "$call", call: "list", id: 3 },
    );
    peer.peer.shutdown();
    await peer.peer.ended;
    const results = peer.heard("$result").toSorted((one, other) => one.id - other.id);
    expect(results).toMatchObject([
      { id: 1, output: 50 },
      { id: 2, error: { code: "cancelled" } },
      { id: 3 },
    ]);
    // It can give no credit any more.
    using pouring = await RawCaller.connect({ unix });
    await pouring.send({ type: "$call", call: "pour", id: 1 });
    await pouring.next("$item");
    pouring.peer.shutdown();
    await pouring.peer.ended;
    await atRest();
  });

  row("K22 a flood of calls that are none, and are not read, stops the reading", async () => {
    const peer = await RawCaller.connect({ unix });
    peer.peer.pause();
    const calls = idsFrom(1, 30_000).map((id) =>
      frame(message("$call", text("id"), head("unsigned", id), text("call"), text("nothing"))),
    );
    const sent = peer.peer.send(concat(...calls));
    expect(await Promise.race([sent, Bun.sleep(100).then(() => "waits")])).toBe("waits");
    peer[Symbol.dispose]();
    await atRest();
  });
});

describe("servers with calls that follow one another on a Unix socket", () => {
  row(
    "K14 one that is killed after it ran a call: maybe; once more where that is allowed",
    async () => {
      await using first = await start();
      await using client = await open();
      const again = client.try.note("hold again");
      const never = client.try.noteOnce("hold never");
      const noted = ({ log }: RunningServer): unknown[] =>
        log.lines.filter(({ event }) => event === "noted").map(({ text: said }) => said);
      await until(() => noted(first).length === 2, "both to run");
      first.program.signal("SIGKILL");
      expect(await never).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
      await first.program.exit();
      // Its file is still there.
      await using second = await start();
      await until(() => noted(second).length === 1, "the other to run again");
      expect(noted(second)).toEqual(["hold again"]);
      await client.close();
      expect(await again).toMatchObject({ error: { code: "connection-closed", ran: "maybe" } });
    },
  );

  row("K15 a drain with calls and a tail, and the next server at the same file", async () => {
    await using first = await start();
    await using client = await open();
    const naps = [300, 301].map((ms) => client.try.nap(ms));
    const tail = (async () => {
      for await (const _ of client.call.tail());
    })().catch((error: unknown) => error);
    expect(await client.call.echo(1)).toBe(1);
    first.program.signal("SIGTERM");
    await first.log.line(({ event }) => event === "draining", "the drain");
    const later = client.try.echo(2);
    await using second = await start();
    expect(await Promise.all(naps)).toEqual([
      { ok: true, output: 300 },
      { ok: true, output: 301 },
    ]);
    expect(await tail).toMatchObject({ code: "shutting-down", ran: "maybe" });
    expect(await within(later, () => "what waited was not called")).toEqual({
      ok: true,
      output: 2,
    });
    expect((await first.program.exit()).code).toBe(0);
    // The first has not taken the second's file with it.
    await using other = await open();
    expect(await other.call.echo(3)).toBe(3);
    expect(second.log.lines.filter(({ event }) => event === "connected")).toHaveLength(2);
  });
});

rowsEnd("K");
