import { describe, expect, spyOn, test } from "bun:test";

import { defineProtocol, type MessageOf, Type } from "typewire";
import { saludo } from "typewire/saludo";
import { connectInMemory } from "typewire/testing";

const counter = defineProtocol({
  name: "counter",
  version: 1,
  server: { total: Type.Object({ value: Type.Integer() }) },
  client: {
    add: Type.Object({ by: Type.Integer() }),
    blob: Type.Object({ bytes: Type.Uint8Array() }),
  },
});
const desk = defineProtocol({
  name: "desk",
  version: 1,
  server: {},
  client: { wave: Type.Object({}) },
  auth: Type.Object({ token: Type.String() }),
  calls: { who: { output: Type.String() } },
});
const numbers = defineProtocol({
  name: "numbers",
  version: 1,
  server: {},
  client: {},
  calls: {
    list: { yields: Type.Integer() },
    sum: { sends: Type.Integer(), output: Type.Integer() },
  },
});
type Total = MessageOf<typeof counter, "server">;

/** What `promise` rejects with. */
function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("connectInMemory", () => {
  test("needs no handlers where observers hear enough", async () => {
    const heard: unknown[] = [];
    await using memory = await connectInMemory(
      counter,
      {},
      { server: { onReceived: (_, message) => void heard.push(message) } },
    );
    memory.client.send({ type: "add", by: 2 });
    await memory.settle();
    expect(heard).toEqual([{ type: "add", by: 2 }]);
  });

  test("answers calls with the context that the server has made, and compiles only with their handlers", async () => {
    type Context = { readonly user: string };
    await using memory = await connectInMemory<typeof desk, Context>(
      desk,
      { server: { who: (_, call) => call.context.user, wave() {} } },
      {
        server: { authenticate: ({ token }) => ({ user: token.slice(1) }) },
        client: { auth: () => ({ token: "=ada" }) },
      },
    );
    expect(await memory.client.call.who()).toBe("ada");
    expect([...memory.server.connections].map(({ context }) => context.user)).toEqual(["ada"]);
    const missing = { code: "option-invalid", message: "handlers.who: the call has no handler" };
    // @ts-expect-error -- no handlers
    expect(await failureOf(connectInMemory(desk))).toMatchObject(missing);
    // @ts-expect-error -- no handlers of the server's
    expect(await failureOf(connectInMemory(desk, {}))).toMatchObject(missing);
    // @ts-expect-error -- no handler of the call
    expect(await failureOf(connectInMemory(desk, { server: {} }))).toMatchObject(missing);
  });

  test.each([1, 165, 500])(
    "carries streams of %p items by itself, both ways, whether their sources wait or not",
    async (count) => {
      const waiting = async function* () {
        for (let index = 0; index < count; index += 1) {
          await new Promise(setImmediate);
          yield index;
        }
      };
      const never = async function* () {
        for (let index = 0; index < count; index += 1) yield index;
      };
      const plain = Array.from({ length: count }, (_, index) => index);
      for (const source of [waiting, never, () => plain]) {
        await using memory = await connectInMemory(numbers, {
          server: {
            list: source as typeof never,
            async sum(_, call) {
              let sum = 0;
              for await (const item of call.items) sum += item;
              return sum;
            },
          },
        });
        const { client } = memory;
        const taken: number[] = [];
        for await (const item of client.call.list()) taken.push(item);
        expect(taken).toEqual(plain);
        expect(await client.call.sum(source())).toBe((count * (count - 1)) / 2);
      }
    },
  );

  test("takes what the client sends to the server's handler, and the answer back", async () => {
    let value = 0;
    const totals: Total[] = [];
    await using memory = await connectInMemory(counter, {
      server: {
        add(message, connection) {
          value += message.by;
          connection.send({ type: "total", value });
        },
        blob() {},
      },
      client: { total: (message) => void totals.push(message) },
    });
    memory.client.send({ type: "add", by: 2 });
    memory.client.send({ type: "add", by: 40 });
    await memory.settle();

    expect(totals).toEqual([
      { type: "total", value: 2 },
      { type: "total", value: 42 },
    ]);
    expect(memory.server.connections.size).toBe(1);
  });

  test("connects more clients, and the server's broadcast reaches each but the one left out", async () => {
    const heard: string[] = [];
    const hearing = (name: string) => ({
      welcome() {},
      greeting() {},
      said: ({ text }: { text: string }) => void heard.push(`${name}: ${text}`),
    });
    await using memory = await connectInMemory(saludo, {
      server: {
        say({ text }, connection) {
          const said = { type: "said", from: connection.name, text, at: new Date(0) } as const;
          memory.server.broadcast(said, { except: connection });
        },
      },
      client: hearing("first"),
    });
    await memory.connect(hearing("second"));
    await memory.connect(hearing("third"));
    memory.client.send({ type: "say", text: "hola" });
    await memory.settle();

    expect(heard.toSorted()).toEqual(["second: hola", "third: hola"]);
    expect(memory.server.connections.size).toBe(3);
  });

  test("carries more than one turn's messages, and chunks whose memory is given back", async () => {
    let bytes = 0;
    let adds = 0;
    await using memory = await connectInMemory(counter, {
      server: {
        add() {
          adds += 1;
        },
        blob(message) {
          bytes += message.bytes.length;
        },
      },
      client: { total() {} },
    });
    for (let sent = 0; sent < 20_000; sent += 1) memory.client.send({ type: "add", by: 1 });
    memory.client.send({ type: "blob", bytes: new Uint8Array(500_000) });
    await memory.settle();

    expect({ adds, bytes }).toEqual({ adds: 20_000, bytes: 500_000 });
  });

  test("delivers nothing to a client that has paused, and all of it when it reads again", async () => {
    const totals: number[] = [];
    await using memory = await connectInMemory(counter, {
      server: {
        add: ({ by }, connection) => void connection.send({ type: "total", value: by }),
        blob() {},
      },
      client: { total: ({ value }) => void totals.push(value) },
    });
    memory.client.pause();
    memory.client.send({ type: "add", by: 7 });
    await memory.settle();
    expect(totals).toEqual([]);

    memory.client.resume();
    await memory.settle();
    expect(totals).toEqual([7]);
  });

  test("throws what a handler threw from settle, and the connection ends as it would", async () => {
    const memory = await connectInMemory(
      counter,
      {
        server: {
          add() {
            throw new Error("no such sum");
          },
          blob() {},
        },
        client: { total() {} },
      },
      { client: { reconnect: false } },
    );
    memory.client.send({ type: "add", by: 1 });

    expect(await failureOf(memory.settle())).toEqual(new Error("no such sum"));
    expect(await memory.client.closed).toMatchObject({ code: "internal", origin: "peer" });
    await memory[Symbol.asyncDispose]();
  });

  test("leaves a handler's failure to onHandlerError where there is one", async () => {
    const failures: string[] = [];
    await using memory = await connectInMemory(
      counter,
      {
        server: {
          async add() {
            throw new Error("no such sum");
          },
          blob() {},
        },
        client: { total() {} },
      },
      {
        server: {
          onHandlerError: (_, name, error) => void failures.push(`${name}: ${String(error)}`),
        },
        client: { reconnect: false },
      },
    );
    memory.client.send({ type: "add", by: 1 });
    await memory.settle();

    expect(failures).toEqual(["add: Error: no such sum"]);
  });

  test("comes back when time is moved, and says so", async () => {
    const states: string[] = [];
    await using memory = await connectInMemory(
      counter,
      { server: { add() {}, blob() {} }, client: { total() {} } },
      { client: { onStatus: ({ state }) => void states.push(state) } },
    );
    for (const connection of memory.server.connections) connection.destroy();
    await memory.settle();
    expect(memory.client.state).toBe("reconnecting");

    // The first wait is at most half a second.
    memory.clock.advance(500);
    await memory.settle();
    expect(states).toEqual(["connected", "reconnecting", "connected"]);
  });

  test("refuses a client of a server that no longer listens", async () => {
    await using memory = await connectInMemory(counter, {
      server: { add() {}, blob() {} },
      client: { total() {} },
    });
    await memory.server.drain();
    const failure = await failureOf(memory.connect({ total() {} }));
    expect(failure).toMatchObject({ code: "connect-failed" });
  });

  test("ends both with the test, and leaves no timer", async () => {
    const memory = await connectInMemory(counter, {
      server: { add() {}, blob() {} },
      client: { total() {} },
    });
    await memory[Symbol.asyncDispose]();

    expect(memory.client.state).toBe("closed");
    expect(memory.server.connections.size).toBe(0);
    expect(memory.clock.pending).toBe(0);
  });

  test("refuses options as serve and connect do", async () => {
    const wrong = [
      [{ server: { maxConections: 5 } }, "server.maxConections: no such option"],
      [{ server: { maxConnections: "5" } }, "server.maxConnections: expected a positive integer"],
      [{ client: { resend: 1 } }, "client.resend: expected true or false, got 1"],
      [{ client: null }, "client: expected an object, got null"],
      [{ sever: {} }, "sever: no such option; expected server"],
    ] as const;
    for (const [options, message] of wrong) {
      const error = await failureOf(connectInMemory(counter, {}, options as never));
      expect(error).toMatchObject({ code: "option-invalid" });
      expect((error as Error).message).toContain(message);
    }
  });

  test("warns of another deployment as a process does, and counts what it refuses", async () => {
    const warn = spyOn(console, "warn").mockImplementation(() => {});
    try {
      await using memory = await connectInMemory(counter, {
        server: { add() {}, blob() {} },
        client: { total() {} },
      });
      // A client whose `by` is a text.
      const other = defineProtocol({
        name: "counter",
        version: 1,
        server: {},
        client: { add: Type.Object({ by: Type.String() }) },
      });
      const frames = Array.from({ length: 6 }, () =>
        other.client.encodeFrame({ type: "add", by: "2" }),
      );
      const [connection] = memory.server.connections;
      const receiving = connection as unknown as { receive(bytes: Uint8Array): void };
      for (const frame of frames) receiving.receive(frame);
      await memory.settle();
      expect(memory.server.stats().messagesRefused).toBe(6);
      expect(memory.client.stats().messagesRefusedByPeer).toBe(6);
      expect(warn.mock.calls.map(([said]) => String(said))).toEqual([
        expect.stringMatching(/^typewire: A message of memory:1 was refused/),
        expect.stringMatching(/^typewire: memory:1 refused a message of this end, "add"/),
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});
