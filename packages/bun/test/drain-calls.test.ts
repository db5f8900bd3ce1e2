// A drain of a server whose calls are of every kind, and two hops of calls, over real sockets.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { type CallError, defineProtocol } from "@typewire/protocol";
import { FaultProxy, within } from "@typewire/testkit";

import { connect, serve } from "../src/index.ts";

const files = defineProtocol({
  name: "files",
  version: 1,
  server: {},
  client: {},
  calls: {
    work: { input: Type.Integer(), output: Type.String() },
    download: { input: Type.Integer(), yields: Type.Uint8Array() },
    tail: { yields: Type.Integer() },
    which: { output: Type.String() },
  },
});

const CHUNK = new Uint8Array(8 * 1024);

/** A server that says its name, and why each of its handlers was asked to end. */
function open(name: string, port = 0) {
  const asked: string[] = [];
  const errors: string[] = [];
  const closed: string[] = [];
  const server = serve(
    files,
    {
      port,
      onHandlerError: (_, call, error) => void errors.push(`${call}: ${String(error)}`),
      onClose: (_, reason) => void closed.push(reason.code),
    },
    {
      work: (ms) => new Promise((resolve) => setTimeout(() => resolve(name), ms)),
      async *download(chunks) {
        for (let sent = 0; sent < chunks; sent += 1) yield CHUNK;
      },
      async *tail(_, call) {
        const { signal } = call;
        yield 1;
        const reason = await new Promise<CallError>((resolve) => {
          signal.addEventListener("abort", () => resolve(signal.reason as CallError));
        });
        asked.push(`tail ${reason.code}`);
        throw reason;
      },
      which: () => name,
    },
  );
  return { server, asked, errors, closed };
}

describe("drain", () => {
  test("lets 50 calls and a download end, asks a tail to end at half its time, and new calls run on the next server", async () => {
    const first = open("first");
    const { port } = first.server;
    const reconnect = { initialDelayMs: 1, factor: 1.2, maxDelayMs: 20 };
    await using client = await connect(files, { port, reconnect });
    const failures: unknown[] = [];
    const noted = (error: unknown): void => void failures.push(error);

    const works = Array.from({ length: 50 }, () => client.call.work(150));
    const chunks = 400;
    let bytes = 0;
    const download = (async () => {
      for await (const chunk of client.call.download(chunks)) bytes += chunk.length;
    })();
    const tail = client.call.tail()[Symbol.asyncIterator]();
    expect(await tail.next()).toEqual({ value: 1, done: false });
    const tailEnds = tail.next().catch((error: unknown) => error);

    const begun = performance.now();
    const draining = first.server.drain({ timeoutMs: 1_200 });
    await Bun.sleep(20);
    const later = Array.from({ length: 5 }, () => client.call.which());
    for (const call of [...works, ...later]) call.catch(noted);
    // The next server listens once the first has let go of the port.
    const answers = await within(Promise.all(works), () => "the calls under way did not end");
    expect(answers).toEqual(works.map(() => "first"));
    await within(download, () => "the download did not end");
    expect(bytes).toBe(chunks * CHUNK.length);
    const error = await within(tailEnds, () => "the tail was not ended");
    expect(performance.now() - begun).toBeGreaterThan(550);
    expect(error).toMatchObject({ code: "shutting-down", ran: "maybe", call: "tail" });
    expect(await draining).toEqual({ cut: 0, messagesUndelivered: 0 });

    const second = open("second", port);
    await using _ = second.server;
    const made = await within(Promise.all(later), () => "the new calls were not made");
    expect(made).toEqual(later.map(() => "second"));
    // Nothing was lost, and no handler has failed.
    expect(failures).toEqual([]);
    expect([first.asked, first.errors]).toEqual([["tail shutting-down"], []]);
    expect(first.closed).not.toContain("connection-reset");
    expect(first.server.stats().callsFailedByCode["connection-lost"]).toBeUndefined();
  }, 20_000);

  test("ends a download that its reader does not take at half its time, and is done by then", async () => {
    const { server, errors } = open("only");
    await using client = await connect(files, { port: server.port, reconnect: false });
    const download = client.call.download(100_000)[Symbol.asyncIterator]();
    expect((await download.next()).done).toBe(false);
    const begun = performance.now();
    const drained = await server.drain({ timeoutMs: 600 });
    const tookMs = performance.now() - begun;
    expect(drained).toEqual({ cut: 0, messagesUndelivered: 0 });
    expect(tookMs).toBeGreaterThan(280);
    expect(tookMs).toBeLessThan(2_600);
    const rest = async () => {
      while ((await download.next()).done !== true);
    };
    const error = await rest().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "shutting-down", ran: "maybe" });
    expect(errors).toEqual([]);
  });
});

describe("a drain before the server has read the client's hello", () => {
  /** A client whose hello and calls are on their way until `arrive`. */
  async function scene(comesBack: boolean) {
    const first = open("first");
    const second = open("second");
    const proxy = new FaultProxy({ port: first.server.port });
    proxy.set({ blackHole: true }, "toServer");
    const reconnect = comesBack && { initialDelayMs: 1, maxDelayMs: 20 };
    const client = await connect(files, { port: proxy.port, reconnect });
    while (first.server.stats().connections === 0) await Bun.sleep(1);
    return {
      client,
      first: first.server,
      arrive() {
        proxy.target = second.server.port;
        proxy.set({ blackHole: false });
      },
      async [Symbol.asyncDispose]() {
        await client.close();
        proxy[Symbol.dispose]();
        first.server.stop();
        second.server.stop();
      },
    };
  }

  test("makes calls that are behind it run on the next server", async () => {
    await using at = await scene(true);
    const calls = Promise.all([at.client.call.which(), at.client.call.work(1)]);
    // A stream is for its program to open again.
    const stream = at.client.call.tail()[Symbol.asyncIterator]().next();
    const refused = stream.catch((error: unknown) => error);
    const drained = at.first.drain({ timeoutMs: 4_000 });
    await Bun.sleep(20);
    at.arrive();
    expect(await within(calls, () => "the calls were not made again")).toEqual([
      "second",
      "second",
    ]);
    expect(await refused).toMatchObject({ code: "shutting-down", ran: "no" });
    expect(await drained).toEqual({ cut: 0, messagesUndelivered: 0 });
  });

  test("tells a client that does not come back that its calls did not run", async () => {
    await using at = await scene(false);
    const calls = [at.client.try.which(), at.client.try.work(1)];
    const drained = at.first.drain({ timeoutMs: 4_000 });
    await Bun.sleep(20);
    at.arrive();
    for (const outcome of await Promise.all(calls)) {
      expect(outcome).toMatchObject({ error: { code: "shutting-down", ran: "no" } });
    }
    expect(await drained).toEqual({ cut: 0, messagesUndelivered: 0 });
  });
});

describe("a handler that calls another server", () => {
  test("passes on its signal and what is left of its time", async () => {
    const reasons: string[] = [];
    const left: number[] = [];
    await using inner = serve(
      files,
      { port: 0 },
      {
        work: (_, call) =>
          new Promise((_resolve, reject) => {
            left.push(call.remainingMs);
            call.signal.addEventListener("abort", () => {
              const reason = call.signal.reason as CallError;
              reasons.push(reason.code);
              reject(reason);
            });
          }),
        async *download() {},
        async *tail() {},
        which: () => "inner",
      },
    );
    await using through = await connect(files, { port: inner.port });
    await using outer = serve(
      files,
      { port: 0 },
      {
        async work(input, call) {
          const { remainingMs: timeoutMs, signal } = call;
          left.push(timeoutMs);
          return await through.call.work(input, { timeoutMs, signal });
        },
        async *download() {},
        async *tail() {},
        which: () => "outer",
      },
    );
    await using client = await connect(files, { port: outer.port });

    const abort = new AbortController();
    const cancelled = client.try.work(1, { timeoutMs: 30_000, signal: abort.signal });
    while (left.length < 2) await Bun.sleep(1);
    abort.abort();
    const outcome = await cancelled;
    expect(outcome).toMatchObject({ ok: false, error: { code: "cancelled", ran: "maybe" } });
    while (reasons.length < 1) await Bun.sleep(1);
    expect(reasons).toEqual(["cancelled"]);
    // In whole milliseconds, rounded up: a hop that takes less is not seen in them.
    expect(left[0]).toBeLessThan(30_000);
    expect(left[1]).toBeLessThan(Math.ceil(left[0] ?? 0));

    const late = await client.try.work(1, { timeoutMs: 60 });
    expect(late).toMatchObject({ ok: false, error: { code: "deadline-exceeded" } });
    while (reasons.length < 2) await Bun.sleep(1);
    while (outer.stats().callsInFlight + inner.stats().callsInFlight > 0) await Bun.sleep(1);
    expect(reasons[1]).toBeOneOf(["cancelled", "deadline-exceeded"]);
  });
});
