// K: servers with calls under bounds of their own, and what their end means to those who call.

import { describe, expect } from "bun:test";

import { connect } from "@typewire/bun";
import type { ClientOf } from "@typewire/client";
import { within } from "@typewire/testkit";

import { type RunningServer, startServer } from "../src/arena.ts";
import { callsProtocol } from "../src/calls/protocol.ts";
import { RawCaller } from "../src/calls/raw-caller.ts";
import { concat } from "../src/cbor.ts";
import { ignored } from "../src/ignored.ts";
import { processFigures } from "../src/process-figures.ts";
import { row, rowsEnd } from "../src/row.ts";
import { clientTls } from "../src/tls.ts";
import { until } from "../src/until.ts";

const MIB = 1024 ** 2;

function open(port: number): Promise<ClientOf<typeof callsProtocol>> {
  const tls = clientTls();
  const reconnect = { initialDelayMs: 20, maxDelayMs: 50 };
  return connect(callsProtocol, { port, reconnect, ...(tls !== undefined && { tls }) }, ignored);
}

/** A well-behaved client that calls all the while, and what went wrong for it. */
async function bystander(port: number): Promise<AsyncDisposable & { readonly errors: string[] }> {
  const client = await open(port);
  const errors: string[] = [];
  let isOver = false;
  const calling = (async () => {
    for (let number = 0; !isOver; number += 1) {
      const outcome = await client.try.echo(number, { timeoutMs: 1_000 });
      if (!outcome.ok) errors.push(outcome.error.message);
      await Bun.sleep(5);
    }
  })();
  return {
    errors,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await calling;
      await client.close();
      expect(errors).toEqual([]);
    },
  };
}

const limited = (...limits: readonly string[]): Promise<RunningServer> =>
  startServer({ calls: true, flags: limits.flatMap((limit) => ["--limit", limit]) });

/** So many calls of `call` from `first` on. */
const callsOf = (
  call: "hang" | "tail" | "ignore" | "pour",
  count: number,
  first = 1,
  timeoutMs?: number,
) =>
  Array.from({ length: count }, (_, index) => ({
    type: "$call" as const,
    call,
    id: first + index,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }));

const failures = ({ log }: RunningServer, name: string): readonly string[] =>
  log.lines
    .filter(({ event, connection }) => event === "handler-failed" && connection === name)
    .map(({ error }) => String(error));

describe("a server with calls and bounds of its own", () => {
  row(
    "K6 handlers that ignore their end are logged; the others go on until all slots are gone",
    async () => {
      await using server = await limited("handlersStallMs=100");
      await using _others = await bystander(server.port);
      using peer = await RawCaller.connect(server.port);
      await peer.send(...callsOf("hang", 255, 1, 10));
      await until(() => failures(server, peer.name).length === 255, "each in the log");
      await Bun.sleep(150);
      expect(failures(server, peer.name)).toHaveLength(255);
      await peer.send({ type: "$call", call: "echo", id: 256, input: 5 });
      expect(await peer.result(256)).toMatchObject({ output: 5 });
      expect(peer.heard("$result")).toHaveLength(1);
      await peer.send(...callsOf("hang", 1, 257, 10));
      expect(await peer.next("$error")).toMatchObject({ code: "internal" });
      await peer.leave();
      expect(await server.log.endOf(peer.name)).toMatchObject({ code: "internal" });
    },
  );

  row("K8 many inboxes of small items that no handler takes are bounded together", async () => {
    const boundBytes = 32 * MIB;
    await using server = await startServer({
      calls: true,
      flags: ["--max-buffered", `${boundBytes}`],
    });
    await using _others = await bystander(server.port);
    const before = processFigures(server.program.pid).rssBytes;
    const peers: RawCaller[] = [];
    const ends = (): number =>
      server.log.lines.filter(({ code }) => code === "slow-consumer").length;
    // Each takes 64 windows; a window of `{}` is 2 800 items, and 410 KiB.
    for (let count = 0; count < 5; count += 1) {
      const peer = await RawCaller.connect(server.port);
      peers.push(peer);
      await peer.send(...callsOf("ignore", 64));
      for (let id = 1; id <= 64; id += 1) {
        const item = peer.frames({ type: "$item", id, item: {} });
        const items = concat(...Array.from({ length: 700 }, () => item));
        for (let times = 0; times < 4; times += 1) {
          await peer.peer.send(items);
          // So that it is read alone, and ends with a whole frame: a part of one would be counted anyway.
          await peer.settle();
        }
      }
    }
    // Five times 64 windows are 128 MiB, and one of the five fits.
    await until(() => ends() === 4, "all but one to be ended");
    // Garbage of the moment is in the figure.
    await until(
      () => processFigures(server.program.pid).rssBytes - before < boundBytes + 64 * MIB,
      "memory of no more than the bound and 64 MiB",
    );
    for (const peer of peers) peer[Symbol.dispose]();
  });

  row("K10 what the process takes is a bound for all: at it, one over, and after", async () => {
    await using server = await limited("maxCallsInFlight=300");
    using first = await RawCaller.connect(server.port);
    using second = await RawCaller.connect(server.port);
    await first.send(...callsOf("hang", 256));
    await first.settle();
    await second.send(...callsOf("tail", 44), ...callsOf("hang", 1, 45));
    const refused = await second.result(45);
    expect(refused.error).toMatchObject({ code: "too-many-calls", retryAfterMs: 1000 });
    expect(second.heard("$result")).toHaveLength(1);
    await second.send({ type: "$cancel", id: 1 });
    await second.result(1);
    await second.send({ type: "$call", call: "echo", id: 46, input: 5 });
    expect(await second.result(46)).toMatchObject({ output: 5 });
  });

  row("K10 slots of a connection: at them, one over, and a hundred over", async () => {
    await using server = await limited("maxCalls=4", "maxStreams=2");
    await using _others = await bystander(server.port);
    using peer = await RawCaller.connect(server.port);
    await peer.send(...callsOf("hang", 4), ...callsOf("tail", 2, 5));
    await peer.settle();
    expect(peer.heard("$result")).toEqual([]);
    await peer.send(...callsOf("hang", 50, 7), ...callsOf("tail", 50, 57));
    await peer.settle();
    const codes = peer.heard("$result").map(({ error }) => error?.code);
    expect(codes).toEqual(Array.from({ length: 100 }, () => "too-many-calls"));
    await peer.send(...callsOf("hang", 1, 107));
    expect(await peer.next("$error")).toMatchObject({ code: "too-many-errors" });
    await peer.leave();
    expect(await server.log.endOf(peer.name)).toMatchObject({ code: "too-many-errors" });
  });

  row("K10 a timeout is lowered to what the server allows", async () => {
    await using server = await limited("maxCallMs=50");
    using peer = await RawCaller.connect(server.port);
    await peer.send({ type: "$call", call: "nap", id: 1, timeoutMs: 0, input: 60_000 });
    expect((await peer.result(1)).error).toMatchObject({ code: "deadline-exceeded" });
    await peer.send({ type: "$call", call: "nap", id: 2, timeoutMs: 1e15, input: 60_000 });
    expect((await peer.result(2)).error).toMatchObject({ code: "deadline-exceeded" });
  });

  row(
    "K13 a stream whose peer has ended its half, and can give no credit, does not stay",
    async () => {
      await using server = await limited("writeStallMs=300");
      await using _others = await bystander(server.port);
      using peer = await RawCaller.connect(server.port);
      await peer.send(...callsOf("pour", 1));
      await peer.next("$item");
      peer.peer.shutdown();
      expect(await server.log.endOf(peer.name)).toMatchObject({ code: "peer-closed" });
    },
  );

  row(
    "K14 a server that is killed after it ran a call: maybe; once more where that is allowed",
    async () => {
      const first = await startServer({ calls: true });
      const { port } = first;
      await using client = await open(port);
      const again = client.try.note("hold again");
      const never = client.try.noteOnce("hold never");
      const stream = (async () => {
        for await (const _ of client.call.tail());
      })().catch((error: unknown) => error);
      const noted = ({ log }: RunningServer): unknown[] =>
        log.lines.filter(({ event }) => event === "noted").map(({ text }) => text);
      await until(() => noted(first).length === 2, "both to run");
      first.program.signal("SIGKILL");
      await first.program.exit();
      expect(await never).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
      expect(await stream).toMatchObject({ code: "connection-lost", ran: "maybe" });
      const waiting = client.call.noteOnce("fresh");
      await using second = await startServer({ calls: true, port });
      expect(await within(waiting, () => "what waited was not called")).toBe(5);
      await until(() => noted(second).length === 2, "the other to run again");
      expect(noted(second)).toEqual(["hold again", "fresh"]);
      second.program.signal("SIGKILL");
      await second.program.exit();
      await using third = await startServer({ calls: true, port });
      await until(() => noted(third).length === 1, "a third time");
      third.program.signal("SIGKILL");
      // Three times are enough.
      expect(await again).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
      await first[Symbol.asyncDispose]();
    },
  );

  row(
    "K15 a drain with 50 calls, a download and a tail: each ends as it should, and none is lost",
    async () => {
      await using first = await startServer({ calls: true });
      const { port } = first;
      await using client = await open(port);
      const naps = Array.from({ length: 50 }, (_, index) => client.try.nap(300 + index));
      const streams = [client.call.count(1_000_000), client.call.tail()].map(async (items) => {
        let count = 0;
        try {
          for await (const _ of items) {
            count += 1;
            if (count % 500 === 0) await Bun.sleep(1);
          }
          return "ended";
        } catch (error) {
          return `${(error as { code: string }).code} ${(error as { ran: string }).ran}`;
        }
      });
      expect(await client.call.echo(1)).toBe(1);
      first.program.signal("SIGTERM");
      await first.log.line(({ event }) => event === "draining", "the drain");
      const later = client.try.echo(2);
      await using second = await startServer({ calls: true, port });
      for (const [index, nap] of (await Promise.all(naps)).entries()) {
        expect(nap).toEqual({ ok: true, output: 300 + index });
      }
      const [download, tail] = await Promise.all(streams);
      expect(["ended", "shutting-down maybe"]).toContain(download ?? "");
      expect(tail).toBe("shutting-down maybe");
      expect(await later).toEqual({ ok: true, output: 2 });
      expect((await first.program.exit()).code).toBe(0);
      expect(second.log.lines.some(({ event }) => event === "connected")).toBe(true);
    },
  );

  rowsEnd("K");
});
