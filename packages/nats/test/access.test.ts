// Who a server is at a real NATS, and what it may there: each way to be let in, credentials that are renewed, subjects
// that are not allowed, and how NATS lists its connection.

import { readFileSync } from "node:fs";
import { createServer } from "node:tls";

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { nkeys } from "@nats-io/transport-node";
import { Certificates, NatsServer, outsideTool } from "@typewire/testkit";

import type { NatsOptions, NatsSource } from "../src/index.ts";
import { Accounts } from "./support/accounts.ts";
import { Site, sites, until } from "./support/site.ts";

setDefaultTimeout(30_000);

/** Each way to be let in: what NATS asks for, and what is shown. */
function* ways(): Generator<readonly [string, string, Omit<NatsOptions, "servers">]> {
  const user = { user: "me", password: "secret" };
  yield ["a name and a password", 'authorization { user: "me", password: "secret" }', user];
  yield ["a token", 'authorization { token: "secret" }', { token: "secret" }];
  const key = nkeys.createUser();
  const nkey = new TextDecoder().decode(key.getSeed());
  yield ["an nkey", `authorization { users = [{ nkey: ${key.getPublicKey()} }] }`, { nkey }];
  const accounts = new Accounts();
  yield ["credentials", accounts.config, { credentials: accounts.credentials() }];
}

/** Begins with TLS, as NATS does from 2.10 on where it has `handshake_first`. */
function tlsFirst(certFile: string, keyFile: string) {
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const server = createServer(tls, (socket) => {
    socket.write(
      'INFO {"version":"2.10.0","proto":1,"max_payload":1048576,"tls_required":true}\r\n',
    );
    socket.on("data", (bytes: Uint8Array) => {
      const said = new TextDecoder().decode(bytes);
      socket.write("PONG\r\n".repeat(said.split("PING\r\n").length - 1));
    });
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    [Symbol.dispose]: () => void server.close(),
  };
}

describe.skipIf(outsideTool("nats-server") === undefined)("a server at a NATS that asks", () => {
  test.each([...ways()])("for %s is let in with it", async (_, config, shown) => {
    await using bus = await NatsServer.start(config);
    await using site = new Site({ servers: bus.address, ...shown });
    await until("the line", () => site.events.length > 0);
    expect(site.events).toEqual([{ type: "up", address: bus.address }]);
  });

  test("for a certificate is let in with it, as the user that it names, and not without", async () => {
    using folder = new Certificates();
    const authority = folder.authority("authority");
    const [server, client] = [authority.issue("nats"), authority.issue("client")];
    const read = (file: string): string => readFileSync(file, "utf8");
    await using bus = await NatsServer.start(`tls {
      cert_file: "${server.certFile}", key_file: "${server.keyFile}", ca_file: "${authority.caFile}"
      verify_and_map: true
    }
    authorization { users = [{ user: "CN=client" }] }`);
    const ca = read(authority.caFile);
    const tls = { ca, cert: read(client.certFile), key: read(client.keyFile) };
    await using site = new Site({ servers: `tls://localhost:${bus.port}`, tls });
    await until("the line", () => site.stats.state === "up");
    await using bare = new Site({ servers: bus.address, tls: { ca } });
    await until("the news", () => bare.events.length > 0);
    expect(bare.events[0]?.type).not.toBe("up");
  });

  test("for TLS before it greets is let in with it", async () => {
    using folder = new Certificates();
    const authority = folder.authority("authority");
    const { certFile, keyFile } = authority.issue("nats");
    using bus = tlsFirst(certFile, keyFile);
    const ca = readFileSync(authority.caFile, "utf8");
    await using site = new Site({ servers: bus.address, tls: { ca, handshakeFirst: true } });
    await until("the line", () => site.events.length > 0);
    expect(site.events).toEqual([{ type: "up", address: bus.address }]);
  });

  test("for credentials that run out goes on with those that it is given then", async () => {
    const accounts = new Accounts();
    await using bus = await NatsServer.start(accounts.config);
    let asked = 0;
    await using site = new Site(async () => {
      asked += 1;
      await Promise.resolve();
      return { servers: bus.address, credentials: accounts.credentials(asked === 1 ? 1 : 3600) };
    });
    await using bare = new Site({ servers: bus.address, credentials: accounts.credentials(1) });
    await until("the next line", () => site.stats.reconnects === 1);
    expect(site.events.filter(({ type }) => !type.startsWith("server-"))).toEqual([
      { type: "up", address: bus.address },
      { type: "down", why: "UserAuthenticationExpiredError: User Authentication Expired" },
      { type: "up", address: bus.address },
    ]);
    expect(asked).toBe(2);
    await until("the end without others", () => bare.stats.state === "failed");
    expect(bare.events[0]?.type).toBe("up");
  });
});

describe("nats, given a function", () => {
  test.each<readonly [string, NatsSource, string, string]>([
    ["rejects", () => Promise.reject(new Error("no vault")), "down", "no vault"],
    [
      "returns what is no option",
      () => ({ servers: "x", pass: "y" }) as never,
      "failed",
      "pass: no such option; expected password",
    ],
    ["returns nothing", () => undefined as never, "failed", "options: expected an object"],
  ])("that %s leaves the server alone, which says why", async (_, source, type, why) => {
    await using site = new Site(source);
    await until("the news", () => site.events.length > 0);
    expect(site.events).toEqual([{ type, why: expect.stringContaining(why) } as never]);
  });
});

const only = (allow: string, deny = ""): string => {
  const rule = `{ allow: ["${allow}"]${deny === "" ? "" : `, deny: ["${deny}"]`} }`;
  return `authorization { users = [
    { user: "me", password: "x", permissions: { publish: ${rule}, subscribe: ${rule} } }
  ] }`;
};
const me = { user: "me", password: "x" };

describe.skipIf(outsideTool("nats-server") === undefined)("a server at a NATS", () => {
  test("that refuses one topic goes on with the others, says which, and counts what is lost", async () => {
    await using bus = await NatsServer.start(only("tw.>", "tw.*.*.t.secret"));
    const [a, b] = await sites({ servers: bus.address, ...me });
    await using _a = a;
    await using _b = b;
    for (const connection of b.server.connections) connection.subscribe("secret");
    await until("its topic", () => a.server.subscribers("secret").members === 1);
    for (let count = 0; count < 2; count += 1) {
      a.server.publish("secret", { type: "welcome", text: "secret" });
      await until("its answer", () => a.stats.heldBytes === 0);
    }
    await until("the holes", () => b.stats.gapMessages === 2);
    a.say("hola");
    await until("the message", () => b.heard.length === 1);
    const refusals = (site: Site) => site.events.filter(({ type }) => type === "refused");
    const words = (what: string) => ({
      type: "refused" as const,
      topic: "secret",
      why: `PermissionViolationError: Permissions Violation for ${what} to "tw.saludo.1.t.secret"`,
    });
    expect(refusals(a)).toEqual([words("Publish")]);
    expect(refusals(b)).toEqual([words("Subscription")]);
    expect([a.stats.state, b.stats.state, b.stats.reconnects]).toEqual(["up", "up", 0]);
  });

  test("that refuses it the beats is alone, and says so", async () => {
    await using bus = await NatsServer.start(only("tw.>", "tw.*.*.beat"));
    await using site = new Site({ servers: bus.address, ...me });
    await until("the end", () => site.stats.state === "failed");
    expect(site.events.at(-1)).toEqual({
      type: "failed",
      why: expect.stringContaining('to "tw.saludo.1.beat"'),
    });
  });

  test("which it shares with others of its protocol does not hear those of another prefix", async () => {
    await using bus = await NatsServer.start(
      `http: "127.0.0.1:-1"\n${only("team7.*.tw.saludo.1.>")}`,
    );
    const [a, b] = await sites({ servers: bus.address, ...me, prefix: "team7.trial" });
    await using _a = a;
    await using _b = b;
    await using other = new Site({ servers: bus.address, ...me, prefix: "team7.real" });
    await until("its line", () => other.stats.state === "up");
    a.say("hola");
    await until("the message", () => b.heard.length === 1);
    expect([a.stats.servers, other.stats.servers]).toEqual([2, 1]);
    // No subject but those of the protocol was asked for, or one would be refused.
    expect(b.events.map(({ type }) => type)).toEqual(["up", "server-joined"]);
    // NATS lists them by their protocol and what they are called by each other.
    const joined = b.events.find((event) => event.type === "server-joined");
    const answer = await fetch(`${bus.monitor}/connz`);
    const { connections } = (await answer.json()) as { connections: { name: string }[] };
    expect(connections.map(({ name }) => name)).toContain(
      `typewire saludo/1 ${joined?.type === "server-joined" ? joined.node : ""}`,
    );
  });
});
