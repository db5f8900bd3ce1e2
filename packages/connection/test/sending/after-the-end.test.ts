// Sending to a peer that has left: the message is lost, and the sender's connection goes on.

import { describe, expect, test } from "bun:test";
import { TypewireError } from "@typewire/protocol";
import { resetByPeer } from "@typewire/testkit";

import { createEndpoint, LiveConnection, type Observer } from "../../src/index.ts";
import {
  fromClient,
  type FromClient,
  type FromServer,
  fromServer,
  heardByClient,
  openSocket,
  type ServerSide,
  talk,
  turn,
} from "../talk.ts";

const reply = (text: string) => ({ type: "reply", text }) as const;
const frame = talk.server.encodeFrame(reply("frame"));

/** Ana's and Bob's connections to one server, whose handler for "ask" passes on to Bob what Ana says. */
async function open(observer: Observer<FromServer, FromClient> = {}) {
  const users: ServerSide[] = [];
  const failures: unknown[] = [];
  const told: unknown[] = [];
  const endpoint = createEndpoint(
    talk,
    "server",
    {
      ask: ({ text }) => users[1]?.send(reply(text)),
      async upload() {
        await users[1]?.ready();
        users[1]?.send(reply("room"));
      },
    },
    {
      observers: [
        {
          onUndelivered: (self, messages, { code }) => void told.push([self.name, messages, code]),
          onHandlerError: (self, name) => void failures.push([self.name, name]),
        },
        observer,
      ],
    },
  );
  for (const name of ["ana", "bob"]) users.push(new LiveConnection(endpoint, name));
  const [ana, bob] = users as [ServerSide, ServerSide];
  const sockets = { ana: openSocket(ana), bob: openSocket(bob) };
  await turn();
  return { ana, bob, sockets, endpoint, failures, told };
}

const ends: [string, (bob: ServerSide) => void][] = [
  ["has been destroyed", (bob) => bob.destroy()],
  ["was reset", (bob) => bob.socketClosed(resetByPeer())],
  ["was closed in order", (bob) => void bob.close()],
  ["has ended its half", (bob) => bob.peerEnded()],
  ["said $bye", (bob) => bob.receive(fromClient({ type: "$bye", reason: "done" }))],
  ["broke the frame", (bob) => bob.receive(new TextEncoder().encode("GET / HTTP/1.1\r\n"))],
];

describe("a handler that sends to a peer that", () => {
  test.each(ends)("%s costs its own connection nothing", async (_, end) => {
    const { ana, bob, sockets, endpoint, failures, told } = await open();
    end(bob);
    ana.receive(fromClient({ type: "ask", text: "are you there" }));
    await turn();
    expect(ana.state).toBe("open");
    expect(failures).toEqual([]);
    expect(told).toEqual([["bob", [reply("are you there")], "connection-closed"]]);
    expect(bob.stats).toMatchObject({ messagesSent: 0, messagesUndelivered: 1 });
    expect(endpoint.stats().messagesUndelivered).toBe(1);
    expect(heardByClient(sockets.bob).filter(({ type }) => type === "reply")).toEqual([]);
  });

  test.each(ends)("%s, and waits for its room, costs its own nothing", async (_, end) => {
    const { ana, bob, failures } = await open();
    end(bob);
    ana.receive(fromClient({ type: "upload", bytes: new Uint8Array(1) }));
    await turn();
    expect(ana.state).toBe("open");
    expect(failures).toEqual([["ana", "upload"]]);
  });
});

describe.each(ends)("Connection.send when it %s", (_, end) => {
  test("returns false, for messages and frames, each counted and told", async () => {
    const { bob, told, endpoint } = await open();
    end(bob);
    expect(bob.send(reply("late"))).toBe(false);
    expect(bob.sendFrame(frame)).toBe(false);
    expect(told).toEqual([
      ["bob", [reply("late")], "connection-closed"],
      ["bob", [reply("frame")], "connection-closed"],
    ]);
    expect(endpoint.stats()).toMatchObject({ messagesSent: 0, messagesUndelivered: 2 });
    expect(await bob.ready().catch((error: unknown) => error)).toMatchObject({
      code: "connection-closed",
    });
  });

  test("still throws for what is no message, and for what the peer would not have taken", async () => {
    const { bob, told } = await open();
    bob.receive(fromClient({ type: "$hello", protocol: "talk", version: 1, maxFrameBytes: 256 }));
    end(bob);
    const large = reply("x".repeat(300));
    const wrong: [unknown, string][] = [
      [{ type: "reply" }, "schema-mismatch"],
      [{ type: "ask", text: "" }, "unknown-type"],
      [{ type: "$bye", reason: "" }, "unknown-type"],
      [null, "schema-mismatch"],
      [large, "frame-too-large"],
    ];
    for (const [message, code] of wrong) {
      expect(() => bob.send(message as never)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => bob.sendFrame(fromServer(large))).toThrow(TypewireError);
    // A message of this side's is undelivered as well, wherever it was too large.
    expect(told).toEqual([
      ["bob", [large], "frame-too-large"],
      ["bob", [large], "frame-too-large"],
    ]);
    expect(bob.stats.messagesUndelivered).toBe(2);
  });
});

describe("Connection.send after the end", () => {
  test("does not tell of a message twice where the program sends it again", async () => {
    const again: boolean[] = [];
    const { bob, told } = await open({
      onUndelivered(self, messages) {
        for (const message of messages) again.push(self.send(message));
      },
    });
    bob.destroy();
    bob.send(reply("late"));
    bob.send(reply("later"));
    expect(again).toEqual([false, false]);
    expect(told.length).toBe(2);
    expect(bob.stats.messagesUndelivered).toBe(4);
  });

  test("gives its buffer back, ten thousand times", async () => {
    const { bob, endpoint } = await open();
    bob.destroy();
    for (let index = 0; index < 10_000; index += 1) bob.send(reply("late"));
    expect(endpoint.buffers.idleBytes).toBeLessThan(16 * 1024);
    expect(bob.queuedBytes).toBe(0);
  });

  test("counts a message whose own getter has ended the connection", async () => {
    const { bob, told } = await open();
    const ending = {
      type: "reply",
      get text() {
        bob.destroy();
        return "last";
      },
    } as const;
    expect(bob.send(ending)).toBe(false);
    expect(told).toEqual([["bob", [reply("last")], "connection-closed"]]);
  });
});
