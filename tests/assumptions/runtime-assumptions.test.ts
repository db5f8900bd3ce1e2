// What the connection, the server and the client rely on in Bun's sockets, each as the smallest
// program that shows it. No code of ours runs here, certificates are only made: when one of these fails after an upgrade of
// Bun, the code that leans on it has to be looked at again. Every listener binds 127.0.0.1, port 0.
import type { Socket, SocketHandler, TCPSocketListener } from "bun";
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";

import { Certificates } from "@typewire/testkit";

type AnySocket = Socket<unknown>;

/** What a test adds to the handlers that every end has. */
interface Reactions {
  open?: (socket: AnySocket) => void;
  data?: (socket: AnySocket, chunk: Uint8Array) => void;
  drain?: () => void;
  error?: (socket: AnySocket, error: Error) => void;
}

/** Larger than any socket buffer: a single write cannot take it whole. */
const MORE_THAN_THE_KERNEL_TAKES = 32 * 1024 * 1024;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** One end of a connection: its socket, what it has received, and promises for its events. */
class End {
  socket!: AnySocket;
  readonly chunks: Uint8Array[] = [];
  readonly opened = Promise.withResolvers<AnySocket>();
  readonly ended = Promise.withResolvers<void>();
  readonly closed = Promise.withResolvers<Error | undefined>();
  drains = 0;
  #received = 0;
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];

  get receivedBytes(): number {
    return this.#received;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  /** Resolves when at least this many bytes have come. */
  received(bytes: number): Promise<void> {
    if (this.#received >= bytes) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ bytes, resolve });
    return promise;
  }

  handlers(reactions: Reactions = {}): SocketHandler {
    return {
      open: (socket) => {
        this.socket = socket;
        reactions.open?.(socket);
        this.opened.resolve(socket);
      },
      data: (socket, chunk) => {
        this.chunks.push(chunk);
        this.#received += chunk.byteLength;
        for (const { bytes, resolve } of this.#waiting) if (this.#received >= bytes) resolve();
        reactions.data?.(socket, chunk);
      },
      drain: () => {
        this.drains += 1;
        reactions.drain?.();
      },
      end: () => this.ended.resolve(),
      close: (_socket, error) => this.closed.resolve(error),
      error: (socket, error) => {
        if (reactions.error === undefined) throw error;
        reactions.error(socket, error);
      },
    };
  }
}

function listen(socket: SocketHandler, options: { allowHalfOpen?: boolean } = {}) {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, ...options, socket });
  cleanups.push(() => listener.stop(true));
  return listener;
}

async function dial(listener: TCPSocketListener, end: End, reactions: Reactions = {}) {
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: listener.port,
    allowHalfOpen: true,
    socket: end.handlers(reactions),
  });
  cleanups.push(() => socket.terminate());
  return socket;
}

interface PairOptions {
  server?: Reactions;
  client?: Reactions;
  serverAllowsHalfOpen?: boolean;
}

/** Both ends of one loopback connection. */
async function connectPair(options: PairOptions = {}): Promise<{ server: End; client: End }> {
  const server = new End();
  const client = new End();
  const allowHalfOpen = options.serverAllowsHalfOpen ?? true;
  const listener = listen(server.handlers(options.server), { allowHalfOpen });
  await dial(listener, client, options.client);
  await server.opened.promise;
  return { server, client };
}

/** A round trip on a connection of its own: what was ready before it has been delivered after it. */
async function roundTrip(): Promise<void> {
  const { server, client } = await connectPair();
  for (let i = 1; i <= 3; i += 1) {
    client.socket.write("?");
    await server.received(i);
    server.socket.write("!");
    await client.received(i);
  }
}

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
    expect(await server.closed.promise).toMatchObject({ code: "ECONNRESET" });
  });
});

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

describe("Bun.listen", () => {
  test("with port 0 names the port that it really has", async () => {
    const listener = listen({ data() {} });
    expect(listener.port).toBeGreaterThan(0);
    const client = new End();
    expect((await dial(listener, client)).remotePort).toBe(listener.port);
  });

  test("throws EADDRINUSE at once when the port is taken", () => {
    const { port } = listen({ data() {} });
    const again = (): unknown => Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
    expect(again).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  });

  test("gives one shared data object to all sockets", async () => {
    const seen: unknown[] = [];
    const twoOpen = Promise.withResolvers<void>();
    const data = { name: "shared" };
    const listener = Bun.listen<typeof data>({
      hostname: "127.0.0.1",
      port: 0,
      data,
      socket: {
        open(socket) {
          seen.push(socket.data);
          if (seen.length === 2) twoOpen.resolve();
        },
        data() {},
      },
    });
    cleanups.push(() => listener.stop(true));
    for (let i = 0; i < 2; i += 1) await dial(listener, new End());
    await twoOpen.promise;
    expect(seen[0]).toBe(data);
    expect(seen[1]).toBe(data);
  });

  test("an accepted socket has the lowest descriptor, free again once it is reset in open", async () => {
    const seen: unknown[] = [];
    const three = Promise.withResolvers<void>();
    const listener = listen({
      open(socket) {
        const { fd } = socket as { readonly fd?: number };
        socket.terminate();
        seen.push(fd, existsSync(`/proc/self/fd/${Number(fd)}`));
        if (seen.length === 6) three.resolve();
      },
      data() {},
    });
    // From another process, so that its own sockets take no descriptors of this one's.
    const dialling = `for (let i = 0; i < 3; i += 1) await Bun.connect({ hostname: "127.0.0.1",
      port: ${listener.port}, socket: { data() {}, error() {} } }).catch(() => {});`;
    const child = Bun.spawn([process.execPath, "-e", dialling]);
    await three.promise;
    expect(seen).toEqual([expect.any(Number), false, seen[0], false, seen[0], false]);
    await child.exited;
  });

  test("after stop() refuses newcomers and keeps the connections that it has", async () => {
    const server = new End();
    const client = new End();
    const listener = listen(server.handlers());
    await dial(listener, client);
    await server.opened.promise;
    listener.stop();
    client.socket.write("still served");
    await server.received(12);
    expect(server.text).toBe("still served");
  });
});

describe("Bun.connect", () => {
  test("rejects with ECONNREFUSED where nothing listens", async () => {
    const refused = Bun.connect({ hostname: "127.0.0.1", port: 1, socket: { data() {} } });
    expect(await refused.catch((error: unknown) => error)).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("calls open before its promise resolves", async () => {
    const listener = listen({ data() {} });
    const client = new End();
    const socket = await dial(listener, client);
    expect(client.socket).toBe(socket);
  });
});

describe("upgradeTLS", () => {
  const certificates = new Certificates();
  afterAll(() => certificates[Symbol.dispose]());
  const { certFile, keyFile } = certificates.selfSigned("own");
  const serverTls = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  const ca = serverTls.cert;

  /** A listener that turns each accepted socket into TLS, as the server's end. */
  function listenSecured(tls: Bun.TLSOptions, handlers: SocketHandler) {
    return listen({
      open: (socket) =>
        void socket.upgradeTLS({ tls: { ...tls, isServer: true } as never, socket: handlers }),
      drain() {},
    });
  }

  test("makes an accepted socket the server's end; the client's open comes before the handshake", async () => {
    const server = new End();
    const order: string[] = [];
    const { port } = listenSecured(serverTls, server.handlers());
    const shaken = Promise.withResolvers<AnySocket>();
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      tls: { ca, rejectUnauthorized: true },
      socket: {
        open: () => void order.push("open"),
        handshake(socket, isComplete) {
          order.push(`handshake ${isComplete}, ${socket.authorized}, ${socket.getTLSVersion()}`);
          shaken.resolve(socket);
        },
        data() {},
      },
    });
    cleanups.push(() => client.terminate());
    (await shaken.promise).write("hola");
    await server.received(4);
    expect(server.text).toBe("hola");
    expect(order).toEqual(["open", "handshake true, true, TLSv1.3"]);
  });

  test("with requestCert: the client's handshake succeeds, and the server calls no data", async () => {
    const server = new End();
    const refused = Promise.withResolvers<boolean>();
    const tls = { ...serverTls, ca, requestCert: true, rejectUnauthorized: true };
    const { port } = listenSecured(tls, {
      ...server.handlers(),
      handshake: (socket, isComplete) => refused.resolve(isComplete && socket.authorized),
    });
    const shaken = Promise.withResolvers<boolean>();
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      tls: { ca, rejectUnauthorized: true },
      socket: {
        handshake(socket, isComplete) {
          shaken.resolve(isComplete);
          socket.write("let me in");
        },
        data() {},
        error() {},
      },
    });
    cleanups.push(() => client.terminate());
    expect(await shaken.promise).toBe(true);
    expect(await refused.promise).toBe(false);
    await server.closed.promise;
    expect(server.receivedBytes).toBe(0);
  });

  test("NODE_TLS_REJECT_UNAUTHORIZED=0 does not weaken rejectUnauthorized: true", () => {
    const { port } = listenSecured(serverTls, new End().handlers());
    const program = `
      const tls = { rejectUnauthorized: true };
      const handshake = (_socket, isComplete) => { console.log(isComplete); process.exit(0); };
      await Bun.connect({ hostname: "127.0.0.1", port: ${port}, tls, socket: { handshake, data() {} } });`;
    const child = Bun.spawn([process.execPath, "-e", program], {
      env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    });
    return expect(new Response(child.stdout).text()).resolves.toBe("false\n");
  });
});

describe("TextDecoder", () => {
  test("with fatal throws a TypeError for each kind of invalid UTF-8", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    for (const hex of ["c328", "c080", "eda080", "f4908080", "e282", "80"]) {
      expect(() => decoder.decode(Uint8Array.fromHex(hex))).toThrow(TypeError);
    }
    expect(decoder.decode(Uint8Array.fromHex("c3b1"))).toBe("ñ");
  });

  test("keeps a leading byte order mark with ignoreBOM and drops it without", () => {
    const bytes = Uint8Array.fromHex("efbbbf61");
    expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)).toBe("\ufeffa");
    expect(new TextDecoder("utf-8").decode(bytes)).toBe("a");
  });
});

describe("console.log", () => {
  test("writes whole to a pipe before process.exit ends the program", () => {
    const program = `for (let i = 0; i < 5000; i += 1) console.log("x".repeat(99)); process.exit(0);`;
    const { stdout } = Bun.spawnSync([process.execPath, "-e", program], { timeout: 4000 });
    expect(stdout.length).toBe(5000 * 100);
  });
});
