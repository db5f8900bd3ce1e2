// What must not compile. `bun run check` fails where one of these lines does; here they also fail at run
// time, each with the error that a program without a type check would get.

import { describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Type } from "@sinclair/typebox";
import type { Middleware, Observer } from "@typewire/connection";
import { type AnyProtocol, defineProtocol } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import type {
  MiddlewareCallOf,
  ServerOf,
  ServerConnection,
  ServerHandlers,
} from "@typewire/server";

import { connect, serve, type ServeOptions } from "../src/index.ts";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const port = { port: 0 };

describe("serve, to the compiler", () => {
  test("infers messages and connections without an annotation", async () => {
    await using server = serve(
      saludo,
      {
        port: 0,
        onOpen(connection) {
          const isConnection: Equal<typeof connection, ServerConnection<typeof saludo>> = true;
          return void isConnection;
        },
        onClose(connection, reason) {
          return void `${connection.name} ${reason.code}`;
        },
        onReceived(_, message) {
          const isSay: Equal<typeof message, { type: "say"; text: string }> = true;
          return void isSay;
        },
      },
      {
        say(message, connection) {
          const isSay: Equal<typeof message, { type: "say"; text: string }> = true;
          connection.send({
            type: "said",
            from: connection.name,
            text: message.text,
            at: new Date(),
          });
          return void isSay;
        },
      },
    );
    expect(server.port).toBeGreaterThan(0);
  });

  test("takes observers of any protocol, and names the server in its own observers", async () => {
    const opened: string[] = [];
    const log: Observer = { onOpen: ({ name }) => opened.push(name) };
    await using server = serve(saludo, {
      port: 0,
      observers: [log],
      onOpen: () => server.broadcast({ type: "welcome", text: "" }),
      onClose: (connection) => void server.broadcast({ type: "welcome", text: connection.name }),
    });
    const isServer: Equal<typeof server, ServerOf<typeof saludo, undefined, number>> = true;
    expect([isServer, opened]).toEqual([true, []]);
  });

  test("knows that there is a port where one was given, and none on a Unix socket", async () => {
    await using onPort = serve(saludo, { port: 0 });
    const isNumber: Equal<typeof onPort.port, number> = true;
    const isText: Equal<typeof onPort.hostname, string> = true;
    expect(onPort.port + 0).toBeGreaterThan(0);
    expect(onPort.hostname).toBe("127.0.0.1");

    const unix = join(tmpdir(), `typewire-types-${process.pid}.sock`);
    await using onFile = serve(saludo, { unix });
    const isUndefined: Equal<typeof onFile.port, undefined> = true;
    expect([onFile.port, onFile.hostname]).toEqual([undefined, undefined]);

    const options: ServeOptions<typeof saludo> = { port: 0 };
    await using either = serve(saludo, options);
    const isEither: Equal<typeof either.port, number | undefined> = true;
    const any: ServerOf<typeof saludo> = onPort;
    expect([isNumber, isText, isUndefined, isEither, any === onPort]).not.toContain(false);
  });

  test("needs no handlers, and takes whatever a handler returns", async () => {
    await using silent = serve(saludo, port);
    expect(silent.connections.size).toBe(0);
    await using server = serve(saludo, port, {
      // Names the server within its own handlers: no annotation is needed.
      say: ({ text }) => server.broadcast({ type: "welcome", text }),
    });
    await using waiting = serve(saludo, port, { say: async ({ text }) => text.length });
    const isServer: Equal<typeof server, ServerOf<typeof saludo, undefined, number>> = true;
    expect([isServer, waiting.isListening]).toEqual([true, true]);
  });

  test("keeps the protocol's types through a variable for the handlers", async () => {
    const handlers: ServerHandlers<typeof saludo> = { say: ({ text }) => void text.length };
    await using server = serve(saludo, port, handlers);
    expect(server.connections.size).toBe(0);
  });

  test("refuses handlers for unknown names and for the server's own messages", () => {
    // @ts-expect-error -- no such message
    expect(() => serve(saludo, port, { sya() {} })).toThrow("handlers.sya");
    // @ts-expect-error -- the wrong direction: welcome is the server's
    expect(() => serve(saludo, port, { welcome() {} })).toThrow("handlers.welcome");
  });

  test("refuses messages with a wrong field, and those of the other direction", async () => {
    await using server = serve(saludo, port, {});
    // @ts-expect-error -- no such field
    expect(() => server.broadcast({ type: "welcome", texto: "hola" })).toThrow("schema-mismatch");
    // @ts-expect-error -- the wrong type of a field
    expect(() => server.broadcast({ type: "said", from: "a", text: "b", at: 0 })).toThrow("/at");
    // @ts-expect-error -- the wrong direction: say is the client's
    expect(() => server.broadcast({ type: "say", text: "hola" })).toThrow("say");
    // @ts-expect-error -- connections of another protocol
    expect(server.broadcast({ type: "welcome", text: "hola" }, { except: other() })).toBe(0);
  });
});

const desk = defineProtocol({
  name: "desk",
  version: 1,
  server: {},
  client: { wave: Type.Object({}) },
  auth: Type.Object({ token: Type.String() }),
  calls: {
    who: { output: Type.String(), errors: { tooMany: Type.Object({ of: Type.String() }) } },
    count: { input: Type.Integer(), yields: Type.Integer(), errors: { away: Type.Null() } },
  },
});

const showing = {
  port: 0,
  authenticate: ({ token }: { readonly token: string }) => ({ user: token }),
};

describe("serve of a protocol with calls, to the compiler", () => {
  test("needs a handler for each call, and infers its parameters and the context", async () => {
    await using server = serve(desk, showing, {
      who(input, call) {
        const isNothing: Equal<typeof input, undefined> = true;
        const isUser: Equal<typeof call.context, { user: string }> = true;
        return `${isNothing && isUser} ${call.context.user}`;
      },
      async *count(upTo) {
        const isNumber: Equal<typeof upTo, number> = true;
        if (isNumber) yield upTo;
      },
    });
    expect(server.isListening).toBe(true);
  });

  test("cannot be left without handlers, as nothing, as undefined, as none or as some", () => {
    const refusal = "handlers.who: the call has no handler";
    // @ts-expect-error -- no handlers
    expect(() => serve(desk, showing)).toThrow(refusal);
    // @ts-expect-error -- no handlers
    expect(() => serve(desk, showing, undefined)).toThrow(refusal);
    // @ts-expect-error -- no handler of a call
    expect(() => serve(desk, showing, {})).toThrow(refusal);
    // @ts-expect-error -- only that of a message
    expect(() => serve(desk, showing, { wave() {} })).toThrow(refusal);
    // @ts-expect-error -- that of one call is missing
    expect(() => serve(desk, showing, { async *count() {} })).toThrow(refusal);
  });

  test("takes middlewares that stand elsewhere, of any protocol or with the context of this one", async () => {
    const ended: string[] = [];
    const timed: Middleware = async (call, next) => {
      try {
        return await next();
      } finally {
        ended.push(call.name);
      }
    };
    type Call = MiddlewareCallOf<typeof desk, { user: string }>;
    let calls = 0;
    const oneEach: Middleware<Call> = async ({ context, error }, next) => {
      calls += 1;
      if (calls > 1) throw error("tooMany", { of: context.user });
      return await next();
    };
    await using server = serve(
      desk,
      { ...showing, use: [timed, oneEach] },
      { who: (_, call) => call.context.user, async *count() {} },
    );
    await using client = await connect(desk, {
      port: server.port,
      auth: () => ({ token: "ada" }),
    });
    expect([await client.call.who(), ended]).toEqual(["ada", ["who"]]);
    const refused = await client.try.who();
    const data = !refused.ok && refused.error.code === "tooMany" ? refused.error.data : undefined;
    expect(data).toEqual({ of: "ada" });
  });

  test("lets a middleware refuse with the errors that the calls declare, and no others", async () => {
    await using server = serve(
      desk,
      {
        ...showing,
        use: [
          ({ error }, next) => {
            // @ts-expect-error: no call declares it
            error("tooFew");
            // @ts-expect-error: of the call that declares it the data is an object
            error("tooMany", "ada");
            // @ts-expect-error: it has data
            error("tooMany");
            error("away", null);
            return next();
          },
        ],
      },
      { who: () => "", async *count() {} },
    );
    const plain: Middleware = ({ error }) => Promise.reject(error("away", null));
    const other: readonly Middleware<MiddlewareCallOf<typeof desk, { user: string }>>[] = [plain];
    expect([server.isListening, other.length]).toEqual([true, 1]);
  });

  test("takes the handlers of any protocol from a function that is given them", async () => {
    const start = <P extends AnyProtocol>(protocol: P, handlers: ServerHandlers<P>) =>
      serve(protocol, { port: 0 }, handlers);
    await using server = start(saludo, { say: ({ text }) => text.length });
    await using silent = serve(saludo, port, undefined);
    expect([server.isListening, silent.isListening]).toEqual([true, true]);
  });
});

function other(): ServerConnection<typeof parcel> | undefined {
  return undefined;
}

const parcel = defineProtocol({
  name: "parcel",
  version: 1,
  server: { copy: Type.Object({ bytes: Type.Uint8Array() }) },
  client: {},
});
