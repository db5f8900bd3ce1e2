import { afterAll, describe, expect, test } from "bun:test";
import { ScriptedPeer } from "@typewire/testkit";

import { type ConnectionLimits, createEndpoint, LiveConnection } from "../src/index.ts";
import { clientHello, fromClient, fromServer, type ServerSide, talk } from "./talk.ts";

const reply = (text: string) => ({ type: "reply", text }) as const;

const opened: ServerSide[] = [];

/** Serves connections over TCP, as an app does. */
function serve(limits: Partial<ConnectionLimits>) {
  const endpoint = createEndpoint(
    talk,
    "server",
    { ask: ({ text }, connection) => void connection.send(reply(text)) },
    { limits },
  );
  return Bun.listen<ServerSide>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        socket.data = new LiveConnection(endpoint, "over tcp");
        socket.data.opened(socket);
        opened.push(socket.data);
      },
      data: ({ data }, chunk) => data.receive(chunk),
      drain: ({ data }) => data.drained(),
      end: ({ data }) => data.peerEnded(),
      close: ({ data }, error) => data.socketClosed(error),
    },
  });
}

const patient = serve({});
const hasty = serve({ lingerMs: 20 });
const slow = serve({ messagesPerTurn: 10, softQueueBytes: 1_000 });
afterAll(() => {
  patient.stop(true);
  hasty.stop(true);
  slow.stop(true);
});

/** A scripted peer that has had its hello, and the connection that serves it. */
async function connect({ port } = patient): Promise<{
  peer: ScriptedPeer;
  connection: ServerSide;
}> {
  const peer = await ScriptedPeer.connect({ port });
  await peer.next();
  const connection = opened.pop();
  if (connection === undefined) throw new Error("the server has not opened a connection");
  return { peer, connection };
}

/** Larger than what the kernel takes at once. */
const picture = { type: "picture", bytes: new Uint8Array(16 * 1024 * 1024).fill(7) } as const;

const decode = (payload: Uint8Array) => talk.server.decodeIncoming(payload, 0, payload.length);

describe("Connection over TCP", () => {
  test("answers all of a flood in order, though it pauses often, and sees the peer's end behind it (F8, L5)", async () => {
    const { peer, connection } = await connect(slow);
    const texts = Array.from({ length: 5_000 }, (_, index) => `${index}`);
    await peer.send(fromClient(...texts.map((text) => ({ type: "ask", text }) as const)));
    peer.shutdown();
    for (const text of texts) expect(decode(await peer.next())).toEqual(reply(text));
    expect(await peer.ended).toBe("end");
    expect((await connection.closed).code).toBe("peer-closed");
  });

  test("close loses nothing when the peer reads late", async () => {
    const { peer, connection } = await connect();
    peer.pause();
    connection.send(picture);
    connection.send(reply("the last"));
    const closed = connection.close();
    peer.resume();
    expect((await peer.next()).length).toBe(talk.server.encode(picture).length);
    expect(decode(await peer.next())).toEqual(reply("the last"));
    expect(decode(await peer.next())).toMatchObject({ type: "$bye" });
    expect(await peer.ended).toBe("end");
    peer.shutdown();
    expect((await closed).code).toBe("done");
  });

  test("close loses nothing when the peer reads only after lingerMs", async () => {
    const { peer, connection } = await connect(hasty);
    peer.pause();
    // Little enough for the kernel to take at once.
    const small = { type: "picture", bytes: new Uint8Array(256 * 1024).fill(7) } as const;
    connection.send(small);
    expect((await connection.close()).code).toBe("done");
    peer.resume();
    expect(decode(await peer.next())).toEqual(small);
    expect(decode(await peer.next())).toMatchObject({ type: "$bye" });
    expect(await peer.ended).toBe("end");
    peer.reset();
  });

  test("a peer that has ended its half still gets every reply (L5)", async () => {
    const { peer, connection } = await connect();
    connection.send(picture);
    await peer.send(fromClient(clientHello, { type: "ask", text: "after a large one" }));
    peer.shutdown();
    expect((await peer.next()).length).toBe(talk.server.encode(picture).length);
    expect(decode(await peer.next())).toEqual(reply("after a large one"));
    expect(await peer.ended).toBe("end");
    expect((await connection.closed).code).toBe("peer-closed");
  });

  test("a peer in the middle of sending still gets the $error, and no reset (B11)", async () => {
    const { peer, connection } = await connect();
    const sent = peer.send(`${8 * 1024 * 1024}   ${"x".repeat(8 * 1024 * 1024)}`);
    expect(decode(await peer.next())).toMatchObject({ type: "$error", code: "frame-too-large" });
    expect(await peer.ended).toBe("end");
    expect(await sent).toBe(true);
    peer.shutdown();
    expect((await connection.closed).code).toBe("frame-too-large");
  });

  test("a reset is recorded as one (L6)", async () => {
    const { peer, connection } = await connect();
    peer.reset();
    expect(await connection.closed).toMatchObject({
      code: "connection-reset",
      origin: "transport",
    });
  });

  test("destroy resets the peer", async () => {
    const { peer, connection } = await connect();
    connection.destroy("shutting-down");
    expect(await peer.ended).toBe("reset");
    expect((await connection.closed).code).toBe("shutting-down");
  });

  test("one frame is shared by many connections", async () => {
    const pairs: Awaited<ReturnType<typeof connect>>[] = [];
    for (let count = 0; count < 20; count += 1) pairs.push(await connect());
    const frame = fromServer(reply("to all"));
    for (const { connection } of pairs) connection.sendFrame(frame);
    for (const { peer } of pairs) {
      expect(decode(await peer.next())).toEqual(reply("to all"));
      peer.reset();
    }
  });
});
