// A message that the peer does not take for its size: told to the sender, and to those that keep account.

import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import { createEndpoint, LiveConnection, type Observer } from "../../src/index.ts";
import {
  clientHello,
  type FromClient,
  fromClient,
  type FromServer,
  openSocket,
  serverHello,
  fromServer,
  talk,
} from "../talk.ts";

const large = { type: "ask", text: "x".repeat(300) } as const;

/** A client whose server takes 256 bytes, and which sends too much as soon as it is open. */
function greeting(observer: Observer<FromClient, FromServer>, hasHandlerError = true) {
  const failed: unknown[] = [];
  const endpoint = createEndpoint(
    talk,
    "client",
    { reply() {}, picture() {} },
    {
      clock: new FakeClock(),
      observers: [
        {
          onOpen: (connection) => void connection.send(large),
          ...(hasHandlerError && {
            onHandlerError: (_, name, error) =>
              void failed.push([name, (error as { code?: unknown }).code]),
          }),
          ...observer,
        },
      ],
      reportFailure: (_, name) => void failed.push([name, "reported"]),
    },
  );
  const connection = new LiveConnection(endpoint, "peer");
  openSocket(connection);
  connection.receive(fromServer({ ...serverHello, maxFrameBytes: 256 }));
  return { connection, endpoint, failed };
}

describe("a greeting that is too large for the peer", () => {
  test("is undelivered, counted and told, and the connection goes on", () => {
    const told: unknown[] = [];
    const { connection, endpoint, failed } = greeting({
      onUndelivered: (_, messages, { code }) => void told.push([messages, code]),
    });
    expect(failed).toEqual([["onOpen", "frame-too-large"]]);
    expect(told).toEqual([[[large], "frame-too-large"]]);
    expect(connection.state).toBe("open");
    expect(connection.stats).toMatchObject({ messagesSent: 0, messagesUndelivered: 1 });
    expect(endpoint.stats().messagesUndelivered).toBe(1);
  });

  test("is counted where no observer asks, and reported where none takes failures", () => {
    const { connection, failed } = greeting({}, false);
    expect(failed).toEqual([["onOpen", "reported"]]);
    expect(connection.stats.messagesUndelivered).toBe(1);
  });
});

describe("Connection.send", () => {
  const server = (observer: Observer<FromServer, FromClient>) => {
    const endpoint = createEndpoint(
      talk,
      "server",
      {},
      {
        clock: new FakeClock(),
        observers: [observer],
      },
    );
    const connection = new LiveConnection(endpoint, "peer");
    openSocket(connection);
    connection.receive(fromClient({ ...clientHello, maxItems: 2 }));
    return connection;
  };

  test("counts what has more items than the peer takes", () => {
    const told: unknown[] = [];
    const connection = server({
      onUndelivered: (_, messages, { code }) => void told.push([messages, code]),
    });
    const reply = { type: "reply", text: "hola" } as const;
    expect(() => connection.send(reply)).toThrow(expect.objectContaining({ code: "cbor-limit" }));
    expect(told).toEqual([[[reply], "cbor-limit"]]);
    expect(connection.stats.messagesUndelivered).toBe(1);
  });

  test("does not tell again of what an observer sends again", () => {
    let told = 0;
    const connection = server({
      onUndelivered(self, messages) {
        told += 1;
        for (const message of messages) self.send(message);
      },
      onHandlerError() {},
    });
    expect(() => connection.send({ type: "reply", text: "hola" })).toThrow(
      "expected at most 2 data items",
    );
    expect(told).toBe(1);
    expect(connection.stats.messagesUndelivered).toBe(2);
  });

  test("counts nothing of what is no message of this side's", () => {
    const connection = server({});
    expect(() => connection.send({ type: "reply" } as never)).toThrow();
    expect(connection.stats.messagesUndelivered).toBe(0);
  });
});
