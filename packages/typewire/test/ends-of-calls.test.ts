// What becomes of calls where something ends, from whatever place it was ended: the same codes and sentences over
// TCP and in memory, so that a program that is tested in memory knows what it will meet.

import { describe, expect, test } from "bun:test";

import { CallError, defineProtocol, Type, TypewireError } from "typewire";
import {
  type ClientOf,
  type ClientOptions,
  connect,
  serve,
  type ServerHandlers,
  type ServerOf,
  type ServerOptions,
} from "typewire/bun";
import { connectInMemory } from "typewire/testing";

const desk = defineProtocol({
  name: "desk",
  version: 1,
  server: { said: Type.Object({ n: Type.Integer() }) },
  client: { say: Type.Object({ n: Type.Integer() }) },
  auth: Type.Object({ token: Type.String() }),
  calls: {
    echo: { input: Type.Integer(), output: Type.Integer() },
    hang: { output: Type.Integer() },
    closeMe: { output: Type.Integer() },
    destroyMe: { output: Type.Integer() },
    ticks: { yields: Type.Integer(), output: Type.Integer() },
    up: { sends: Type.Integer(), output: Type.Integer() },
  },
});
type Desk = typeof desk;

interface Context {
  readonly user: string;
}

interface Ends {
  readonly server: ServerOf<Desk, Context>;
  readonly client: ClientOf<Desk>;
  /** Lets the time pass in which a client comes back. */
  readonly pass: () => Promise<void>;
}

interface Given {
  readonly server?: Partial<Omit<ServerOptions<Desk, Context>, "exhaustive">>;
  readonly client?: Partial<ClientOptions<Desk>>;
  readonly said?: (message: { readonly n: number }) => void;
}

const handlers: ServerHandlers<Desk, Context> = {
  say: ({ n }, connection) => connection.send({ type: "said", n }),
  echo: (n) => n,
  hang: (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    }),
  closeMe(_, { connection }) {
    void connection.close({ reason: "enough" });
    return 1;
  },
  destroyMe(_, { connection }) {
    connection.destroy();
    return 1;
  },
  async *ticks(_, { signal }) {
    yield 1;
    return await new Promise<number>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  },
  async up(_, { items }) {
    let sum = 0;
    for await (const item of items) sum += item;
    return sum;
  },
};

/** Runs `scene` with both ends, and closes them. */
type Network = (given: Given, scene: (ends: Ends) => Promise<void>) => Promise<void>;

const options = ({ server, client }: Given) => ({
  server: { authenticate: () => ({ user: "Ana" }), onHandlerError() {}, ...server },
  client: { auth: () => ({ token: "s" }), reconnect: false as const, ...client },
});

const networks: Readonly<Record<"tcp" | "memory", Network>> = {
  async tcp(given, scene) {
    const of = options(given);
    await using server = serve<Desk, number, Context>(desk, { port: 0, ...of.server }, handlers);
    const said = given.said ?? (() => {});
    await using client = await connect(desk, { port: server.port, ...of.client }, { said });
    await scene({ server, client, pass: async () => {} });
  },
  async memory(given, scene) {
    const said = given.said ?? (() => {});
    const ends = { server: handlers, client: { said } };
    await using memory = await connectInMemory<Desk, Context>(desk, ends, options(given));
    const { server, client } = memory;
    const pass = async (): Promise<void> => {
      await memory.settle();
      memory.clock.advance(1);
    };
    await scene({ server, client, pass });
  },
};

/** What a promise comes to, in words without addresses. */
async function told(promise: Promise<unknown>): Promise<string> {
  try {
    const value = await promise;
    const failed = (value as { readonly error?: unknown } | undefined)?.error;
    return failed === undefined ? JSON.stringify(value) : inWords(failed);
  } catch (error) {
    return inWords(error);
  }
}

function inWords(error: unknown): string {
  if (!(error instanceof CallError || error instanceof TypewireError)) throw error;
  const ran = error instanceof CallError ? `, ${error.ran}` : "";
  return `${error.code}${ran}: ${error.message}`.replace(/127\.0\.0\.1:\d+|memory:1/, "the server");
}

async function allOf(stream: AsyncIterable<number>): Promise<number[]> {
  return await Array.fromAsync(stream);
}

/** Each way to make a call, told. */
function everyCall({ client }: Pick<Ends, "client">): Promise<readonly string[]> {
  return Promise.all([
    told(client.call.echo(1)),
    told(client.try.echo(1)),
    told(allOf(client.call.ticks())),
    told(client.call.up([1])),
  ]);
}

const closed = "connection-closed, no";
const lost = "connection-lost, maybe";
/** What `everyCall` comes to where there is no connection, and will be none. */
const allClosed = [closed, closed, closed, closed];

interface Scene {
  /** `ends` are there once a connection is. */
  readonly given?: (note: (line: string) => void, ends: () => Ends) => Given;
  readonly run: (ends: Ends) => Promise<readonly string[]>;
  readonly told: readonly string[];
}

const scenes: Readonly<Record<string, Scene>> = {
  "after close()": {
    async run(ends) {
      await ends.client.close();
      return everyCall(ends);
    },
    told: allClosed,
  },
  "right behind close(), in its turn": {
    run(ends) {
      void ends.client.close();
      return everyCall(ends);
    },
    told: allClosed,
  },
  "under way at close()": {
    async run({ client }) {
      const ticks = client.call.ticks();
      const items = allOf(ticks);
      const calls = [told(client.call.hang()), told(client.try.hang()), told(items)];
      calls.push(told(ticks.output));
      await client.call.echo(1);
      void client.close({ reason: "enough" });
      return Promise.all(calls);
    },
    told: [lost, lost, lost, lost],
  },
  "closed twice, for two reasons": {
    async run({ client }) {
      const first = client.close({ reason: "one" });
      const both = [await first, await client.close({ reason: "two" })];
      await client[Symbol.asyncDispose]();
      return [...both.map(({ code, message }) => `${code}: ${message}`), client.state];
    },
    told: ["done", "done", "closed"],
  },
  "closed by a handler of the client": {
    given: (_, ends) => ({ said: () => void ends().client.close() }),
    async run({ client }) {
      const call = told(client.call.hang());
      client.send({ type: "say", n: 1 });
      return [await call, (await client.closed).code, ...(await everyCall({ client }))];
    },
    told: [lost, "done", ...allClosed],
  },
  "closed in onClose, where it would come back": {
    given: (note, ends) => ({
      client: {
        reconnect: {},
        onClose() {
          const { client } = ends();
          note(client.state);
          void client.close();
        },
      },
    }),
    async run(ends) {
      for (const connection of ends.server.connections) void connection.close();
      return [(await ends.client.closed).code, ...(await everyCall(ends))];
    },
    told: ["reconnecting", "done", ...allClosed],
  },
  "made in onStatus, where it comes back": {
    given: (note, ends) => ({
      client: {
        reconnect: { initialDelayMs: 60_000 },
        onStatus({ state }) {
          if (state !== "reconnecting") return;
          const { client } = ends();
          void told(client.call.echo(1)).then(note);
          void client.close();
        },
      },
    }),
    async run({ server, client }) {
      for (const connection of server.connections) void connection.close();
      return [(await client.closed).code];
    },
    told: [closed, "done"],
  },
  "whose handler closes its connection": {
    run: async ({ client }) => [await told(client.call.closeMe()), (await client.closed).code],
    told: [lost, "peer-closed"],
  },
  "whose handler destroys its connection": {
    run: async ({ client }) => [await told(client.call.destroyMe()), (await client.closed).code],
    told: [lost, "connection-reset"],
  },
  "whose middleware closes its connection": {
    given: () => ({
      server: {
        use: [
          (call, next) => {
            void call.connection.close({ reason: "not you" });
            return next();
          },
        ],
      },
    }),
    run: async ({ client }) => [await told(client.call.echo(1)), (await client.closed).code],
    told: [lost, "peer-closed"],
  },
  "made in onOpen, of the next connection": {
    given: (note, ends) => {
      let opened = 0;
      return {
        client: {
          reconnect: { initialDelayMs: 1 },
          onOpen() {
            opened += 1;
            if (opened > 1) void told(ends().client.call.echo(7)).then(note);
          },
        },
      };
    },
    async run({ server, client, pass }) {
      for (const connection of server.connections) await connection.close();
      await pass();
      await client.ready();
      return [await told(client.call.echo(8))];
    },
    told: ["7", "8"],
  },
  "within await using": {
    async run({ client }) {
      let call;
      {
        await using closing = client;
        call = told(closing.call.hang());
        await using ticks = closing.call.ticks();
        await ticks[Symbol.asyncIterator]().next();
      }
      return [await call, client.state];
    },
    told: [lost, "closed"],
  },
};

/** What is noted of `scene`. */
async function linesOf(network: Network, { given, run }: Scene): Promise<readonly string[]> {
  const lines: string[] = [];
  let ends: Ends | undefined;
  const there = (): Ends => {
    if (ends === undefined) throw new Error("before there is a connection");
    return ends;
  };
  await network(given?.((line) => void lines.push(line), there) ?? {}, async (opened) => {
    ends = opened;
    lines.push(...(await run(opened)));
  });
  return lines;
}

describe("A call", () => {
  test.each(Object.entries(scenes))("%s", async (_, scene) => {
    const [overTcp, inMemory] = [
      await linesOf(networks.tcp, scene),
      await linesOf(networks.memory, scene),
    ];
    expect(inMemory).toEqual(overTcp);
    // The sentences are those of other tests.
    expect(overTcp.map((line) => line.split(":", 1)[0] ?? "")).toEqual([...scene.told]);
  });

  test("is not made by a client that authenticate has closed", async () => {
    const authenticate: ServerOptions<Desk, Context>["authenticate"] = (_shown, connection) => {
      void connection.close({ reason: "not you" });
      return { user: "Ana" };
    };
    const [overTcp, inMemory] = [
      await told(networks.tcp({ server: { authenticate } }, async () => {})),
      await told(networks.memory({ server: { authenticate } }, async () => {})),
    ];
    expect(inMemory).toBe(overTcp);
    expect(overTcp).toStartWith("connect-failed: ");
    expect(overTcp).toEndWith(": not you");
  });
});
