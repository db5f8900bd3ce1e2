// A protocol with `auth` over real sockets: what handlers know of a client, and what a client makes of a refusal.

import { afterAll, describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol, TypewireError } from "@typewire/protocol";
import { Certificates, within } from "@typewire/testkit";

import { connect, type ConnectOptions, serve, type ServeOptions } from "../src/index.ts";

const parts = {
  name: "desk",
  version: 1,
  server: { you: Type.Object({ user: Type.String(), address: Type.String() }) },
  client: { who: Type.Object({}) },
};
const desk = defineProtocol({ ...parts, auth: Type.Object({ token: Type.String() }) });

const open = defineProtocol({ name: "open", version: 1, server: {}, client: {} });

const certificates = new Certificates();
afterAll(() => certificates[Symbol.dispose]());

/** A server that knows the user `ana` by the token `abc`; what it was asked, and what did not open. */
function deskOf(options: Partial<ServeOptions<typeof desk, { user: string }, 0>> = {}) {
  const asked: string[] = [];
  const refused: string[] = [];
  const server = serve(
    desk,
    {
      port: 0,
      async authenticate({ token }, connection) {
        asked.push(`${token} of ${connection.peer.address}`);
        await Promise.resolve();
        if (token === "away") throw new TypewireError("internal", "the database is away");
        if (token !== "abc") throw new Error(`no token ${token}`);
        return { user: "ana" };
      },
      onNotOpened: (_, { code, message }) => void refused.push(`${code}: ${message}`),
      ...options,
    },
    {
      who: (_, connection) =>
        connection.send({
          type: "you",
          user: connection.context.user,
          address: connection.peer.address ?? "",
        }),
    },
  );
  return { server, asked, refused };
}

/** What the server says of a client that shows `token`. */
async function youOf(port: number, options: Partial<ConnectOptions<typeof desk>> = {}) {
  const you = Promise.withResolvers<string>();
  await using client = await connect(
    desk,
    { port, auth: () => ({ token: "abc" }), ...options },
    { you: ({ user, address }) => you.resolve(`${user} at ${address}`) },
  );
  client.send({ type: "who" });
  return await within(you.promise, () => "the server did not answer");
}

/** What a promise rejects with. */
function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("serve, of a protocol with auth", () => {
  test("gives handlers the context of their connection, and the address", async () => {
    const opened: string[] = [];
    const { server, asked } = deskOf({ onOpen: ({ context }) => opened.push(context.user) });
    await using _ = server;
    expect(await youOf(server.port)).toBe("ana at 127.0.0.1");
    expect([asked, opened]).toEqual([["abc of 127.0.0.1"], ["ana"]]);
  });

  test("gives `authenticate` the certificate that the client has shown", async () => {
    const authority = certificates.authority("authority");
    const seen: unknown[] = [];
    const { server } = deskOf({
      tls: { ...authority.issue("server"), requireClientCert: true, caFile: authority.caFile },
      authenticate(_, { peer }) {
        seen.push(peer.certificate);
        return { user: peer.certificate?.subject["CN"] ?? "" };
      },
    });
    await using _ = server;
    const own = authority.issue("worker-3");
    const tls = { ...own, caFile: authority.caFile };
    expect(await youOf(server.port, { tls })).toBe("worker-3 at 127.0.0.1");
    expect(seen).toEqual([
      {
        subject: expect.objectContaining({ CN: "worker-3" }),
        subjectAltName: expect.any(String),
        fingerprint256: expect.stringMatching(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/),
      },
    ]);
  });

  test("tells a client that it does not let in nothing of why, and hears no more of it", async () => {
    const { server, asked, refused } = deskOf();
    await using _ = server;
    const refusal = youOf(server.port, { auth: () => ({ token: "xyz" }) });
    const failure = await failureOf(refusal);
    expect(failure).toMatchObject({ code: "auth-failed" });
    expect(String(failure)).not.toContain("xyz");
    expect(asked).toHaveLength(1);
    await server.drain();
    expect(refused).toEqual([
      "auth-failed: Cannot authenticate: the server does not let this client in: Error: no token xyz",
    ]);
  });

  test("lets in no client for which it throws what cannot be asked what it is", async () => {
    const { server, refused } = deskOf({
      authenticate() {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        throw proxy as Error;
      },
    });
    await using _ = server;
    expect(await failureOf(youOf(server.port))).toMatchObject({ code: "auth-failed" });
    await server.drain();
    expect(refused).toEqual([expect.stringContaining("a thrown value that cannot be read")]);
  });

  test("is asked again by a client that it could not judge", async () => {
    const { server, asked } = deskOf();
    await using _ = server;
    const tokens = ["away", "away", "abc"];
    const auth = () => ({ token: tokens.shift() ?? "" });
    const reconnect = { initialDelayMs: 1, maxDelayMs: 2 };
    expect(await youOf(server.port, { auth, firstAttempt: "repeat", reconnect })).toBe(
      "ana at 127.0.0.1",
    );
    expect(asked.map((each) => each.split(" ")[0])).toEqual(["away", "away", "abc"]);
  });

  test("lets a client come back with something newer when what it has shown expires", async () => {
    let issued = 0;
    const ends: string[] = [];
    const { server } = deskOf({
      authenticate: ({ token }) => ({
        context: { user: token },
        expiresAt: new Date(Date.now() + (token === "1" ? 50 : 60_000)),
      }),
      onClose: (_, { code }) => void ends.push(code),
    });
    await using _ = server;
    const back = Promise.withResolvers<void>();
    await using client = await connect(
      desk,
      {
        port: server.port,
        auth: () => ({ token: String((issued += 1)) }),
        reconnect: { initialDelayMs: 1, maxDelayMs: 2 },
        onOpen: () => {
          if (issued === 2) back.resolve();
        },
      },
      { you: () => {} },
    );
    await within(back.promise, () => "the client did not come back");
    expect(ends).toEqual(["auth-expired"]);
    expect(client.state).toBe("connected");
    expect([...server.connections].map(({ context }) => context.user)).toEqual(["2"]);
  });

  test("is asked again by a client whose token had expired already when it came", async () => {
    let shown = 0;
    const { server } = deskOf({
      authenticate({ token }) {
        if (token === "1") throw new TypewireError("auth-expired", "the token is of yesterday");
        return {
          context: { user: token },
          expiresAt: new Date(token === "2" ? Date.now() : 8.64e15),
        };
      },
    });
    await using _ = server;
    const auth = () => ({ token: String((shown += 1)) });
    const reconnect = { initialDelayMs: 1, maxDelayMs: 2 };
    expect(await youOf(server.port, { auth, firstAttempt: "repeat", reconnect })).toBe(
      "3 at 127.0.0.1",
    );
    await server.drain();
    expect(server.stats().closedByReason).toEqual({ "auth-expired": 2, "peer-closed": 1 });
  });

  test("refuses what has expired already, and an end that is no date", async () => {
    for (const [expiresAt, code] of [
      [new Date(0), "auth-expired"],
      [new Date(Number.NaN), "internal"],
      ["tomorrow", "internal"],
    ] as const) {
      const { server } = deskOf({
        authenticate: () => ({ context: { user: "ana" }, expiresAt: expiresAt as Date }),
      });
      await using _ = server;
      expect(await failureOf(youOf(server.port))).toMatchObject({ code });
    }
  });

  test("sends a broadcast or a topic to nobody who has not been let in", async () => {
    const verdict = Promise.withResolvers<{ user: string }>();
    const asked = Promise.withResolvers<void>();
    const members: number[] = [];
    const { server } = deskOf({
      authenticate(_, connection) {
        connection.subscribe("all");
        connection.subscribe("left");
        connection.unsubscribe("left");
        asked.resolve();
        return verdict.promise;
      },
      onOpen: () =>
        members.push(server.subscribers("all").members, server.subscribers("left").members),
    });
    await using _ = server;
    const connecting = youOf(server.port);
    await within(asked.promise, () => "the server was not asked");
    const message = { type: "you", user: "", address: "" } as const;
    expect(server.subscribers("all").members).toBe(0);
    expect([server.broadcast(message), server.publish("all", message)]).toEqual([0, 0]);
    verdict.resolve({ user: "ana" });
    expect(await connecting).toBe("ana at 127.0.0.1");
    expect(members).toEqual([1, 0]);
  });
});

describe("the option context", () => {
  test("makes the context of a connection before onOpen", async () => {
    const opened = Promise.withResolvers<string>();
    await using server = serve(open, {
      port: 0,
      context: ({ peer }) => ({ from: peer.address }),
      onOpen: ({ context }) => opened.resolve(`from ${context.from}`),
    });
    await using _ = await connect(open, { port: server.port });
    expect(await opened.promise).toBe("from 127.0.0.1");
  });

  test("ends the connection for which it throws, and is told of", async () => {
    const failed: string[] = [];
    await using server = serve(open, {
      port: 0,
      context() {
        throw new Error("no context");
      },
      onHandlerError: (_, name, error) => void failed.push(`${name}: ${(error as Error).message}`),
    });
    await using client = await connect(open, { port: server.port, reconnect: false });
    expect(await client.closed).toMatchObject({ code: "internal" });
    expect(failed).toEqual(["context: no context"]);
  });
});

describe("auth, to the compiler and at run time", () => {
  test("has to be there where the protocol has it, and nowhere else", async () => {
    expect(() => serve(desk, { port: 0 })).toThrow("authenticate: expected a function");
    expect(() => serve(desk, { port: 0, authenticate: () => 1, context: () => 1 })).toThrow(
      "context: expected none",
    );
    expect(() => serve(open, { port: 0, authenticate: () => 1 })).toThrow("has no `auth`");
    expect(await failureOf(connect(desk, { port: 1 }))).toMatchObject({
      message: expect.stringContaining("auth: expected a function"),
    });
    expect(await failureOf(connect(open, { port: 1, auth: () => undefined }))).toMatchObject({
      message: expect.stringContaining("has no `auth`"),
    });
  });

  test("is typed by the protocol", async () => {
    await using server = serve(
      desk,
      { port: 0, authenticate: ({ token }) => ({ user: token.toUpperCase() }) },
      {
        who(_, { context }) {
          const user: string = context.user;
          // @ts-expect-error -- the context is what `authenticate` returns
          return [user, context.name];
        },
      },
    );
    // @ts-expect-error -- a token is a text
    const wrong = connect(desk, { port: server.port, auth: () => ({ token: 5 }) });
    expect(await failureOf(wrong)).toMatchObject({
      code: "option-invalid",
      message: `Cannot connect to ${server.address}: schema-mismatch at /auth/token: expected text, got integer`,
    });
    // @ts-expect-error -- what it shows is an object
    const none = connect(desk, { port: server.port, auth: () => undefined });
    expect(await failureOf(none)).toMatchObject({
      code: "option-invalid",
      message: expect.stringMatching(/: schema-mismatch at \/auth: expected [^:]*$/),
    });
  });

  test.each([
    ["which waits to be asked", {}],
    [
      "which speaks first",
      {
        onOpen: (connection: { send(message: object): boolean }) =>
          connection.send({ type: "you", user: "all", address: "" }),
      },
    ],
  ])(
    "is another version of the protocol at a server without it, %s, and none to wait for",
    async (_, observer) => {
      const bare = defineProtocol(parts);
      await using server = serve(bare, { port: 0, ...observer } as ServeOptions<typeof bare, 0>, {
        who() {},
      });
      const options = { port: server.port, auth: () => ({ token: "abc" }) };
      expect(await failureOf(connect(desk, { ...options, firstAttempt: "repeat" }))).toMatchObject({
        code: "protocol-mismatch",
        message: expect.stringContaining(
          "this client's protocol has `auth`, and the server's has none",
        ),
      });
      const guarded = serve(desk, { port: 0, authenticate: () => ({ user: "ana" }) });
      await using _guarded = guarded;
      const servers = [{ port: server.port }, { port: guarded.port }];
      for (let attempt = 0; attempt < 4; attempt += 1) {
        await using client = await connect(desk, { servers, auth: options.auth });
        expect(client.state).toBe("connected");
      }
    },
  );
});
