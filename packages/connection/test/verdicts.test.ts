// The table of docs/wire.md, "Verdicts": what each offence is called, before the hello, before the proof of a
// secret, and with neither.

import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";

import { encodeHeader } from "@typewire/protocol";
import { concatenate, FakeClock } from "@typewire/testkit";

import type { SharedSecret } from "../src/handshake/secret-exchange.ts";
import { type ConnectionLimits, createEndpoint, LiveConnection } from "../src/index.ts";
import {
  clientHello,
  fromClient,
  heardByClient,
  openSocket,
  type ServerSide,
  talk,
  turn,
} from "./talk.ts";

const secret: SharedSecret = {
  hmacSha256: (bytes) => new Uint8Array(createHmac("sha256", "right").update(bytes).digest()),
  randomBytes: (count) => new Uint8Array(count).fill(7),
};

const ascii = (text: string) => new TextEncoder().encode(text);
const frame = (payload: Uint8Array) => concatenate([encodeHeader(payload.length), payload]);
const text = (value: string) => concatenate([Uint8Array.of(0x78, value.length), ascii(value)]);
const named = (name: string) => frame(concatenate([Uint8Array.of(0xa1), text("type"), text(name)]));
const error = fromClient({ type: "$error", code: "schema-mismatch", message: "x" });

/** What comes first; and its code where nothing is asked, a hello is required, a secret is asked for. */
const rows: readonly (readonly [what: string, bytes: Uint8Array, ...codes: string[]])[] = [
  ["a header that is none", ascii("GET / HTTP/1.1"), ...same("header-invalid")],
  ["a frame of nothing", ascii("0         "), ...same("frame-empty")],
  [
    "a frame above the limit of the moment",
    encodeHeader(500_000),
    "",
    "frame-too-large",
    "frame-too-large",
  ],
  ["bytes that are no CBOR", frame(Uint8Array.of(0xff)), ...same("cbor-malformed")],
  ["a tag", frame(Uint8Array.of(0xc0, 0x60)), ...same("cbor-unsupported")],
  ["too much nesting", frame(new Uint8Array(40).fill(0x81, 0, 39)), ...same("cbor-limit")],
  ["no map", frame(Uint8Array.of(0x80)), ...before("schema-mismatch")],
  ["a map without a type", frame(Uint8Array.of(0xa0)), ...before("schema-mismatch")],
  ["a name that is not known", named("shout"), ...before("unknown-type")],
  ["a control message that is not known", named("$new"), ...before("")],
  ["a message that fails its schema", named("ask"), ...before("schema-mismatch")],
  ["a valid message", fromClient({ type: "ask", text: "x" }), ...before("")],
  ["a $ping", fromClient({ type: "$ping" }), ...before("")],
  ["a $hello that fails its schema", named("$hello"), ...before("schema-mismatch")],
  [
    "a $hello of another version",
    fromClient({ ...clientHello, version: 2 }),
    ...same("protocol-mismatch"),
  ],
];

function same(code: string): string[] {
  return [code, code, code];
}

function before(code: string): string[] {
  return [code, "hello-required", "auth-required"];
}

const kinds = [
  ["nothing is asked", {}],
  ["a hello is required", { limits: { requireHello: true } }],
  ["a secret is asked for", { secret }],
] as const;

function open(options: { limits?: Partial<ConnectionLimits>; secret?: SharedSecret }): {
  connection: ServerSide;
  codes: () => Promise<string[]>;
} {
  const endpoint = createEndpoint(talk, "server", {}, { clock: new FakeClock(), ...options });
  const connection = new LiveConnection(endpoint, "peer");
  const socket = openSocket(connection);
  return {
    connection,
    async codes() {
      await turn();
      return heardByClient(socket).flatMap((each) => (each.type === "$error" ? [each.code] : []));
    },
  };
}

describe("the verdict", () => {
  for (const [index, [when, options]] of kinds.entries()) {
    const cases = rows.map(([what, bytes, ...codes]) => [what, bytes, codes[index] ?? ""] as const);
    test.each(cases)(`where ${when}, on %s`, async (_, bytes, code) => {
      const { connection, codes } = open(options);
      connection.receive(bytes);
      expect(await codes()).toEqual(code === "" ? [] : [code]);
      const isForgiven = ["", "schema-mismatch", "unknown-type"].includes(code);
      expect(connection.closeReason?.code).toBe(isForgiven ? undefined : (code as never));
    });
  }

  test("is one for each frame, and nothing behind a fatal one is looked at", async () => {
    const { connection, codes } = open({});
    connection.receive(concatenate([named("ask"), frame(Uint8Array.of(0xff)), named("ask")]));
    connection.receive(ascii("GET / HTTP/1.1"));
    expect(await codes()).toEqual(["schema-mismatch", "cbor-malformed"]);
  });
});

describe("a $hello behind an $error", () => {
  test.each(kinds.slice(0, 2))("is taken where %s", async (_, options) => {
    const { connection, codes } = open(options);
    connection.receive(concatenate([error, error, fromClient(clientHello)]));
    expect(connection.peerHello).toEqual(clientHello);
    connection.receive(fromClient({ type: "ask", text: "x" }));
    expect(await codes()).toEqual([]);
    expect(connection.stats.messagesReceived).toBe(1);
  });

  test("is taken behind a control message of a later version, where no hello is required", async () => {
    const { connection, codes } = open({});
    connection.receive(concatenate([named("$new"), fromClient(clientHello)]));
    expect(connection.peerHello).toEqual(clientHello);
    expect(await codes()).toEqual([]);
  });

  test("comes too late where a secret is asked for: every $error ends it", async () => {
    const { connection, codes } = open({ secret });
    connection.receive(concatenate([error, fromClient(clientHello)]));
    expect(connection.closeReason?.code).toBe("auth-required");
    // And is not answered with another.
    expect(await codes()).toEqual([]);
  });
});
