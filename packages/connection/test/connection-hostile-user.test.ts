import { describe, expect, test } from "bun:test";
import { TypewireError } from "@typewire/protocol";
import { FakeClock, MemorySocket } from "@typewire/testkit";

import { createEndpoint, LiveConnection } from "../src/index.ts";
import { type FromServer, heardByClient, type ServerSide, talk, turn } from "./talk.ts";

const reply = (text: string) => ({ type: "reply", text }) as const;

/** A reply whose text is a getter, called once by the check and again when it is written. */
function replyThat(call: () => void): FromServer {
  let reads = 0;
  return {
    type: "picture",
    bytes: new Proxy(Uint8Array.of(1, 2, 3), {
      get(target, name) {
        reads += 1;
        if (reads === 1) call();
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
  };
}

/** Two connections of one endpoint whose hellos have left. */
async function openTwo() {
  const clock = new FakeClock();
  const endpoint = createEndpoint(talk, "server", {}, { clock });
  const two = ["first", "second"].map((name) => {
    const connection = new LiveConnection(endpoint, name);
    const socket = new MemorySocket();
    socket.events = connection;
    connection.opened(socket);
    return { connection, socket };
  });
  await turn();
  return two as [
    { connection: ServerSide; socket: MemorySocket },
    { connection: ServerSide; socket: MemorySocket },
  ];
}

describe("Connection.send, a message with a getter", () => {
  /** What the socket has taken is whole frames, whatever came of the messages. */
  const heard = (socket: MemorySocket) =>
    heardByClient(socket)
      .slice(1)
      .map((message) => (message.type === "reply" ? message.text : message.type));

  test.each<[string, (own: ServerSide, other: ServerSide) => void]>([
    ["sends", (own) => own.send(reply("nested"))],
    ["sends a frame", (own) => own.sendFrame(talk.server.encodeFrame(reply("nested")))],
    ["sends elsewhere", (_, other) => other.send(reply("nested"))],
  ])("that %s is refused, and the stream stays in step (F16)", async (_, call) => {
    const [first, second] = await openTwo();
    first.connection.send(reply("before"));
    let refused: unknown;
    const message = replyThat(() => {
      try {
        call(first.connection, second.connection);
      } catch (error) {
        refused = error;
      }
    });
    try {
      first.connection.send(message);
    } catch {
      // Whether a Proxy passes for bytes is the codec's affair.
    }
    first.connection.send(reply("after"));
    await turn();
    expect(heard(first.socket).filter((text) => text !== "picture")).toEqual(["before", "after"]);
    expect(heard(second.socket)).toEqual([]);
    expect(refused).toBeInstanceOf(TypewireError);
    expect(refused).toMatchObject({ code: "schema-mismatch" });
  });

  test.each<[string, (own: ServerSide) => void]>([
    ["closes", (own) => void own.close()],
    ["destroys", (own) => own.destroy()],
  ])("that %s its connection ends it, and harms no other", async (_, call) => {
    const [first, second] = await openTwo();
    first.connection.send(reply("before"));
    try {
      first.connection.send(replyThat(() => call(first.connection)));
    } catch {
      // As above.
    }
    second.connection.send(reply("elsewhere"));
    await turn();
    first.connection.peerEnded();
    await turn();
    expect(first.connection.state).toBe("closed");
    expect(first.connection.closeReason?.code).toBe("done");
    expect(first.connection.queuedBytes).toBe(0);
    expect(heard(second.socket)).toEqual(["elsewhere"]);
  });
});
