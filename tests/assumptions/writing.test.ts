// What we rely on in how Bun's sockets write and end: each the smallest program that shows it, without code of ours.

import { afterEach, describe, expect, test } from "bun:test";

import { closeAll, connectPair, MORE_THAN_THE_KERNEL_TAKES, roundTrip } from "./support/ends.ts";

afterEach(closeAll);

describe("socket.write", () => {
  test("takes a part when the kernel is full, and keeps nothing of the rest", async () => {
    const { server, client } = await connectPair({ server: { open: (socket) => socket.pause() } });
    const taken = client.socket.write(new Uint8Array(MORE_THAN_THE_KERNEL_TAKES));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(MORE_THAN_THE_KERNEL_TAKES);
    expect(client.socket.write("x")).toBe(0);

    client.socket.shutdown();
    server.socket.resume();
    await server.ended.promise;
    expect(server.receivedBytes).toBe(taken);
  });

  test("is followed by drain after a short write, and not after a whole one", async () => {
    const { server, client } = await connectPair({ server: { open: (socket) => socket.pause() } });
    expect(client.socket.write("whole")).toBe(5);
    await roundTrip();
    expect(client.drains).toBe(0);

    const drained = Promise.withResolvers<void>();
    client.socket.reload({ socket: client.handlers({ drain: () => drained.resolve() }) });
    client.socket.write(new Uint8Array(MORE_THAN_THE_KERNEL_TAKES));
    server.socket.resume();
    await drained.promise;
    expect(client.drains).toBeGreaterThan(0);
  });

  test("lets the caller change the buffer as soon as it has returned", async () => {
    const { server, client } = await connectPair();
    const buffer = new TextEncoder().encode("before");
    client.socket.write(buffer);
    buffer.fill(0);
    await server.received(6);
    expect(server.text).toBe("before");
  });

  test("takes an offset together with a length", async () => {
    const { server, client } = await connectPair();
    expect(client.socket.write(new TextEncoder().encode("abcdef"), 2, 3)).toBe(3);
    await server.received(3);
    expect(server.text).toBe("cde");
  });

  test("returns -1 on a closed socket", async () => {
    const { client } = await connectPair();
    client.socket.end();
    await client.closed.promise;
    expect(client.socket.write("late")).toBe(-1);
  });
});

describe("socket.end", () => {
  test("loses what the kernel does not take at once, and the peer sees a clean end", async () => {
    const { server, client } = await connectPair({ server: { open: (socket) => socket.pause() } });
    const taken = client.socket.end(new Uint8Array(MORE_THAN_THE_KERNEL_TAKES));
    expect(taken).toBeLessThan(MORE_THAN_THE_KERNEL_TAKES);
    server.socket.resume();
    await server.ended.promise;
    expect(server.receivedBytes).toBe(taken);
  });

  test("calls close before it returns", async () => {
    let closedInside = false;
    const { client } = await connectPair();
    client.socket.reload({
      socket: {
        data() {},
        close() {
          closedInside = true;
        },
      },
    });
    client.socket.end();
    expect(closedInside).toBe(true);
  });
});

describe("socket.shutdown", () => {
  test("sends the end and goes on reading; allowHalfOpen leaves the peer able to write", async () => {
    const { server, client } = await connectPair();
    client.socket.write("question");
    client.socket.shutdown();
    await server.ended.promise;
    expect(server.text).toBe("question");
    await roundTrip();
    server.socket.write("late answer");
    await client.received(11);
    expect(client.text).toBe("late answer");
  });

  test("closes the other end by itself where that does not allow half-open", async () => {
    const { server, client } = await connectPair({ serverAllowsHalfOpen: false });
    client.socket.shutdown();
    expect(await server.closed.promise).toBeUndefined();
  });
});

describe("socket.terminate", () => {
  test("resets the connection: the peer's close says ECONNRESET", async () => {
    const { server, client } = await connectPair();
    client.socket.terminate();
    expect(await server.closed.promise).toMatchObject({
      code: "ECONNRESET",
      message: "ECONNRESET: connection reset by peer, read",
    });
  });
});
