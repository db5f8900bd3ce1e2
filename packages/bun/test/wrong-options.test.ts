// Each option of `serve` and `connect`, and of what they return, given values of every other kind: the answer is
// `option-invalid`, never an error of the language's or of the host's.

import { describe, expect, test } from "bun:test";
import { clientOptions, type ReconnectOptions } from "@typewire/client";
import { optionRows } from "@typewire/connection/internal";
import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { serverOptions } from "@typewire/server";

import { connect, serve } from "../src/index.ts";

const reconnectOptions: Record<keyof ReconnectOptions, true> = {
  initialDelayMs: true,
  factor: true,
  maxDelayMs: true,
};

function detached(): Uint8Array {
  const bytes = new Uint8Array(32);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** A value of each kind, and of each that is nearly right, by its name. */
const values: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  false: false,
  zero: 0,
  minusOne: -1,
  half: 1.5,
  beyondPorts: 70_000,
  huge: 1e13,
  nan: NaN,
  infinity: Infinity,
  bigint: 5n,
  emptyText: "",
  digits: "8080",
  nul: "a\0b",
  symbol: Symbol("value"),
  list: [],
  listOfNull: [null],
  numbers: [1, 2],
  function: () => undefined,
  object: {},
  bare: Object.create(null),
  strangeObject: { zzz: 1 },
  map: new Map(),
  date: new Date(0),
  promise: Promise.resolve({}),
  bytes: new Uint8Array(3),
  detached: detached(),
};

const observerMethods = Object.keys({ ...serverOptions, ...clientOptions }).filter((name) =>
  name.startsWith("on"),
);

/** Of `values`, by their names, those that an option may have; it may have none where it is not here. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(observerMethods.map((name) => [name, ["function"]])),
  limits: ["object", "bare"],
  observers: ["list"],
  use: ["list"],
  random: ["function"],
  auth: ["function"],
  authenticate: ["function"],
  context: ["function"],
  resend: ["true", "false"],
  reusePort: ["true", "false"],
  exhaustive: ["true", "false"],
  reconnect: ["false", "object", "bare"],
  // 1e13 is a whole number of bytes.
  maxBufferedBytes: ["huge"],
  maxConnections: ["beyondPorts", "huge"],
  maxConnectionsPerAddress: ["beyondPorts", "huge"],
  connectTimeoutMs: ["half", "beyondPorts"],
  hostname: ["digits"],
  port: ["zero"],
  unix: ["digits"],
};

/** Each option with each value that it may not have. */
function wrongly(names: readonly string[]): [string, string, unknown][] {
  return names.flatMap((name) =>
    Object.entries(values)
      .filter(([kind]) => allowed[name]?.includes(kind) !== true)
      .map(([kind, value]): [string, string, unknown] => [name, kind, value]),
  );
}

async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectRefused(error: unknown, option: string): void {
  expect(error).toBeInstanceOf(TypewireError);
  const { code, message } = error as TypewireError;
  expect(code).toBe("option-invalid");
  expect(message).toMatch(new RegExp(`(^|[ .])${option}\\b`));
  expect(message).toMatch(/expected .*, got|no such|expected /);
}

const serveOptions = [
  "port",
  "hostname",
  "unix",
  "tls",
  "secret",
  "reusePort",
  ...Object.keys(serverOptions),
];
const connectOptions = [
  "port",
  "hostname",
  "unix",
  "servers",
  "tls",
  "secret",
  ...Object.keys(clientOptions),
];

/** A Unix socket stands in the place of a port. */
const beside = (name: string): object => (name === "unix" ? {} : { port: 0 });

describe("serve", () => {
  test.each(wrongly(serveOptions))("refuses %s where it is %s", async (name, _kind, value) => {
    const options = { ...beside(name), [name]: value };
    expectRefused(await errorOf(() => serve(saludo, options).stop()), name);
  });

  test.each([
    { certFile: 5 },
    { certFile: "a\0b", keyFile: "k" },
    { certFile: "c" },
    { certFile: "c", keyFile: null },
    { certFile: "c", keyFile: "k", caFile: [] },
    { certFile: "c", keyFile: "k", caFile: "a", requireClientCert: "yes" },
    { certFile: "c", keyFile: "k", requireClientCert: 1 },
  ])("refuses the TLS options %#", async (tls) => {
    const options = { port: 0, tls } as never;
    expectRefused(await errorOf(() => serve(saludo, options).stop()), "tls");
  });
});

describe("connect", () => {
  const wrong = [...wrongly(connectOptions), ["port", "zero", 0] as [string, string, unknown]];
  /** The one value that is right for a client and wrong for a server. */
  const isTls = (name: string, kind: string): boolean => name === "tls" && kind === "true";
  test.each(wrong.filter(([name, kind]) => !isTls(name, kind)))(
    "refuses %s where it is %s",
    async (name, _kind, value) => {
      const isAddress = name === "unix" || name === "servers";
      const options = { ...(isAddress ? {} : { port: 1 }), [name]: value };
      expectRefused(await errorOf(() => connect(saludo, options)), name);
    },
  );

  test.each(wrongly(Object.keys(reconnectOptions)))(
    "refuses reconnect.%s where it is %s",
    async (name, kind, value) => {
      const isNumber = ["half", "beyondPorts"].includes(kind);
      const isFactor = name === "factor" && ["huge", "infinity"].includes(kind);
      if (isNumber || isFactor) return;
      const options = { port: 1, reconnect: { [name]: value } };
      expectRefused(await errorOf(() => connect(saludo, options)), name);
    },
  );

  test.each([
    { caFile: 5 },
    { caFile: "a\0b" },
    { serverName: [] },
    { serverName: null },
    { insecureSkipVerify: "no" },
    { certFile: undefined },
  ])("refuses the TLS options %#", async (tls) => {
    const options = { port: 1, tls } as never;
    expectRefused(await errorOf(() => connect(saludo, options)), "tls");
  });
});

describe("servers", () => {
  test.each([
    [{ servers: [{ port: 1 }], port: 1 }, "servers"],
    [{ servers: [{ port: 1 }], hostname: "a" }, "servers"],
    [{ servers: [{ port: 1 }], unix: "a" }, "servers"],
    [{ servers: ["127.0.0.1:1"] }, "servers[0]"],
    [{ servers: [{ port: 1 }, {}] }, "servers[1].port"],
    [{ servers: [{ port: 1 }, { port: 0 }] }, "servers[1].port"],
    [{ servers: [{ unix: "a", port: 1 }] }, "servers[0].unix"],
    [{ servers: [{ port: 1, hostname: "" }] }, "servers[0].hostname"],
    [{ servers: [{ prot: 1 }] }, "servers[0].prot"],
    [{ servers: [{ port: 1 }, { unix: "a" }], tls: true }, "tls.serverName"],
  ])("are refused in %j, naming %s", async (options, name) => {
    const error = await errorOf(() => connect(saludo, options as never));
    expect(error).toMatchObject({ code: "option-invalid" });
    expect((error as TypewireError).message).toStartWith(`${name}: `);
  });
});

describe("the limits of both", () => {
  const wrong = Object.entries(values).filter(
    ([, value]) => typeof value !== "number" && typeof value !== "boolean",
  );
  test.each(
    Object.keys(optionRows).flatMap((name) =>
      [...wrong, ["half", 1.5], ["nan", NaN]].map(([kind, value]): [string, string, unknown] => [
        name,
        String(kind),
        value,
      ]),
    ),
  )("refuse %s where it is %s", async (name, _kind, value) => {
    const limits = { [name]: value };
    expectRefused(await errorOf(() => serve(saludo, { port: 0, limits }).stop()), name);
    expectRefused(await errorOf(() => connect(saludo, { port: 1, limits })), name);
  });
});

test.each(Object.entries(values))("a protocol that is %s is refused", async (_, value) => {
  const protocol = value as typeof saludo;
  expectRefused(await errorOf(() => serve(protocol, { port: 0 }).stop()), "protocol");
  expectRefused(await errorOf(() => connect(protocol, { port: 1 })), "protocol");
});

describe("what a server and its client are asked later", () => {
  test("refuses wrong options, and goes on", async () => {
    await using server = serve(saludo, { port: 0, onRefused() {} }, { say() {} });
    const greeted = { welcome() {}, greeting() {}, said() {} };
    await using client = await connect(saludo, { port: server.port }, greeted);
    const { connection } = client;
    const message = { type: "welcome", text: "x" } as const;
    const calls: Readonly<Record<string, (value: never) => unknown>> = {
      "drain.timeoutMs": (timeoutMs) => server.drain({ timeoutMs }),
      "drain.reason": (reason) => server.drain({ reason }),
      "drain.retryAfterMs": (retryAfterMs) => server.drain({ retryAfterMs }),
      "close.reason": (reason) => connection?.close({ reason }),
      "close.retryAfterMs": (retryAfterMs) => connection?.close({ retryAfterMs }),
      "close.final": (final) => connection?.close({ final }),
      "close.afterHandlers": (afterHandlers) => connection?.close({ afterHandlers }),
      "client.close.reason": (reason) => client.close({ reason }),
      "ready.timeoutMs": (timeoutMs) => client.ready({ timeoutMs }),
      "ready.signal": (signal) => connection?.ready({ signal }),
      watcher: (watcher) => server.watch(watcher),
      "broadcast.except": (except) => server.broadcast(message, { except }),
      "publish.from": (from) => server.publish("a", message, { from }),
      "publish.whenSlow": (whenSlow) => server.publish("a", message, { whenSlow }),
    };
    const texts = ["emptyText", "digits", "nul"];
    const times = ["zero", "half", "beyondPorts"];
    const right: Readonly<Record<string, readonly string[]>> = {
      reason: texts,
      timeoutMs: times,
      retryAfterMs: ["zero", "beyondPorts"],
      final: ["true", "false"],
      afterHandlers: ["true", "false"],
    };
    for (const [place, call] of Object.entries(calls)) {
      const name = place.slice(place.lastIndexOf(".") + 1);
      for (const [kind, value] of Object.entries(values)) {
        if (right[name]?.includes(kind) === true) continue;
        expectRefused(await errorOf(() => call(value as never)), name);
      }
    }
    for (const value of Object.values(values)) {
      for (const call of [
        () => server.drain(value as never),
        () => connection?.close(value as never),
        () => client.close(value as never),
        () => client.ready(value as never),
        () => server.broadcast(message, value as never),
        () => server.publish("a", message, value as never),
      ]) {
        // An object without properties of its own is one without options; a Map or a date is none.
        if (Object.prototype.toString.call(value) === "[object Object]") continue;
        expectRefused(await errorOf(call), "options");
      }
    }
    expect(server.broadcast(message, { except: [...server.connections][0] })).toBe(0);
    const misspelt = { excpt: connection } as never;
    expectRefused(await errorOf(() => server.broadcast(message, misspelt)), "excpt");
    expect(client.state).toBe("connected");
    expect(server.isListening).toBe(true);
  });
});
