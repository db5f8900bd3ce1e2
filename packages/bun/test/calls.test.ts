// Calls and streams over real sockets: all their parts, their failures, and what an end of the connection does.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { CallError, defineProtocol } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { ScriptedListener, ScriptedPeer, within } from "@typewire/testkit";

import { connect, type ConnectOptions, serve, type ServeOptions } from "../src/index.ts";

const Numbers = Type.Object({ upTo: Type.Integer() });

const market = defineProtocol({
  name: "market",
  version: 1,
  server: { said: Type.Object({ text: Type.String() }) },
  client: { say: Type.Object({ text: Type.String() }) },
  calls: {
    quote: {
      input: Type.Object({ symbol: Type.String() }),
      output: Type.Object({ price: Type.Number(), at: Type.Date() }),
      errors: { unknownSymbol: Type.Object({ symbol: Type.String() }) },
      idempotent: true,
    },
    forget: {},
    count: { input: Numbers, yields: Type.Integer() },
    countAndSum: { input: Numbers, yields: Type.Integer(), output: Type.Integer() },
    upload: { sends: Type.Uint8Array(), output: Type.Integer() },
    collect: { input: Type.String(), sends: Type.String() },
    chat: { sends: Type.String(), yields: Type.String() },
    chatAndCount: { sends: Type.String(), yields: Type.String(), output: Type.Integer() },
    slow: { input: Type.Integer(), output: Type.String() },
    broken: { input: Type.String(), output: Type.Integer() },
  },
});

type Options = Partial<ServeOptions<typeof market, undefined, 0>>;

/** What the handlers of a server saw, and what its log was told. */
interface Seen {
  readonly events: string[];
  readonly errors: string[];
}

function open(options: Options = {}, port = 0) {
  const seen: Seen = { events: [], errors: [] };
  const { events, errors } = seen;
  const server = serve(
    market,
    {
      port,
      onHandlerError: (_, name, error) => void errors.push(`${name}: ${String(error)}`),
      ...options,
    },
    {
      say: ({ text }, connection) => connection.send({ type: "said", text }),
      quote({ symbol }, call) {
        events.push(`quote ${symbol}`);
        if (symbol === "none") throw call.error("unknownSymbol", { symbol });
        return { price: symbol.length, at: new Date(5) };
      },
      forget: () => void events.push("forget"),
      async *count({ upTo }, call) {
        try {
          for (let number = 1; number <= upTo; number += 1) yield number;
        } finally {
          events.push(`count ended, ${call.signal.aborted ? "aborted" : "well"}`);
        }
      },
      async *countAndSum({ upTo }) {
        let sum = 0;
        for (let number = 1; number <= upTo; number += 1) {
          yield number;
          sum += number;
        }
        return sum;
      },
      async upload(_, call) {
        let bytes = 0;
        for await (const chunk of call.items) bytes += chunk.length;
        return bytes;
      },
      async collect(name, call) {
        const items: string[] = [];
        for await (const item of call.items) items.push(item);
        events.push(`${name}: ${items.join(",")}`);
      },
      async *chat(_, call) {
        for await (const line of call.items) yield line.toUpperCase();
      },
      async *chatAndCount(_, call) {
        let lines = 0;
        for await (const line of call.items) {
          lines += 1;
          yield line.toUpperCase();
        }
        return lines;
      },
      slow: (ms, { signal }) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => resolve(`after ${ms}`), ms);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            events.push(`slow ${(signal.reason as CallError).code}`);
            reject(signal.reason as Error);
          });
        }),
      broken(how) {
        if (how === "throws") throw new Error("secret details");
        if (how === "unfit") return 1.5;
        throw new CallError("undeclared", "secret details", { ran: "yes" });
      },
    },
  );
  return { server, ...seen };
}

function client(port: number, options: Partial<ConnectOptions<typeof market>> = {}) {
  return connect(market, { port, ...options }, { said: () => {} });
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const lines = ["one", "two", "three"];

describe("a call", () => {
  test("has an answer, of each combination of sends, yields and output", async () => {
    const { server, events } = open();
    await using _ = server;
    await using caller = await client(server.port);
    const { call } = caller;
    expect(await call.quote({ symbol: "ACME" })).toEqual({ price: 4, at: new Date(5) });
    expect(await call.forget()).toBeUndefined();
    expect(await listOf(call.count({ upTo: 5 }))).toEqual([1, 2, 3, 4, 5]);
    const sum = call.countAndSum({ upTo: 4 });
    expect([await listOf(sum), await sum.output]).toEqual([[1, 2, 3, 4], 10]);
    expect(await call.upload([new Uint8Array(3), new Uint8Array(4)])).toBe(7);
    expect(await call.collect("these", lines)).toBeUndefined();
    expect(await listOf(call.chat(lines))).toEqual(["ONE", "TWO", "THREE"]);
    const counted = call.chatAndCount(lines);
    expect([await listOf(counted), await counted.output]).toEqual([["ONE", "TWO", "THREE"], 3]);
    expect(events).toEqual(["quote ACME", "forget", "count ended, well", "these: one,two,three"]);
    const ended = { callsInFlight: 0, callsAnswered: 8, callsFailedByCode: {} };
    expect(server.stats()).toMatchObject({ ...ended, messagesReceived: 0 });
    expect(caller.stats()).toMatchObject(ended);
  });

  test("fails with a declared error, its data typed", async () => {
    const { server } = open();
    await using _ = server;
    await using caller = await client(server.port);
    const outcome = await caller.try.quote({ symbol: "none" });
    if (outcome.ok || outcome.error.code !== "unknownSymbol") throw new Error("It did not fail");
    const symbol: string = outcome.error.data.symbol;
    expect(symbol).toBe("none");
    const thrown = await failureOf(caller.call.quote({ symbol: "none" }));
    expect(thrown).toMatchObject({ name: "CallError", code: "unknownSymbol", ran: "yes" });
    for (const end of [server, caller])
      expect(end.stats().callsFailedByCode).toEqual({ unknownSymbol: 2 });
  });

  test.each(["throws", "unfit", "undeclared"])(
    "whose handler %s fails with internal, and tells nothing; the connection goes on",
    async (how) => {
      const { server, errors } = open();
      await using _ = server;
      await using caller = await client(server.port);
      const failure = await failureOf(caller.call.broken(how));
      expect(failure).toMatchObject({ code: "internal", ran: "yes", call: "broken" });
      expect(String(failure)).not.toContain("secret");
      expect(errors).toHaveLength(1);
      expect(errors[0]).toStartWith("broken: ");
      expect(await caller.call.quote({ symbol: "A" })).toMatchObject({ price: 1 });
    },
  );

  test("whose input does not fit does not leave", async () => {
    const { server, events } = open();
    await using _ = server;
    await using caller = await client(server.port);
    const wrong = { symbol: 5 } as unknown as { symbol: string };
    expect(await failureOf(caller.call.quote(wrong))).toMatchObject({
      code: "invalid-input",
      ran: "no",
      path: "/input/symbol",
    });
    expect(events).toEqual([]);
  });

  test("whose input throws what cannot be asked what it is does not leave", async () => {
    const { server, events } = open();
    await using _ = server;
    await using caller = await client(server.port);
    const input = {
      get symbol(): string {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        throw proxy as Error;
      },
    };
    expect(await failureOf(caller.call.quote(input))).toMatchObject({ code: "invalid-input" });
    expect(await caller.try.quote(input)).toMatchObject({ ok: false, error: { ran: "no" } });
    await caller.call.forget();
    expect(events).toEqual(["forget"]);
  });

  test("has a deadline, and can be cancelled; its handler is told", async () => {
    const { server, events } = open();
    await using _ = server;
    await using caller = await client(server.port);
    const late = failureOf(caller.call.slow(60_000, { timeoutMs: 20 }));
    expect(await within(late, () => "no deadline")).toMatchObject({
      code: "deadline-exceeded",
      ran: "maybe",
    });
    const controller = new AbortController();
    const cancelled = failureOf(caller.call.slow(60_000, { signal: controller.signal }));
    await Bun.sleep(10);
    controller.abort();
    expect(await cancelled).toMatchObject({ code: "cancelled", ran: "maybe" });
    await caller.call.forget();
    expect(events.toSorted()).toEqual([
      "forget",
      "slow cancelled",
      expect.stringContaining("slow "),
    ]);
  });

  test("beyond those that may be open waits; a stream too many fails at once", async () => {
    const { server, events } = open();
    await using _ = server;
    await using caller = await client(server.port);
    const answers = Array.from({ length: 300 }, () => caller.call.quote({ symbol: "A" }));
    expect((await Promise.all(answers)).length).toBe(300);
    expect(events.length).toBe(300);
    const streams = Array.from({ length: 64 }, () => caller.call.chat(endless()));
    const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
    await Promise.all(iterators.map((iterator) => iterator.next()));
    const more = await failureOf(listOf(caller.call.chat(lines)));
    expect(more).toMatchObject({ code: "too-many-calls", ran: "no" });
    expect(await caller.call.quote({ symbol: "AB" })).toMatchObject({ price: 2 });
    await Promise.all(iterators.map(async (iterator) => iterator.return?.()));
    // A slot is free when the handler that had it has ended.
    while (server.stats().callsInFlight > 0) await Bun.sleep(1);
    await caller.call.forget();
    expect(await listOf(caller.call.chat(["x"]))).toEqual(["X"]);
  });
});

/** Items that never end, each after a turn of the event loop. */
async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield "x";
    await Bun.sleep(1);
  }
}

describe("a stream", () => {
  test("is cancelled when its loop is left", async () => {
    const { server, events } = open();
    await using _ = server;
    await using caller = await client(server.port);
    for await (const number of caller.call.count({ upTo: 1e9 })) if (number === 3) break;
    await caller.call.forget();
    await Bun.sleep(20);
    expect(events).toContain("count ended, aborted");
  });

  test("is pulled no further than its reader reads, while others go on", async () => {
    let pulled = 0;
    const chunk = new Uint8Array(16 * 1024);
    function* chunks(): Generator<Uint8Array> {
      for (pulled = 0; pulled < 10_000; pulled += 1) yield chunk;
    }
    const release = Promise.withResolvers<void>();
    const stalled = defineProtocol({
      name: "stalled",
      version: 1,
      server: {},
      client: {},
      calls: {
        take: { sends: Type.Uint8Array() },
        echo: { input: Type.Integer(), output: Type.Integer() },
      },
    });
    await using server = serve(
      stalled,
      { port: 0 },
      { take: () => release.promise, echo: (number) => number },
    );
    await using caller = await connect(stalled, { port: server.port });
    const taking = caller.call.take(chunks());
    for (let number = 0; number < 200; number += 1) {
      expect(await caller.call.echo(number)).toBe(number);
    }
    // The window of 64 KiB, and one item that overdraws it.
    expect(pulled).toBeLessThanOrEqual(6);
    release.resolve();
    await taking;
  });

  test("of a hundred thousand items arrives whole and in order, both ways at once", async () => {
    const { server } = open();
    await using _ = server;
    await using caller = await client(server.port);
    let next = 1;
    for await (const number of caller.call.count({ upTo: 100_000 })) {
      if (number !== next) throw new Error(`expected ${next}, got ${number}`);
      next += 1;
    }
    expect(next).toBe(100_001);
    const long = Array.from({ length: 5_000 }, (_each, index) => `line ${index}`);
    expect(await listOf(caller.call.chat(long))).toEqual(long.map((line) => line.toUpperCase()));
  });
});

describe("the end of a connection", () => {
  test("settles every call before onClose, and aborts every handler", async () => {
    const { server, events, errors } = open();
    await using _ = server;
    const order: string[] = [];
    const caller = await client(server.port, {
      reconnect: false,
      onClose: () => void order.push("closed"),
    });
    const calls = Array.from({ length: 100 }, () =>
      caller.call.slow(60_000).catch((error: unknown) => {
        if (error instanceof CallError) order.push(`${error.code} ${error.ran}`);
      }),
    );
    await caller.call.forget();
    for (const connection of server.connections) connection.destroy();
    await within(Promise.all(calls), () => "calls did not settle");
    await caller.closed;
    expect(order).toEqual([
      ...Array.from({ length: 100 }, () => "connection-lost maybe"),
      "closed",
    ]);
    await Bun.sleep(10);
    expect(events.filter((event) => event === "slow connection-lost")).toHaveLength(100);
    expect(errors).toEqual([]);
    expect(server.stats().callsInFlight).toBe(0);
  });

  test("lets calls under way end in a drain, and has new ones made elsewhere", async () => {
    const first = open();
    const { port } = first.server;
    await using caller = await client(port, { reconnect: { initialDelayMs: 1, maxDelayMs: 5 } });
    const running = caller.call.slow(100);
    await caller.call.forget();
    const drained = first.server.drain();
    await Bun.sleep(20);
    const next = caller.call.quote({ symbol: "later" });
    expect(await running).toBe("after 100");
    await drained;
    const second = open({}, port);
    await using _ = second.server;
    expect(await within(next, () => "the call was not made again")).toMatchObject({ price: 5 });
    expect([first.events, second.events]).toEqual([["forget"], ["quote later"]]);
  });

  test("of the caller's half lets running calls answer", async () => {
    const { server } = open();
    await using _ = server;
    const writer = new ByteWriter();
    for (const [id, ms] of [
      [1, 30],
      [2, 10],
    ] as const) {
      const message = { type: "$call", call: "slow", id, input: ms } as const;
      market.client.encodeCallInto(message, "slow", writer);
    }
    using peer = await ScriptedPeer.connect({ hostname: "127.0.0.1", port: server.port });
    await peer.send(writer.copy());
    peer.shutdown();
    const results: unknown[] = [];
    while (results.length < 2) {
      const payload = await peer.next();
      const message = market.server.decodeIncoming(
        payload,
        0,
        payload.length,
        undefined,
        () => "slow",
      );
      if (message.type === "$result") results.push([message.id, message.output]);
    }
    expect(results).toEqual([
      [2, "after 10"],
      [1, "after 30"],
    ]);
  });

  test("of the caller's half ends a call whose items have not all come", async () => {
    const { server, events } = open();
    await using _ = server;
    const writer = new ByteWriter();
    const message = { type: "$call", call: "collect", id: 1, input: "half" } as const;
    market.client.encodeCallInto(message, "collect", writer);
    using peer = await ScriptedPeer.connect({ hostname: "127.0.0.1", port: server.port });
    await peer.send(writer.copy());
    peer.shutdown();
    await peer.next();
    const payload = await within(peer.next(), () => "the call did not end");
    const openCalls = () => "collect";
    const result = market.server.decodeIncoming(payload, 0, payload.length, undefined, openCalls);
    expect(result).toMatchObject({ type: "$result", id: 1, error: { code: "cancelled" } });
    expect(events).toEqual([]);
  });

  test("that its client says ends what its handlers do for it", async () => {
    const { server, events } = open();
    await using _ = server;
    const caller = await client(server.port);
    const slow = failureOf(caller.call.slow(60_000));
    await caller.call.forget();
    await caller.close();
    expect(await slow).toMatchObject({ ran: "maybe" });
    await Bun.sleep(10);
    expect(events).toEqual(["forget", "slow connection-lost"]);
    expect(server.stats().callsInFlight).toBe(0);
  });

  test("takes no further calls once it has begun: they are made on the next", async () => {
    const { server, events } = open();
    await using _ = server;
    await using caller = await client(server.port, { reconnect: { initialDelayMs: 1 } });
    void caller.connection?.close();
    await within(caller.call.forget(), () => "the call was not made");
    expect(events).toEqual(["forget"]);
  });

  test("makes an idempotent call again, and no other", async () => {
    const first = open();
    const { port } = first.server;
    await using caller = await client(port, { reconnect: { initialDelayMs: 1, maxDelayMs: 5 } });
    const slow = failureOf(caller.call.slow(60_000));
    await caller.call.forget();
    first.server.stop();
    expect(await slow).toMatchObject({ code: "connection-lost", ran: "maybe" });
    const waiting = caller.call.quote({ symbol: "AB" });
    const second = open({}, port);
    await using _ = second.server;
    expect(await within(waiting, () => "the call was not made")).toMatchObject({ price: 2 });
  });

  test("of the client for good fails what waits", async () => {
    const { server } = open();
    await using _ = server;
    const caller = await client(server.port);
    await caller.close();
    expect(await failureOf(caller.call.forget())).toMatchObject({
      code: "connection-closed",
      ran: "no",
    });
  });
});

describe("serve, of a protocol with calls", () => {
  test("runs its middlewares around each call, the first outermost, streams too", async () => {
    const order: string[] = [];
    const around =
      (name: string): NonNullable<Options["use"]>[number] =>
      async (call, next) => {
        order.push(`${name} begins ${call.name}`);
        const output = await next();
        order.push(`${name} ends`);
        return output;
      };
    const { server } = open({ use: [around("a"), around("b")] });
    await using _ = server;
    await using caller = await client(server.port);
    await caller.call.quote({ symbol: "A" });
    expect(order.splice(0)).toEqual(["a begins quote", "b begins quote", "b ends", "a ends"]);
    await listOf(caller.call.count({ upTo: 3 }));
    expect(order).toEqual(["a begins count", "b begins count", "b ends", "a ends"]);
  });

  test("has to be given a handler for each call", () => {
    // @ts-expect-error -- most handlers are missing
    expect(() => serve(market, { port: 0 }, { forget: () => {} })).toThrow(
      "handlers.quote: the call has no handler",
    );
    // @ts-expect-error -- and so are all of them
    expect(() => serve(market, { port: 0 })).toThrow("the call has no handler");
  });

  test("names the handler that is mistyped, and at a client one of a call", async () => {
    // @ts-expect-error -- there is no such call
    expect(() => serve(market, { port: 0 }, { qoute() {} })).toThrow(
      "handlers.qoute: expected quote",
    );
    // @ts-expect-error -- the server answers it
    const connecting = connect(market, { port: 1 }, { quote() {} });
    expect(await connecting.catch((error: unknown) => error)).toMatchObject({
      code: "option-invalid",
      message: "handlers.quote: expected said",
    });
  });

  test("tells a client that sends a call as a message what it is", async () => {
    const { server } = open();
    await using _ = server;
    await using caller = await client(server.port);
    // @ts-expect-error -- no message of the client's
    expect(() => caller.send({ type: "quote", symbol: "A" })).toThrow(
      'Unknown message type "quote": this is the name of a call; expected say',
    );
  });

  test("answers a client that has no calls as before", async () => {
    const { calls: __, ...parts } = {
      name: "market",
      version: 1,
      server: { said: Type.Object({ text: Type.String() }) },
      client: { say: Type.Object({ text: Type.String() }) },
      calls: {},
    };
    const { server } = open();
    await using _ = server;
    const said = Promise.withResolvers<string>();
    await using old = await connect(
      defineProtocol(parts),
      { port: server.port },
      { said: ({ text }) => said.resolve(text) },
    );
    old.send({ type: "say", text: "hola" });
    expect(await said.promise).toBe("hola");
  });

  test("is known to a client whose server answers no calls", async () => {
    await using server = serve(
      defineProtocol({
        name: "market",
        version: 1,
        server: { said: Type.Object({ text: Type.String() }) },
        client: { say: Type.Object({ text: Type.String() }) },
      }),
      { port: 0 },
      { say: () => {} },
    );
    await using caller = await client(server.port);
    expect(await failureOf(caller.call.forget())).toMatchObject({
      code: "calls-unsupported",
      ran: "no",
    });
  });

  test("of a server is answered by a client that answers none, and costs no connection", async () => {
    using listener = new ScriptedListener();
    const connecting = client(listener.port, { reconnect: false });
    using peer = await listener.accept();
    const writer = new ByteWriter();
    const slots = { maxCalls: 1, maxStreams: 1 };
    market.server.encodeInto({ type: "$hello", protocol: "market", version: 1, ...slots }, writer);
    for (let id = -1; id >= -20; id -= 1) {
      market.server.encodeInto({ type: "$call", call: "wake", id }, writer);
    }
    await peer.send(writer.copy());
    await using caller = await connecting;
    const answers: unknown[] = [];
    while (answers.length < 20) {
      const payload = await peer.next();
      const said = market.client.decodeIncoming(payload, 0, payload.length);
      if (said.type === "$result") answers.push([said.id, said.error?.code]);
    }
    expect(answers).toEqual(answers.map((_, index) => [-1 - index, "unknown-call"]));
    expect(caller.connection?.state).toBe("open");
    void peer.ended.then(() => peer.shutdown());
  });
});
