// What we rely on in how Bun listens and connects: each the smallest program that shows it, without code of ours.

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import { atEnd, closeAll, dial, End, listen } from "./support/ends.ts";

afterEach(closeAll);

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

  test.if(process.platform === "linux")(
    "with reusePort in both shares a port, and one that stops leaves it to the other",
    async () => {
      const opened = [0, 0];
      const share = (at: 0 | 1, port: number): Bun.TCPSocketListener<undefined> => {
        const open = (): void => void (opened[at] = (opened[at] ?? 0) + 1);
        // Not in Bun's types.
        const shared = { reusePort: true };
        const address = { hostname: "127.0.0.1", port, ...shared };
        const listener = Bun.listen({ ...address, socket: { open, data() {} } });
        atEnd(() => listener.stop(true));
        return listener;
      };
      const first = share(0, 0);
      const second = share(1, first.port);
      const alone = (): unknown =>
        Bun.listen({ hostname: "127.0.0.1", port: first.port, socket: { data() {} } });
      expect(alone).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
      for (let i = 0; i < 200; i += 1) await dial(second, new End());
      while ((opened[0] ?? 0) + (opened[1] ?? 0) < 200) await Bun.sleep(1);
      const [share0 = 0, share1 = 0] = opened;
      // Each goes to either with a chance of a half: 6 deviations.
      expect(Math.abs(share0 - share1)).toBeLessThan(85);
      first.stop();
      for (let i = 0; i < 50; i += 1) await dial(second, new End());
      while ((opened[1] ?? 0) < share1 + 50) await Bun.sleep(1);
      expect(opened).toEqual([share0, share1 + 50]);
    },
  );

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
    atEnd(() => listener.stop(true));
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
