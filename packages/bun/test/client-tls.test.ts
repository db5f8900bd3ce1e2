// Rows T of the fault list at the client's end. The servers are plain Bun listeners that record what they
// are sent, so that a byte that left too early cannot hide.

import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { ClientStatus } from "@typewire/client";
import type { CloseReason } from "@typewire/connection";
import { type ControlMessage, type TypewireError } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { saludo, type SaludoServerMessage } from "@typewire/protocol/saludo";
import {
  type CertificateFiles,
  Certificates,
  FakeClock,
  ScriptedListener,
  within,
} from "@typewire/testkit";

import { type ClientTlsOptions, connect } from "../src/index.ts";
import { hello, welcome } from "@typewire/testkit/saludo-listener";
import { ignoredByClient } from "./support/ignored.ts";

const certificates = new Certificates();
afterAll(() => certificates[Symbol.dispose]());
const authority = certificates.authority("authority");
const rogue = certificates.authority("rogue");
const good = authority.issue("server");
const { caFile } = authority;

/** A server over TLS that greets each client after the handshake, and records all that it is sent. */
class Recorder implements Disposable {
  readonly #listener: Bun.TCPSocketListener<undefined>;
  readonly sockets: Bun.Socket<undefined>[] = [];
  connections = 0;
  receivedBytes = 0;
  #closed = Promise.withResolvers<void>();

  constructor(tls: Bun.TLSOptions, greeting: Uint8Array = framesOf(hello, welcome)) {
    this.#listener = Bun.listen<undefined>({
      hostname: "127.0.0.1",
      port: 0,
      tls,
      data: undefined,
      socket: {
        open: (socket) => {
          this.connections += 1;
          this.sockets.push(socket);
        },
        handshake: (socket, isComplete) => {
          if (isComplete) socket.write(greeting);
        },
        data: (_, chunk) => {
          this.receivedBytes += chunk.length;
        },
        close: () => {
          this.#closed.resolve();
          this.#closed = Promise.withResolvers();
        },
        error() {},
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Resolves at the next close: what was sent before has arrived. */
  get nextClose(): Promise<void> {
    return within(this.#closed.promise, () => "no connection closed");
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

/** What it writes to the client comes in pieces of one byte; `cut` ends it without a word of TLS. */
class Relay implements Disposable {
  readonly #listener: Bun.TCPSocketListener<{
    upstream?: Bun.Socket<unknown>;
    pending: Uint8Array[];
  }>;
  #client: Bun.Socket<{ upstream?: Bun.Socket<unknown>; pending: Uint8Array[] }> | undefined;
  relayedBytes = 0;

  constructor(port: number, pieceBytes: number) {
    this.#listener = Bun.listen<{ upstream?: Bun.Socket<unknown>; pending: Uint8Array[] }>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (client) => {
          this.#client = client;
          client.data = { pending: [] };
          const socket = {
            open: (upstream: Bun.Socket<unknown>) => {
              client.data.upstream = upstream;
              for (const chunk of client.data.pending) upstream.write(chunk);
            },
            data: (_: unknown, chunk: Uint8Array) => {
              this.relayedBytes += chunk.length;
              void inPieces(client, chunk.slice(), pieceBytes);
            },
          };
          void Bun.connect({ hostname: "127.0.0.1", port, socket });
        },
        data: (client, chunk) => {
          if (client.data.upstream === undefined) client.data.pending.push(chunk);
          else client.data.upstream.write(chunk);
        },
        error() {},
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  /** A FIN without TLS's close_notify, as a truncation attack would send. */
  cut(): void {
    this.#client?.end();
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

async function inPieces(socket: Bun.Socket<unknown>, bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size) {
    socket.write(bytes.subarray(start, start + size));
    if (size < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
}

function framesOf(...messages: readonly (SaludoServerMessage | ControlMessage)[]): Uint8Array {
  const writer = new ByteWriter();
  for (const message of messages) saludo.server.encodeInto(message, writer);
  return writer.copy();
}

async function tlsOf({ certFile, keyFile }: CertificateFiles) {
  return { cert: await Bun.file(certFile).text(), key: await Bun.file(keyFile).text() };
}

async function refusalOf(port: number, tls: true | ClientTlsOptions): Promise<TypewireError> {
  const options = { port, tls, reconnect: false } as const;
  return connect(saludo, options, ignoredByClient).then(
    () => {
      throw new Error("It connected");
    },
    (error: unknown) => error as TypewireError,
  );
}

describe("connect over TLS (T1)", () => {
  test.each([
    ["of the address", good, {}],
    [
      "of a name, given as serverName",
      authority.issue("named", { altNames: "DNS:db.example" }),
      { serverName: "db.example" },
    ],
  ])("connects to a server with a certificate %s", async (_, files, more) => {
    using server = new Recorder(await tlsOf(files));
    const client = await connect(
      saludo,
      { port: server.port, tls: { caFile, ...more } },
      ignoredByClient,
    );
    expect(client.state).toBe("connected");
    void client.close();
    server.sockets[0]?.end();
    expect(await client.closed).toMatchObject({ code: "done" });
  });

  const past = { from: "20200101000000Z", until: "20200102000000Z" };
  const future = { from: "20400101000000Z", until: "20400102000000Z" };
  const cases: [string, CertificateFiles, string][] = [
    [
      "untrusted authority",
      rogue.issue("mallory"),
      "comes from an unknown authority (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    ],
    [
      "self-signed",
      certificates.selfSigned("alone"),
      "is self-signed, and not among the given authorities (DEPTH_ZERO_SELF_SIGNED_CERT)",
    ],
    ["expired", authority.issue("expired", past), "has expired (CERT_HAS_EXPIRED)"],
    [
      "not valid yet",
      authority.issue("early", future),
      "is not valid yet; is a clock wrong? (CERT_NOT_YET_VALID)",
    ],
    [
      "another host",
      authority.issue("elsewhere", { altNames: "DNS:elsewhere.example" }),
      "is for another host: ",
    ],
    [
      "an address that is not among its names",
      authority.issue("127.0.0.1", { altNames: "" }),
      "is for another host",
    ],
    [
      "only the address as a DNS name",
      authority.issue("dns", { altNames: "DNS:127.0.0.1" }),
      "is for another host",
    ],
    [
      "made for clients",
      authority.issue("usage", { usage: "clientAuth" }),
      "is not made for a server (INVALID_PURPOSE)",
    ],
  ];
  test.each(cases)("refuses a certificate: %s, before a byte leaves", async (_, files, cause) => {
    using server = new Recorder(await tlsOf(files));
    const closed = server.nextClose;
    const { code, message } = await refusalOf(server.port, { caFile });
    expect(code).toBe("tls-failed");
    expect(message).toStartWith(`Cannot connect to 127.0.0.1:${server.port}: No TLS connection: `);
    expect(message).toContain(`the server's certificate ${cause}`);
    await closed;
    expect(server).toMatchObject({ connections: 1, receivedBytes: 0 });
  });

  test("trusts no private authority unless told, and only the one it is told of", async () => {
    using server = new Recorder(await tlsOf(good));
    expect((await refusalOf(server.port, true)).code).toBe("tls-failed");
    expect((await refusalOf(server.port, { caFile: rogue.caFile })).code).toBe("tls-failed");
    expect(server.receivedBytes).toBe(0);
  });

  test.each([
    ["self-signed", certificates.selfSigned("whoever")],
    ["another host's", certificates.selfSigned("wherever", "DNS:elsewhere.example")],
    ["expired", authority.issue("whenever", past)],
  ])("talks to any server with insecureSkipVerify, and still over TLS: %s", async (_, files) => {
    using server = new Recorder(await tlsOf(files));
    const options = { port: server.port, tls: { insecureSkipVerify: true } };
    const client = await connect(saludo, options, ignoredByClient);
    expect(server.sockets[0]?.getTLSVersion()).toBe("TLSv1.3");
    void client.close();
    server.sockets[0]?.end();
    await client.closed;
  });
});

describe("connect, options of tls (T2)", () => {
  const empty = certificates.path("empty.pem");
  writeFileSync(empty, "");
  test.each([
    ["an empty object", {}, "tls: expected true or at least one option"],
    [
      "an undefined authority",
      { caFile: undefined },
      "tls.caFile: expected the path of a file, got undefined",
    ],
    ["an empty path", { caFile: "" }, "tls.caFile: expected the path of a file, got an empty text"],
    ["an unknown option", { ca: "x" }, "tls.ca: no such option; expected caFile"],
    [
      "a text for a switch",
      { insecureSkipVerify: "no" },
      "tls.insecureSkipVerify: expected true or false, got a text",
    ],
    ["a file that is not there", { caFile: "/nowhere/ca.pem" }, "Cannot read /nowhere/ca.pem"],
    ["an empty file", { caFile: empty }, "expected certificates in PEM"],
    ["a certificate without its key", { certFile: good.certFile }, "tls.keyFile: expected one"],
    ["a key without its certificate", { keyFile: good.keyFile }, "tls.certFile: expected one"],
  ])("refuses %s, and does not dial", async (_, tls, sentence) => {
    using server = new Recorder(await tlsOf(good));
    const { code, message } = await refusalOf(server.port, tls as ClientTlsOptions);
    expect(code).toBe("option-invalid");
    expect(message).toContain(sentence);
    expect(server.connections).toBe(0);
  });

  test("asks for a name where a Unix socket has none", async () => {
    const options = { unix: "/nowhere.sock", tls: { caFile } };
    expect(
      await connect(saludo, options, ignoredByClient).catch((error: unknown) => error),
    ).toMatchObject({
      code: "option-invalid",
      message: expect.stringContaining("tls.serverName: expected the name"),
    });
  });
});

describe("connect over TLS to a port that speaks something else (T4)", () => {
  test("says so when the server answers in plaintext", async () => {
    using listener = new ScriptedListener();
    const refused = refusalOf(listener.port, { caFile });
    const peer = await listener.accept();
    peer.listen(() => {});
    await peer.send(framesOf(hello, welcome));
    const { code, message } = await refused;
    expect(code).toBe("tls-failed");
    expect(message).toContain("the server does not speak TLS here (WRONG_VERSION_NUMBER)");
  });

  test("gives up after 5 s where the server says nothing", async () => {
    using listener = new ScriptedListener();
    const clock = new FakeClock();
    const options = { port: listener.port, tls: { caFile }, clock };
    const refused = connect(saludo, options, ignoredByClient).catch((error: unknown) => error);
    const peer = await listener.accept();
    const heard = Promise.withResolvers<Uint8Array>();
    peer.listen((chunk) => heard.resolve(chunk));
    // A ClientHello and nothing else.
    expect((await heard.promise)[0]).toBe(0x16);
    clock.advance(5_000);
    expect(await refused).toMatchObject({
      code: "tls-failed",
      message: expect.stringContaining("no TLS handshake within 5000 ms"),
    });
    expect(clock.pending).toBe(0);
  });

  test("in plaintext to a TLS port: the reason names TLS", async () => {
    using server = new Recorder(await tlsOf(good));
    const options = { port: server.port, reconnect: false } as const;
    const error = await connect(saludo, options, ignoredByClient).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "header-invalid" });
    expect((error as Error).message).toContain("this looks like a TLS alert; the peer expects TLS");
  });
});

describe("connect over TLS, the stream (T9, T11)", () => {
  test("takes records that come a byte at a time, and what comes with the handshake's end, once", async () => {
    using server = new Recorder(await tlsOf(good));
    using relay = new Relay(server.port, 1);
    const texts: string[] = [];
    const client = await connect(
      saludo,
      { port: relay.port, tls: { caFile } },
      { welcome: ({ text }) => void texts.push(text), said: () => void client.close() },
    );
    server.sockets[0]?.write(framesOf({ type: "said", from: "x", text: "y", at: new Date(0) }));
    await client.closed;
    expect(texts).toEqual(["Bienvenido al servidor!"]);
  }, 15_000);

  test("an end without close_notify in mid-frame is frame-truncated, and the message is not delivered", async () => {
    const half = framesOf({ type: "said", from: "x", text: "half", at: new Date(0) });
    const greeting = Buffer.concat([framesOf(hello, welcome), half.subarray(0, half.length - 1)]);
    using server = new Recorder(await tlsOf(good), greeting);
    using relay = new Relay(server.port, 64 * 1024);
    const delivered: string[] = [];
    const options = { port: relay.port, tls: { caFile }, reconnect: false } as const;
    const client = await connect(saludo, options, {
      said: ({ text }) => void delivered.push(text),
    });
    relay.cut();
    expect(await client.closed).toMatchObject({ code: "frame-truncated" });
    expect(delivered).toEqual([]);
  });
});

describe("connect, refused by mutual TLS (T12)", () => {
  test.each([
    [
      "without a certificate",
      undefined,
      "the server asks for a certificate, and this side has none",
    ],
    ["with another authority's", rogue.issue("eve"), "it may not accept this client's certificate"],
  ])("%s: says so, and never counts as connected", async (_, files, sentence) => {
    const mutual = {
      ca: await Bun.file(caFile).text(),
      requestCert: true,
      rejectUnauthorized: true,
    };
    using server = new Recorder({ ...(await tlsOf(good)), ...mutual });
    const { code, message } = await refusalOf(server.port, { caFile, ...files });
    expect(code).toBe("tls-failed");
    expect(message).toContain(sentence);
    expect(server.receivedBytes).toBe(0);
  });

  test("comes back ever more slowly when it was let in once, and no more", async () => {
    const mutual = {
      ca: await Bun.file(caFile).text(),
      requestCert: true,
      rejectUnauthorized: true,
    };
    using strict = new Recorder({ ...(await tlsOf(good)), ...mutual });
    using lax = new Recorder(await tlsOf(good));
    // The first connection is let in, the later ones are not: two servers behind one address.
    let port = lax.port;
    using front = Bun.listen<Bun.Socket<unknown> | undefined>({
      hostname: "127.0.0.1",
      port: 0,
      data: undefined,
      socket: {
        open(client) {
          const socket = {
            data: (_: unknown, chunk: Uint8Array) => void client.write(chunk),
            close: () => void client.end(),
          };
          client.pause();
          void Bun.connect({ hostname: "127.0.0.1", port, socket }).then((upstream) => {
            client.data = upstream;
            client.resume();
          });
        },
        data: ({ data: upstream }, chunk) => void upstream?.write(chunk),
        close: ({ data: upstream }) => void upstream?.end(),
        error() {},
      },
    });
    const clock = new FakeClock();
    const waits: number[] = [];
    const reasons: CloseReason[] = [];
    let told = Promise.withResolvers<void>();
    const onStatus = (status: ClientStatus): void => {
      if (status.state !== "reconnecting") return;
      waits.push(status.delayMs);
      reasons.push(status.reason);
      told.resolve();
    };
    const options = { port: front.port, tls: { caFile }, clock, onStatus, random: () => 0.5 };
    const client = await connect(saludo, options, ignoredByClient);
    port = strict.port;
    lax.sockets[0]?.terminate();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await within(told.promise, () => "no further attempt");
      told = Promise.withResolvers();
      clock.advance(waits.at(-1) ?? 0);
    }
    await within(told.promise, () => "no further attempt");
    expect(waits.map((wait) => Math.round(wait))).toEqual([250, 400, 640, 1024, 1638]);
    expect(reasons.slice(1).map(({ code }) => code)).toEqual(Array(4).fill("tls-failed"));
    await client.close();
  });
});
