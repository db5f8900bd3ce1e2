// Rows T of the fault list at the server's end. The clients are `ScriptedPeer`s and plain sockets.

import { afterAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import type { CloseReason } from "@typewire/connection";
import { encodeHeader, TypewireError } from "@typewire/protocol";
import { toDiagnostic } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";
import type { ServerOf, ServerOptions } from "@typewire/server";
import {
  byteByByte,
  type CertificateFiles,
  Certificates,
  FakeClock,
  outsideTool,
  randomly,
  ScriptedPeer,
  SeededRandom,
  whole,
  within,
} from "@typewire/testkit";

import { serve, type ServerTlsOptions } from "../src/index.ts";
import { SaludoPeer } from "@typewire/testkit/saludo-peer";

const openssl = outsideTool("openssl");
const certificates = new Certificates();
afterAll(() => certificates[Symbol.dispose]());
const authority = certificates.authority("authority");
const rogue = certificates.authority("rogue");
const own = authority.issue("server");
const { caFile } = authority;
const ca = await Bun.file(caFile).text();

/** A server whose connections that never opened are told to the test. */
class Guarded implements Disposable {
  readonly server: ServerOf<typeof saludo, undefined, number>;
  readonly opened: string[] = [];
  readonly #refused: CloseReason[] = [];
  #onRefused: (() => void) | undefined;

  constructor(tls: ServerTlsOptions, options: ServerOptions<typeof saludo> = {}) {
    this.server = serve(
      saludo,
      {
        port: 0,
        tls,
        ...options,
        onOpen: (connection) => {
          this.opened.push(connection.name);
          connection.send({ type: "welcome", text: "hola" });
        },
        onNotOpened: (_, reason) => {
          this.#refused.push(reason);
          this.#onRefused?.();
        },
      },
      {
        say: ({ text }) =>
          void this.server.broadcast({ type: "said", from: "x", text, at: new Date(0) }),
      },
    );
  }

  get port(): number {
    return this.server.port;
  }

  /** How many connections were not opened, and have not been asked for. */
  get refusals(): number {
    return this.#refused.length;
  }

  /** Connects, and resolves once this connection is served. */
  async served(): Promise<void> {
    using peer = new SaludoPeer(await ScriptedPeer.connectSecured(this.port, { ca }));
    await peer.next("welcome");
  }

  /** Why the next connection was not opened. */
  async refusal(): Promise<CloseReason> {
    const refused = new Promise<void>((resolve) => {
      this.#onRefused = resolve;
    });
    if (this.#refused.length === 0) await within(refused, () => "no client was refused");
    const reason = this.#refused.shift();
    if (reason === undefined) throw new Error("No client was refused");
    return reason;
  }

  [Symbol.dispose](): void {
    this.server.stop();
  }
}

async function identity({ certFile, keyFile }: CertificateFiles) {
  return { cert: await Bun.file(certFile).text(), key: await Bun.file(keyFile).text() };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return `${(error as TypewireError).code}: ${(error as TypewireError).message}`;
  }
  return "none";
}

describe("serve with tls", () => {
  test("talks to a client that trusts its authority, and to none before the handshake", async () => {
    using guarded = new Guarded(own);
    using peer = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca }));
    expect(await peer.next("$hello")).toMatchObject({ protocol: "saludo" });
    expect(await peer.next("welcome")).toEqual({ type: "welcome", text: "hola" });
  });

  test("listens on a Unix socket too", async () => {
    const unix = certificates.path("server.sock");
    using guarded = new Guarded(own, { port: undefined, unix } as never);
    const heard = Promise.withResolvers<string>();
    const socket = {
      handshake: (_socket: unknown, isComplete: boolean) => {
        if (!isComplete) heard.reject(new Error("no handshake"));
      },
      data: (_socket: unknown, chunk: Uint8Array) => heard.resolve(toDiagnostic(chunk, 10)),
    };
    const tls = { ca, serverName: "localhost", rejectUnauthorized: true };
    const client = await Bun.connect({ unix, tls, socket });
    expect(await heard.promise).toContain('"$hello"');
    expect(guarded.opened).toHaveLength(1);
    client.terminate();
  });

  test.each([
    ["no key", { certFile: own.certFile, keyFile: undefined }, "tls.keyFile: expected the path"],
    [
      "an empty path",
      { ...own, certFile: "" },
      "tls.certFile: expected the path of a file, got an empty text",
    ],
    ["nothing at all", {}, "tls.certFile: expected the path"],
    [
      "no such file",
      { ...own, keyFile: "/nowhere/x.key" },
      "Cannot read /nowhere/x.key: there is no such file",
    ],
    ["a key as the certificate", { ...own, certFile: own.keyFile }, "expected certificates in PEM"],
    [
      "a certificate as the key",
      { ...own, keyFile: own.certFile },
      "expected a private key in PEM",
    ],
    [
      "another's key",
      { ...own, keyFile: rogue.issue("other").keyFile },
      "it is not the key of the certificate",
    ],
    [
      "authorities that nobody asks for",
      { ...own, caFile },
      "tls.caFile: expected requireClientCert",
    ],
    [
      "a name that is nearly an option's",
      { ...own, requireClientCerts: true },
      "tls.requireClientCerts: no such option; expected requireClientCert",
    ],
    [
      "nobody to vouch for clients",
      { ...own, requireClientCert: true },
      "tls.requireClientCert: expected a caFile",
    ],
  ])("refuses to start with %s (T2, T5)", (_, tls, sentence) => {
    const start = () => serve(saludo, { port: 0, tls: tls as ServerTlsOptions }, {});
    expect(codeOf(start)).toStartWith("option-invalid: ");
    expect(codeOf(start)).toContain(sentence);
  });

  test("refuses empty and damaged files (T2)", () => {
    const empty = certificates.path("empty.pem");
    writeFileSync(empty, "");
    const damaged = certificates.path("damaged.pem");
    writeFileSync(damaged, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (const certFile of [empty, damaged]) {
      expect(codeOf(() => serve(saludo, { port: 0, tls: { ...own, certFile } }, {}))).toMatch(
        /^option-invalid: Cannot use .*(expected certificates|is damaged)/,
      );
    }
  });

  test("warns of its own expired certificate, and of a key that others can read", () => {
    const expired = authority.issue("expired", {
      from: "20200101000000Z",
      until: "20200102000000Z",
    });
    Bun.spawnSync(["chmod", "644", expired.keyFile]);
    using guarded = new Guarded(expired);
    expect(guarded.server.tlsWarnings.join("\n")).toMatch(/has expired \(.*2020.*\)\n.*chmod 600/);
  });
});

describe("serve with tls, strangers (T3, T4)", () => {
  test.each([
    ["plaintext", new TextEncoder().encode("20        hola"), /does not speak TLS here/],
    [
      "an HTTP request",
      new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
      /does not speak TLS here/,
    ],
    ["64 KiB of garbage", new SeededRandom(1).bytes(64 * 1024), /No TLS connection/],
    ["zeros", new Uint8Array(1024), /No TLS connection/],
  ])("ends for %s at once, and calls no handler", async (_, bytes, reason) => {
    using guarded = new Guarded(own);
    using peer = await ScriptedPeer.connect({ port: guarded.port });
    peer.listen(() => {});
    await peer.send(bytes);
    const { code, message } = await guarded.refusal();
    expect(code).toBe("tls-failed");
    expect(message).toMatch(reason);
    await peer.ended;
    expect(guarded.opened).toEqual([]);
    expect(guarded.server.connections.size).toBe(0);
  });

  test("ends for silence, and for half a ClientHello, after 5 s", async () => {
    const clock = new FakeClock();
    using guarded = new Guarded(own, { clock });
    using silent = await ScriptedPeer.connect({ port: guarded.port });
    using half = await ScriptedPeer.connect({ port: guarded.port });
    await half.send(new Uint8Array([0x16, 3, 1, 2, 0, 1, 0]));
    // Connections are accepted in order: once a later one is served, both have a deadline.
    await guarded.served();
    clock.advance(4_999);
    await guarded.served();
    expect(guarded.refusals).toBe(0);
    clock.advance(1);
    const reasons = [await guarded.refusal(), await guarded.refusal()];
    expect(reasons.map(({ message }) => message)).toEqual([
      "No TLS connection: no TLS handshake within 5000 ms",
      "No TLS connection: no TLS handshake within 5000 ms",
    ]);
    expect(await Promise.all([silent.ended, half.ended])).toEqual(["reset", "reset"]);
    expect(silent.receivedBytes).toBe(0);
  });

  test("holds little for a hundred strangers with a megabyte each", async () => {
    using guarded = new Guarded(own);
    Bun.gc(true);
    const before = process.memoryUsage.rss();
    const garbage = new SeededRandom(1).bytes(1024 * 1024);
    for (let count = 0; count < 100; count += 1) {
      using peer = await ScriptedPeer.connect({ port: guarded.port });
      peer.listen(() => {});
      await peer.send(garbage);
      await guarded.refusal();
    }
    Bun.gc(true);
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024);
    expect(guarded.server.connections.size).toBe(0);
  }, 20_000);
});

describe("serve with requireClientCert (T5)", () => {
  const mutual = { ...own, caFile, requireClientCert: true } as const;

  test("lets in a client that shows a certificate of its authorities", async () => {
    using guarded = new Guarded(mutual);
    const client = await identity(authority.issue("alice"));
    using peer = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca, ...client }));
    expect(await peer.next("welcome")).toMatchObject({ text: "hola" });
  });

  test.each([
    ["no certificate", undefined, /showed no certificate, and one is required/],
    ["one of another authority", rogue.issue("mallory"), /comes from an unknown authority/],
    ["a self-signed one", certificates.selfSigned("me"), /is self-signed/],
    [
      "an expired one",
      authority.issue("late", { from: "20200101000000Z", until: "20200102000000Z" }),
      /has expired/,
    ],
    [
      "one that is not valid yet",
      authority.issue("early", { from: "20400101000000Z", until: "20400102000000Z" }),
      /is not valid yet/,
    ],
    [
      "one made for servers",
      authority.issue("wrong-use", { usage: "serverAuth" }),
      /not made for a client/,
    ],
  ])("turns away %s, before a handler runs or a byte is sent", async (_, files, reason) => {
    using guarded = new Guarded(mutual);
    const client = files === undefined ? {} : await identity(files);
    // TLS 1.3: the client's handshake is done before the server has looked at its certificate.
    const peer = await ScriptedPeer.connectSecured(guarded.port, { ca, ...client });
    await peer.send(saludo.client.encodeFrame({ type: "say", text: "let me in" }));
    const { code, message } = await guarded.refusal();
    expect(code).toBe("tls-failed");
    expect(message).toMatch(reason);
    await peer.ended;
    expect(peer.receivedBytes).toBe(0);
    expect(guarded.opened).toEqual([]);
  });
});

describe.skipIf(openssl === undefined)("serve with tls, versions and names (T7)", () => {
  test.each([
    ["-tls1", false],
    ["-tls1_1", false],
    ["-tls1_2", true],
    ["-tls1_3", true],
  ])("openssl s_client %s is let in: %p", async (version, isLetIn) => {
    using guarded = new Guarded(own);
    const address = ["-connect", `127.0.0.1:${guarded.port}`];
    const command = [openssl ?? "", "s_client", ...address, version, "-cipher", "ALL:@SECLEVEL=0"];
    const client = Bun.spawn([...command, "-CAfile", caFile, "-quiet", "-no_ign_eof"], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    await client.exited;
    expect(guarded.opened).toHaveLength(isLetIn ? 1 : 0);
    if (!isLetIn) expect((await guarded.refusal()).message).toContain("no version of TLS from 1.2");
  });

  test.each(["-noservername", "-servername=elsewhere.example"])(
    "serves its one certificate to %s: the client decides",
    async (flag) => {
      using guarded = new Guarded(own);
      const address = ["-connect", `127.0.0.1:${guarded.port}`];
      const client = Bun.spawn(
        [openssl ?? "", "s_client", ...address, ...flag.split("="), "-quiet", "-no_ign_eof"],
        { stdin: "ignore", stdout: "ignore", stderr: "ignore" },
      );
      await client.exited;
      expect(guarded.opened).toHaveLength(1);
    },
  );
});

describe("Server.reloadCertificates (T8)", () => {
  const served = {
    certFile: certificates.path("live.pem"),
    keyFile: certificates.path("live.key"),
  };
  const put = (files: CertificateFiles): void => {
    copyFileSync(files.certFile, served.certFile);
    copyFileSync(files.keyFile, served.keyFile);
  };
  const nameSeen = async (port: number): Promise<string | undefined> => {
    const seen = Promise.withResolvers<string | undefined>();
    const socket = {
      handshake: (own_: Bun.Socket<unknown>) => {
        const { CN: name } = own_.getPeerCertificate().subject;
        seen.resolve(Array.isArray(name) ? name[0] : name);
      },
      data() {},
    };
    const client = await Bun.connect({ hostname: "127.0.0.1", port, tls: { ca }, socket });
    try {
      return await seen.promise;
    } finally {
      client.terminate();
    }
  };

  test("shows new connections the new certificate, and leaves the old ones alone", async () => {
    put(own);
    using guarded = new Guarded(served);
    using peer = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca }));
    await peer.next("welcome");
    expect(await nameSeen(guarded.port)).toBe("server");
    put(authority.issue("successor"));
    expect(await nameSeen(guarded.port)).toBe("server");
    await guarded.server.reloadCertificates();
    expect(await nameSeen(guarded.port)).toBe("successor");
    await peer.say("still here");
    expect(await peer.next("said")).toMatchObject({ text: "still here" });
  });

  const leaf = readFileSync(own.certFile, "utf8");
  const second = readFileSync(caFile, "utf8");
  const refusalOf = async (server: ServerOf<typeof saludo, undefined, number>): Promise<string> => {
    const error: unknown = await server.reloadCertificates().catch((reason: unknown) => reason);
    return error instanceof TypewireError ? `${error.code}: ${error.message}` : "none";
  };

  test.each([
    ["nothing", "", "expected certificates in PEM"],
    ["no base64", "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n", "is damaged"],
    ["a leaf and 250 bytes of the next", leaf + second.slice(0, 250), "the end of the file"],
    ["a leaf and a part of a BEGIN", `${leaf}-----BEGIN CERTI`, "got a part of one"],
    ["a leaf and one hyphen less", `${leaf}${second.trimEnd().slice(0, -1)}`, "got a part of one"],
    [
      "a leaf and a damaged next",
      leaf + second.replace(/MII/, "MI"),
      "certificate 2 of 2 is damaged",
    ],
    ["a leaf within a leaf", leaf.replace(/\n/, `\n${second}`), "got the next BEGIN in line 2"],
    ["an END alone", `${leaf}-----END CERTIFICATE-----\n`, "got none"],
    ["another key", readFileSync(authority.issue("half").certFile, "utf8"), "it is not the key of"],
  ])("keeps the old certificate where the new file has %s (T8)", async (_, content, reason) => {
    put(own);
    using guarded = new Guarded(served);
    writeFileSync(served.certFile, content);
    const refusal = await refusalOf(guarded.server);
    expect(refusal).toStartWith("option-invalid: Cannot use");
    expect(refusal).toContain(reason);
    expect(codeOf(() => void new Guarded(served))).toContain(reason);
    expect(await nameSeen(guarded.port)).toBe("server");
  });

  test.each([
    ["the text that openssl x509 -text prints", `Certificate:\n    Data:\n${leaf}`],
    ["its chain behind it", leaf + second],
    ["lines that end as Windows has them", leaf.replaceAll("\n", "\r\n")],
    ["no newline at its end", leaf.trimEnd()],
  ])("takes a certificate file with %s", async (_, content) => {
    put(own);
    writeFileSync(served.certFile, content);
    using guarded = new Guarded(served);
    await guarded.server.reloadCertificates();
    expect(await nameSeen(guarded.port)).toBe("server");
  });

  test("keeps the old authorities where the new file is half written", async () => {
    put(own);
    const live = { ...served, caFile: certificates.path("live-ca.pem"), requireClientCert: true };
    copyFileSync(caFile, live.caFile);
    using guarded = new Guarded(live);
    writeFileSync(live.caFile, second + second.slice(0, 250));
    expect(await refusalOf(guarded.server)).toContain("the end of the file");
    const { certFile, keyFile } = authority.issue("client");
    const identity = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
    using peer = new SaludoPeer(
      await ScriptedPeer.connectSecured(guarded.port, { ca, ...identity }),
    );
    expect(await peer.next("welcome")).toMatchObject({ text: "hola" });
  });

  test("keeps the old certificate where no handshake with the new one succeeds", async () => {
    put(own);
    using guarded = new Guarded(served);
    // Too short for any signature of TLS 1.3, and whole in every other way.
    put(authority.issue("weak", generateKeyPairSync("rsa", { modulusLength: 512 })));
    expect(await refusalOf(guarded.server)).toContain("a TLS handshake with it fails");
    expect(await nameSeen(guarded.port)).toBe("server");
  });
});

describe("serve with tls, rows F, B and L again (T10, T11)", () => {
  const seed = 20_251_123;
  const say = saludo.client.encodeFrame({ type: "say", text: "hola" });

  test.each([
    ["whole", whole],
    ["byte by byte", byteByByte],
    [`in random pieces (seed ${seed})`, randomly(new SeededRandom(seed), 40)],
  ])("F6: a burst of messages, %s, is delivered once and in order", async (_, cut) => {
    using guarded = new Guarded(own);
    const raw = await ScriptedPeer.connectSecured(guarded.port, { ca });
    using peer = new SaludoPeer(raw);
    const texts = Array.from({ length: 20 }, (__, index) => `message ${index}`);
    const frames = texts.map((text) => saludo.client.encodeFrame({ type: "say", text }));
    await raw.send(Buffer.concat(frames), cut);
    for (const text of texts) expect((await peer.next("said")).text).toBe(text);
  });

  test.each([
    ["F1 an empty frame", "0         ", "frame-empty"],
    ["F2 a frame over the limit", "1048577   ", "frame-too-large"],
    ["F9 an HTTP request", "GET / HTTP/1.1\r\n\r\n", "header-invalid"],
  ])("%s is refused with $error, then the end", async (_, bytes, code) => {
    using guarded = new Guarded(own);
    const raw = await ScriptedPeer.connectSecured(guarded.port, { ca });
    using peer = new SaludoPeer(raw);
    await raw.send(bytes);
    expect(await peer.next("$error")).toMatchObject({ code });
    raw.shutdown();
    expect(await raw.ended).toBe("end");
  });

  test("F5, T9: an end in the middle of a frame is frame-truncated", async () => {
    using guarded = new Guarded(own);
    const raw = await ScriptedPeer.connectSecured(guarded.port, { ca });
    using peer = new SaludoPeer(raw);
    await peer.next("welcome");
    const [connection] = guarded.server.connections;
    await raw.send(say.subarray(0, 15));
    raw.shutdown();
    expect(await connection?.closed).toMatchObject({ code: "frame-truncated" });
  });

  test("L3, L6: a reset in mid-frame ends that connection alone", async () => {
    using guarded = new Guarded(own);
    const raw = await ScriptedPeer.connectSecured(guarded.port, { ca });
    using canary = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca }));
    const peer = new SaludoPeer(raw);
    await peer.next("welcome");
    const [connection] = guarded.server.connections;
    await raw.send(say.subarray(0, 15));
    raw.reset();
    expect(await connection?.closed).toMatchObject({ code: "connection-reset" });
    await canary.say("still served");
    expect(await canary.next("said")).toMatchObject({ text: "still served" });
  });

  test("L5: a client that ends its half still gets what was queued, and $bye comes with drain", async () => {
    using guarded = new Guarded(own);
    const raw = await ScriptedPeer.connectSecured(guarded.port, { ca });
    using peer = new SaludoPeer(raw);
    await raw.send(say);
    raw.shutdown();
    expect(await peer.next("said")).toMatchObject({ text: "hola" });
    expect(await raw.ended).toBe("end");
    using other = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca }));
    await other.next("welcome");
    const drained = guarded.server.drain();
    await other.next("$bye");
    other.raw.shutdown();
    expect(await drained).toMatchObject({ cut: 0 });
  });

  test("B1: a client that never reads is cut as a slow consumer, and others are not", async () => {
    using guarded = new Guarded(own, {
      limits: { hardQueueBytes: 262_144 },
    });
    const raw = await ScriptedPeer.connectSecured(guarded.port, { ca });
    const stalled = new SaludoPeer(raw);
    await stalled.next("welcome");
    raw.pause();
    const [connection] = guarded.server.connections;
    using canary = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca }));
    await canary.next("welcome");
    const text = "x".repeat(100_000);
    while (connection?.state === "open") {
      guarded.server.broadcast({ type: "said", from: "y", text, at: new Date(0) });
      await canary.next("said");
    }
    // It does not take its $error either.
    expect(await connection?.closed).toMatchObject({ code: "slow-consumer" });
    expect(guarded.server.connections.size).toBe(1);
  });

  test("B9: megabytes that no single write takes arrive whole", async () => {
    using guarded = new Guarded(own);
    const raw = await ScriptedPeer.connectSecured(guarded.port, { ca });
    using peer = new SaludoPeer(raw);
    await peer.next("welcome");
    raw.pause();
    const texts = Array.from({ length: 6 }, (_, index) => `${index}`.repeat(900_000));
    for (const text of texts) {
      guarded.server.broadcast({ type: "said", from: "y", text, at: new Date(0) });
    }
    raw.resume();
    for (const text of texts) expect((await peer.next("said")).text === text).toBe(true);
  });

  test("L7: a full server turns away with $error over TLS as well", async () => {
    using guarded = new Guarded(own, { maxConnections: 1 });
    using first = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca }));
    await first.next("welcome");
    using second = new SaludoPeer(await ScriptedPeer.connectSecured(guarded.port, { ca }));
    expect(await second.next("$error")).toMatchObject({ code: "too-many-connections" });
    using stranger = await ScriptedPeer.connect({ port: guarded.port });
    stranger.listen(() => {});
    await stranger.send(encodeHeader(1));
    await stranger.ended;
    await first.say("still here");
    expect(await first.next("said")).toMatchObject({ text: "still here" });
  });
});
