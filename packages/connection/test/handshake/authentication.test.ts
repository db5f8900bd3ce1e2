// A protocol with `auth`: a client shows what it has, a server judges it, and nothing else counts before.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import {
  type Call,
  type ControlMessage,
  defineProtocol,
  type MessageOf,
  type Result,
  TypewireError,
} from "@typewire/protocol";
import { AUTHENTICATE, ByteWriter } from "@typewire/protocol/internal";
import { byteByByte, collect, FakeClock, MemoryPair, MemorySocket, whole } from "@typewire/testkit";

import {
  type CloseCode,
  createEndpoint,
  type EndpointOptions,
  LiveConnection,
} from "../../src/index.ts";
import type { Admission } from "../../src/handshake/authentication.ts";
import { turn } from "../talk.ts";

const parts = {
  name: "guarded",
  version: 1,
  server: { reply: Type.Object({ text: Type.String() }) },
  client: { ask: Type.Object({ text: Type.String() }) },
  auth: Type.Object({ token: Type.String({ minLength: 3 }) }),
};

const guarded = defineProtocol(parts);

type FromServer = MessageOf<typeof guarded, "server">;
type FromClient = MessageOf<typeof guarded, "client">;

const hello = { type: "$hello", protocol: "guarded", version: 1 } as const;

interface ServerParts {
  readonly judge?: (token: string) => Admission | PromiseLike<Admission>;
  readonly more?: EndpointOptions<FromServer, FromClient>;
}

/** A server that lets in who shows `abc`, unless `judge` is given. */
function server({ judge = onlyAbc, more = {} }: ServerParts = {}) {
  const seen: string[] = [];
  const clock = new FakeClock();
  const endpoint = createEndpoint(
    guarded,
    "server",
    { ask: ({ text }) => seen.push(text) },
    {
      clock,
      authenticate: (shown) => judge((shown as { token: string }).token),
      observers: [
        {
          onOpen(connection) {
            seen.push("open");
            connection.send({ type: "reply", text: "welcome" });
          },
          onClose: () => void seen.push("close"),
        },
      ],
      ...more,
    },
  );
  return { connection: new LiveConnection(endpoint, "client"), seen, clock };
}

function onlyAbc(token: string): Admission {
  if (token !== "abc") throw new Error(`no such token as ${token}`);
  return {};
}

function client(
  credentials: () => unknown = () => ({ token: "abc" }),
  more: EndpointOptions<FromClient, FromServer> = {},
) {
  const seen: string[] = [];
  const clock = new FakeClock();
  const endpoint = createEndpoint(
    guarded,
    "client",
    { reply: ({ text }) => seen.push(text) },
    {
      clock,
      credentials,
      observers: [{ onOpen: () => seen.push("open"), onClose: () => void seen.push("close") }],
      ...more,
    },
  );
  return { connection: new LiveConnection(endpoint, "server"), seen, clock };
}

/** Frames of a client. */
function said(...messages: readonly (FromClient | ControlMessage)[]): Uint8Array {
  const writer = new ByteWriter();
  for (const message of messages) {
    if (message.type === "$call") guarded.client.encodeCallInto(message, AUTHENTICATE, writer);
    else guarded.client.encodeInto(message, writer);
  }
  return writer.copy();
}

/** The messages that a server's socket has taken. */
function heard(socket: MemorySocket): (FromServer | ControlMessage)[] {
  return collect([socket.written], { maxFrameBytes: 2 ** 20 }).map((payload) =>
    guarded.server.decodeIncoming(payload, 0, payload.length, undefined, () => AUTHENTICATE),
  );
}

const show = (token: string): Call => ({
  type: "$call",
  call: AUTHENTICATE,
  id: 1,
  input: { token },
});

/** A server's connection on a socket of its own, for a client that the test plays. */
function opened(parts: ServerParts = {}) {
  const side = server(parts);
  const socket = new MemorySocket();
  socket.events = side.connection;
  side.connection.opened(socket);
  return { ...side, socket };
}

const types = (socket: MemorySocket): string[] => heard(socket).map(({ type }) => type);

describe("two ends of a protocol with auth", () => {
  test.each([
    ["whole", whole],
    ["byte by byte", byteByByte],
  ])("talk once the client is let in, with bytes %s", async (_, cut) => {
    const [here, there] = [server(), client()];
    const pair = new MemoryPair(here.connection, there.connection, { cut });
    await pair.settle();
    expect(there.connection.state).toBe("open");
    there.connection.send({ type: "ask", text: "how are you" });
    await pair.settle();
    expect(here.seen).toEqual(["open", "how are you"]);
    expect(there.seen).toEqual(["open", "welcome"]);
    expect(types(pair.left)).toEqual(["$hello", "$result", "reply"]);
  });

  test("wait for promises at both ends", async () => {
    const verdict = Promise.withResolvers<Admission>();
    const token = Promise.withResolvers<object>();
    const [here, there] = [server({ judge: () => verdict.promise }), client(() => token.promise)];
    const pair = new MemoryPair(here.connection, there.connection);
    await pair.settle();
    expect(types(pair.left)).toEqual(["$hello"]);
    token.resolve({ token: "xyz" });
    await pair.settle();
    expect(here.connection.state).toBe("connecting");
    verdict.resolve({});
    await pair.settle();
    expect([here.seen, there.seen]).toEqual([["open"], ["open", "welcome"]]);
  });

  test("with a secret too, show nothing before the server has proved it", async () => {
    const hmacSha256 = (bytes: Uint8Array) => new Uint8Array(32).fill(bytes.length % 251);
    const secret = { hmacSha256, randomBytes: (count: number) => new Uint8Array(count).fill(7) };
    const shown: string[] = [];
    const [here, there] = [
      server({ more: { secret } }),
      client(() => (shown.push("asked"), { token: "abc" }), { secret }),
    ];
    const pair = new MemoryPair(here.connection, there.connection);
    await pair.settle();
    expect(types(pair.left)).toEqual(["$hello", "$proof", "$result", "reply"]);
    expect(shown).toEqual(["asked"]);
    const stranger = client(() => (shown.push("asked"), { token: "abc" }), { secret });
    const socket = new MemorySocket();
    socket.events = stranger.connection;
    stranger.connection.opened(socket);
    const writer = new ByteWriter();
    guarded.server.encodeInto({ ...hello, nonce: new Uint8Array(32) }, writer);
    stranger.connection.receive(writer.copy());
    await turn();
    expect(shown).toEqual(["asked"]);
  });
});

describe("a server whose protocol has auth", () => {
  test("runs no handler of what comes behind the call before it has judged it", async () => {
    const verdict = Promise.withResolvers<Admission>();
    const { connection, seen, socket, clock } = opened({ judge: () => verdict.promise });
    connection.receive(said(hello, show("abc"), { type: "ask", text: "early" }));
    await turn();
    expect(seen).toEqual([]);
    verdict.resolve({});
    await turn();
    clock.advance(0);
    expect(seen).toEqual(["open", "early"]);
    expect(types(socket)).toEqual(["$hello", "$result", "reply"]);
  });

  test("tells the verdict to a client that has ended its half meanwhile", async () => {
    const cases = [
      [{}, ["open", "close"], ["$hello", "$result", "reply"]],
      [new Error("no such token"), [], ["$hello", "$result", "$error"]],
    ] as const;
    for (const [outcome, seen, told] of cases) {
      const verdict = Promise.withResolvers<Admission>();
      const { connection, socket, ...here } = opened({ judge: () => verdict.promise });
      connection.receive(said(hello, show("abc")));
      connection.peerEnded();
      await turn();
      expect(connection.state).toBe("connecting");
      if (outcome instanceof Error) verdict.reject(outcome);
      else verdict.resolve(outcome);
      await turn();
      expect([here.seen, types(socket)] as const).toEqual([[...seen], [...told]]);
    }
  });

  test("lets in a client that says no hello", async () => {
    const { connection, seen, clock } = opened();
    connection.receive(said(show("abc"), { type: "ask", text: "hola" }));
    await turn();
    clock.advance(0);
    expect(seen).toEqual(["open", "hola"]);
  });

  test.each([
    ["a message", { type: "ask", text: "hola" }],
    ["a ping", { type: "$ping" }],
    ["another call", { type: "$result", id: 1 }],
  ] as const)("ends a connection on which %s comes first", async (_, message) => {
    const { connection, seen, socket } = opened();
    connection.receive(said(hello, message as FromClient | ControlMessage));
    await turn();
    expect(seen).toEqual([]);
    expect(heard(socket).at(-1)).toMatchObject({ type: "$error", code: "auth-required" });
    expect(connection.closeReason?.code).toBe("auth-required");
  });

  test.each([0, -1, -Number.MAX_SAFE_INTEGER])(
    "ends a connection on which the call has the id %p, which no client's has",
    async (id) => {
      const { connection, seen, socket } = opened();
      connection.receive(said({ ...show("abc"), id }));
      await turn();
      expect(seen).toEqual([]);
      expect(heard(socket).at(-1)).toMatchObject({
        type: "$error",
        code: "auth-required",
        message: "Cannot authenticate: expected $call of $authenticate, got one with an id below 1",
      });
    },
  );

  test.each([1, 2, 7, Number.MAX_SAFE_INTEGER - 1])(
    "counts the calls behind it from the id %p that it had",
    async (id) => {
      const counted = defineProtocol({ ...parts, calls: { who: { output: Type.String() } } });
      const clock = new FakeClock();
      const handlers = { ask() {}, who: () => "ada" };
      const endpoint = createEndpoint(counted, "server", handlers, {
        clock,
        authenticate: () => ({}),
      });
      const connection = new LiveConnection(endpoint, "client");
      const socket = new MemorySocket();
      socket.events = connection;
      connection.opened(socket);
      const writer = new ByteWriter();
      counted.client.encodeCallInto({ ...show("abc"), id }, AUTHENTICATE, writer);
      for (const next of [id, id - 1, id + 1]) {
        counted.client.encodeCallInto({ type: "$call", call: "who", id: next }, "who", writer);
      }
      connection.receive(writer.copy());
      await turn();
      clock.advance(0);
      await turn();
      const answers = collect([socket.written], { maxFrameBytes: 2 ** 20 }).map((payload) =>
        counted.server.decodeIncoming(payload, 0, payload.length, undefined, (called) =>
          called === id ? AUTHENTICATE : "who",
        ),
      );
      expect(answers.slice(1)).toMatchObject([
        { type: "$result", id, output: {} },
        { type: "$error", code: "schema-mismatch", path: "/id" },
        { type: "$error", code: "schema-mismatch", path: "/id" },
        { type: "$result", id: id + 1, output: "ada" },
      ]);
    },
  );

  test.each([
    ["throws", () => onlyAbc("xyz"), "auth-failed"],
    ["rejects", () => Promise.reject(new Error("no such token as xyz")), "auth-failed"],
    ["throws null", () => raise(null), "auth-failed"],
    ["cannot find out", () => raise(new TypewireError("internal", "no xyz")), "internal"],
    ["finds it too old", () => raise(new TypewireError("auth-expired", "xyz")), "auth-expired"],
    ["cannot reach it", () => raise(new TypewireError("connect-failed", "xyz")), "internal"],
  ] as const)("that %s ends the connection, and tells nothing of why", async (_, judge, code) => {
    const { connection, seen, socket } = opened({ judge });
    connection.receive(said(hello, show("xyz"), { type: "ask", text: "behind" }));
    await turn();
    expect(seen).toEqual([]);
    const [, result, error] = heard(socket);
    expect(result).toMatchObject({ type: "$result", id: 1, error: { code } });
    expect(error).toMatchObject({ type: "$error", code });
    expect(Buffer.from(socket.written).toString("latin1")).not.toContain("xyz");
    expect(connection.closeReason).toMatchObject({ code, origin: "local" });
  });

  test("keeps why for its own log", async () => {
    const { connection } = opened();
    connection.receive(said(show("xyz")));
    await turn();
    expect(connection.closeReason?.message).toContain("no such token as xyz");
  });

  test("ends a connection that shows what its auth does not take, and says where", async () => {
    const { connection, socket } = opened();
    const writer = new ByteWriter();
    const other = defineProtocol({ ...parts, auth: Type.Object({ token: Type.String() }) });
    other.client.encodeCallInto(show("a"), AUTHENTICATE, writer);
    connection.receive(writer.copy());
    await turn();
    expect(heard(socket).at(-1)).toMatchObject({
      type: "$error",
      code: "auth-failed",
      path: "/input/token",
    });
  });

  test("takes 16 KiB of a client that it does not know, and no byte more", async () => {
    const size = (token: string): number => said(show(token)).length - 10;
    // Beyond 255 bytes a text's length takes three bytes.
    const fits = "x".repeat(16_384 - size("x".repeat(300)) + 300);
    expect(size(fits)).toBe(16_384);
    const { connection } = opened({ judge: () => ({}) });
    connection.receive(said(show(fits)));
    await turn();
    expect(connection.state).toBe("open");
    const other = opened({ judge: () => ({}) });
    other.connection.receive(said(show(`${fits}x`)));
    await turn();
    expect(other.connection.closeReason?.code).toBe("frame-too-large");
  });

  test("sends nothing before, and counts what it was given", async () => {
    const { connection, socket } = opened();
    expect(connection.send({ type: "reply", text: "early" })).toBe(false);
    await turn();
    expect(types(socket)).toEqual(["$hello"]);
    expect(connection.stats.messagesUndelivered).toBe(1);
  });

  test("waits ten seconds for a client that says nothing, and for a verdict", async () => {
    const silent = opened();
    silent.clock.advance(9_999);
    expect(silent.connection.state).toBe("connecting");
    // The sweep looks once in a second.
    silent.clock.advance(1_001);
    expect(silent.connection.closeReason?.code).toBe("hello-timeout");
    const slow = opened({ judge: () => new Promise(() => {}) });
    slow.connection.receive(said(show("abc")));
    await turn();
    slow.clock.advance(9_999);
    expect(slow.connection.state).toBe("connecting");
    slow.clock.advance(1_001);
    expect(slow.connection.closeReason?.code).toBe("hello-timeout");
    // The fault is the server's, and the sentence says so.
    expect([silent, slow].map(({ connection }) => connection.closeReason?.message)).toEqual([
      "Cannot authenticate: no $call of $authenticate within 10000 ms",
      "Cannot authenticate: no verdict of this server's on what the client has shown within 10000 ms",
    ]);
  });

  test("tells its owner before it judges, and judges no client that the owner ends then", async () => {
    for (const [ends, judged] of [
      [false, ["owner", "judge"]],
      [true, ["owner"]],
    ] as const) {
      const order: string[] = [];
      const judging = (connection: { destroy(): void }): void => {
        order.push("owner");
        if (ends) connection.destroy();
      };
      const judge = (): Admission => {
        order.push("judge");
        return {};
      };
      const { connection } = opened({ judge, more: { owner: { judging } } });
      connection.receive(said(show("abc")));
      await turn();
      expect(order).toEqual([...judged]);
      expect(connection.state).toBe(ends ? "closed" : "open");
    }
  });

  test("drops a verdict that comes after the end", async () => {
    const verdict = Promise.withResolvers<Admission>();
    const { connection, seen, socket } = opened({ judge: () => verdict.promise });
    await turn();
    connection.receive(said(show("abc")));
    connection.destroy();
    verdict.resolve({});
    await turn();
    expect([seen, connection.state]).toEqual([[], "closed"]);
    expect(types(socket)).toEqual(["$hello"]);
  });

  test("ends a connection when what it has shown expires", async () => {
    const { connection, socket, clock } = opened({ judge: () => ({ expiresInMs: 5_000 }) });
    connection.receive(said(hello, show("abc")));
    await turn();
    expect(heard(socket)[1]).toMatchObject({ type: "$result", output: { expiresInMs: 5_000 } });
    clock.advance(4_999);
    expect(connection.state).toBe("open");
    clock.advance(1_001);
    expect(connection.closeReason?.code).toBe("auth-expired");
    await turn();
    expect(heard(socket).at(-1)).toMatchObject({ type: "$error", code: "auth-expired" });
  });

  test("keeps a connection for longer than a timer runs, where what it has shown lasts", async () => {
    const { connection, clock } = opened({ judge: () => ({ expiresInMs: 2 ** 33 }) });
    connection.receive(said(show("abc")));
    await turn();
    clock.advance(2 ** 32);
    expect(connection.state).toBe("open");
    clock.advance(2 ** 32 + 1_001);
    expect(connection.closeReason?.code).toBe("auth-expired");
  });
});

/** What `auth()` does, and how the connection ends. */
const broken: readonly (readonly [string, () => unknown, CloseCode, string])[] = [
  [
    "throws",
    () => raise(new Error("the vault is shut")),
    "connect-failed",
    "auth: Error: the vault is shut",
  ],
  [
    "rejects",
    () => Promise.reject(new Error("the vault is shut")),
    "connect-failed",
    "auth: Error: the vault is shut",
  ],
  [
    "gives what does not fit",
    () => ({ token: "a" }),
    "option-invalid",
    "schema-mismatch at /auth/token: expected ",
  ],
  ["gives nothing", () => undefined, "option-invalid", "schema-mismatch at /auth: expected "],
];

describe("a client whose protocol has auth", () => {
  test("ends with what the server says, and with nothing of the token", async () => {
    const [here, there] = [server(), client(() => ({ token: "xyz" }))];
    const pair = new MemoryPair(here.connection, there.connection);
    await pair.settle();
    expect(there.connection.closeReason).toMatchObject({ code: "auth-failed", origin: "peer" });
    expect(there.connection.closeReason?.message).not.toContain("xyz");
    expect(there.seen).toEqual([]);
  });

  test.each(broken)(
    "whose auth() %s ends that connection",
    async (_, credentials, code, sentence) => {
      const [here, there] = [server(), client(credentials)];
      const pair = new MemoryPair(here.connection, there.connection);
      await pair.settle();
      expect(there.connection.closeReason).toMatchObject({ code, origin: "local" });
      expect(there.connection.closeReason?.message).toStartWith(sentence);
      // The next attempt would show the same; a program that failed may not.
      expect(there.connection.closeReason?.final === true).toBe(code === "option-invalid");
    },
  );

  test("shows nothing to a server of another protocol, or one without auth", async () => {
    const asked: string[] = [];
    for (const first of [
      { ...hello, protocol: "other" },
      { type: "reply", text: "welcome" },
    ] as const) {
      const { connection } = client(() => asked.push("asked"));
      const socket = new MemorySocket();
      socket.events = connection;
      connection.opened(socket);
      const writer = new ByteWriter();
      guarded.server.encodeInto(first as ControlMessage | FromServer, writer);
      connection.receive(writer.copy());
      await turn();
      expect(connection.closeReason).toMatchObject(
        first.type === "$hello"
          ? { code: "protocol-mismatch" }
          : {
              code: "auth-required",
              message: 'Cannot authenticate: expected $hello, got "reply"',
            },
      );
    }
    expect(asked).toEqual([]);
  });

  test.each([{ type: "reply", text: "welcome" }, { type: "$ping" }, { type: "$drain" }] as const)(
    "takes a server that says %j before it has answered for one without auth",
    async (said) => {
      const { connection } = client();
      const socket = new MemorySocket();
      socket.events = connection;
      connection.opened(socket);
      const writer = new ByteWriter();
      for (const message of [hello, said]) {
        guarded.server.encodeInto(message as ControlMessage | FromServer, writer);
      }
      connection.receive(writer.copy());
      await turn();
      expect(connection.closeReason).toMatchObject({
        code: "protocol-mismatch",
        message: `Cannot authenticate: this client's protocol has \`auth\`, and the server's has none: expected $result of $authenticate, got "${said.type}"`,
      });
    },
  );

  test("ends where the server does not know the call", async () => {
    const { connection } = client();
    const socket = new MemorySocket();
    socket.events = connection;
    connection.opened(socket);
    const writer = new ByteWriter();
    const error = { code: "unknown-call", message: "no" };
    guarded.server.encodeInto(hello, writer);
    guarded.server.encodeCallInto({ type: "$result", id: 1, error } as Result, "x", writer);
    connection.receive(writer.copy());
    await turn();
    expect(connection.closeReason).toMatchObject({
      code: "protocol-mismatch",
      message: "Cannot authenticate: this client's protocol has `auth`, and the server's has none",
      origin: "peer",
    });
  });
});

describe("createEndpoint", () => {
  test.each([
    ["server", {}, "authenticate: expected a function"],
    ["client", {}, "auth: expected a function"],
  ] as const)("asks the %s of a protocol with auth for its part", (role, options, sentence) => {
    expect(() => createEndpoint(guarded, role, {}, options)).toThrow(sentence);
  });

  test("refuses it where the protocol has no auth", () => {
    const { auth: _, ...open } = parts;
    const protocol = defineProtocol(open);
    expect(() => createEndpoint(protocol, "server", {}, { authenticate: () => ({}) })).toThrow(
      "authenticate: the protocol guarded has no `auth`",
    );
    expect(() => createEndpoint(protocol, "client", {}, { credentials: () => ({}) })).toThrow(
      "auth: the protocol guarded has no `auth`",
    );
  });
});

function raise(thrown: unknown): never {
  throw thrown;
}
