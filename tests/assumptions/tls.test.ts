// What we rely on in TLS on an accepted socket: each the smallest program that shows it; certificates alone are
// made by code of ours.

import type { SocketHandler } from "bun";
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";

import { Certificates } from "@typewire/testkit";

import { type AnySocket, atEnd, closeAll, End, listen } from "./support/ends.ts";

afterEach(closeAll);

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
    atEnd(() => client.terminate());
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
    atEnd(() => client.terminate());
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
