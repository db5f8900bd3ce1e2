// What we rely on in how Bun's sockets read, pause and call back: each the smallest program that shows it, without
// code of ours.

import { afterEach, describe, expect, test } from "bun:test";

import {
  type AnySocket,
  closeAll,
  connectPair,
  dial,
  End,
  listen,
  roundTrip,
} from "./support/ends.ts";

afterEach(closeAll);

describe("socket.pause", () => {
  test("stops data at once, inside the data handler too, until resume", async () => {
    const { server, client } = await connectPair({ server: { data: (socket) => socket.pause() } });
    client.socket.write("a");
    await server.received(1);
    client.socket.write("b");
    await roundTrip();
    expect(server.text).toBe("a");
    server.socket.resume();
    await server.received(2);
    expect(server.text).toBe("ab");
  });

  test("hides the peer's end until resume", async () => {
    const { server, client } = await connectPair({ server: { open: (socket) => socket.pause() } });
    let ended = false;
    const end = server.ended.promise.then(() => {
      ended = true;
    });
    client.socket.shutdown();
    await roundTrip();
    expect(ended).toBe(false);
    server.socket.resume();
    await end;
    expect(ended).toBe(true);
  });
});

describe("a received chunk", () => {
  test("has a buffer of its own, which later chunks do not touch", async () => {
    const { server, client } = await connectPair();
    for (let i = 1; i <= 50; i += 1) {
      client.socket.write(new Uint8Array([i]));
      await server.received(i);
    }
    expect(new Set(server.chunks.map((chunk) => chunk.buffer)).size).toBe(server.chunks.length);
    expect(Array.from(Buffer.concat(server.chunks))).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  test("is freed by transfer(0), and those after it stay whole", async () => {
    const { server, client } = await connectPair();
    for (let i = 1; i <= 5; i += 1) {
      client.socket.write(new Uint8Array(60_000).fill(i));
      await server.received(60_000 * i);
    }
    const [first, ...others] = server.chunks;
    const buffer = first?.buffer as ArrayBuffer | undefined;
    buffer?.transfer(0);
    expect(first).toHaveLength(0);
    expect(Buffer.concat(others).every((byte) => byte >= 1 && byte <= 5)).toBe(true);
  });
});

describe("socket callbacks", () => {
  test("let the microtasks of one run before the next", async () => {
    const order: string[] = [];
    const peers: AnySocket[] = [];
    const bothOpen = Promise.withResolvers<void>();
    const listener = listen({
      open(socket) {
        peers.push(socket);
        if (peers.length === 2) bothOpen.resolve();
      },
      data() {},
    });
    const record = {
      data() {
        order.push("callback");
        queueMicrotask(() => order.push("microtask"));
      },
    };
    const ends = [new End(), new End()] as const;
    for (const end of ends) await dial(listener, end, record);
    await bothOpen.promise;
    for (const peer of peers) peer.write("x");
    await Promise.all(ends.map((end) => end.received(1)));
    expect(order).toEqual(["callback", "microtask", "callback", "microtask"]);
  });

  test("get the same socket object each time", async () => {
    const seen = new Set<AnySocket>();
    const see = (socket: AnySocket): void => void seen.add(socket);
    const { server, client } = await connectPair({ server: { open: see, data: see } });
    client.socket.write("a");
    await server.received(1);
    client.socket.write("b");
    await server.received(2);
    expect(seen.size).toBe(1);
  });

  test("that throw reach the error handler and leave the socket open", async () => {
    const caught = Promise.withResolvers<Error>();
    const { server, client } = await connectPair({
      server: {
        data(socket, chunk) {
          if (Buffer.from(chunk).toString() === "bad") throw new Error("from the handler");
          socket.write("still here");
        },
        error: (_socket, error) => caught.resolve(error),
      },
    });
    client.socket.write("bad");
    expect((await caught.promise).message).toBe("from the handler");
    client.socket.write("good");
    await client.received(10);
    expect(client.text).toBe("still here");
    expect(server.socket.readyState).toBe(1);
  });

  test("that reject end the process, past the error handler", () => {
    const program = `
      const socket = { async data() { throw new Error("rejected"); }, error() {} };
      const { port } = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
      const peer = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      peer.write("x");`;
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "-e", program], {
      timeout: 4000,
    });
    expect(stderr.toString()).toContain("rejected");
    expect(exitCode).toBe(1);
  });
});
