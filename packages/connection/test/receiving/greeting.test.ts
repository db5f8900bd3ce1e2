// The hello of a peer: it may be larger than the frames that this end takes, which the peer has not heard of yet.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import {
  type AnyMessage,
  type ControlMessage,
  defineProtocol,
  encodeHeader,
  HEADER_BYTES,
} from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { ByteWriter, MOST_NAME_BYTES, unannouncedLimits } from "@typewire/protocol/internal";
import { concatenate, FakeClock, MemorySocket } from "@typewire/testkit";

import { createEndpoint, LiveConnection } from "../../src/index.ts";
import type { ConnectionLimits } from "../../src/internal.ts";

const LEAST = 256;
const longest = "\u4e2d".repeat(255);
const say = Type.Object({ text: Type.String() });
const wordy = defineProtocol({ name: longest, version: 1, server: { say }, client: { say } });
const error = { type: "$error", code: "schema-mismatch", message: "?" } as const;
const hello = {
  type: "$hello",
  protocol: longest,
  version: 1,
  fingerprint: "0123456789abcdef",
  maxFrameBytes: 256,
  heartbeatIntervalMs: 30_000,
} as const;

function server(limits: Partial<ConnectionLimits> = {}) {
  const heard: string[] = [];
  const endpoint = createEndpoint(
    wordy,
    "server",
    { say: ({ text }) => void heard.push(text) },
    { limits: { maxFrameBytes: LEAST, ...limits }, clock: new FakeClock() },
  );
  const connection = new LiveConnection(endpoint, "peer");
  const socket = new MemorySocket();
  socket.events = connection;
  connection.opened(socket);
  return { connection, heard, endpoint };
}

function frame(message: AnyMessage | ControlMessage): Uint8Array {
  const writer = new ByteWriter();
  wordy.client.encodeInto(message as { type: "say"; text: string }, writer, unannouncedLimits);
  return writer.copy();
}

/** A message of exactly so many payload bytes. */
function sized(payloadBytes: number): Uint8Array {
  const rest = frame({ type: "say", text: "" } as AnyMessage).length - HEADER_BYTES;
  const head = (length: number) => (length > 255 ? 2 : length > 23 ? 1 : 0);
  const length = payloadBytes - rest - head(payloadBytes - rest - 2);
  const made = frame({ type: "say", text: "x".repeat(length) } as AnyMessage);
  expect(made.length - HEADER_BYTES).toBe(payloadBytes);
  return made;
}

/** Gives the same bytes whole, and byte by byte. */
function receive(connection: { receive(chunk: Uint8Array): void }, bytes: Uint8Array, cut: string) {
  if (cut === "whole") connection.receive(bytes);
  else for (const byte of bytes) connection.receive(Uint8Array.of(byte));
}

describe.each(["whole", "byte by byte"])("a first frame that comes %s", (cut) => {
  test("is a $hello with the longest name, at an end that takes 256 bytes", () => {
    const { connection, heard } = server();
    expect(frame(hello).length - HEADER_BYTES).toBeGreaterThan(3 * LEAST);
    receive(connection, concatenate([frame(hello), sized(LEAST)]), cut);
    expect(connection.state).toBe("open");
    expect(heard).toHaveLength(1);
  });

  test("may be of any other version, which is what it is refused for", () => {
    for (const version of [2, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const { connection } = server();
      const largest = {
        ...hello,
        version,
        // The largest of docs/wire.md; a peer of another make may announce them.
        maxFrameBytes: 9_999_999_999,
        maxItems: Number.MAX_SAFE_INTEGER,
        maxNesting: Number.MAX_SAFE_INTEGER,
        heartbeatIntervalMs: Number.MAX_SAFE_INTEGER,
        maxCalls: Number.MAX_SAFE_INTEGER,
        maxStreams: Number.MAX_SAFE_INTEGER,
        features: ["calls", "gap"],
      };
      receive(connection, frame(largest), cut);
      expect(connection.closeReason?.code).toBe("protocol-mismatch");
    }
  });

  test("may follow an $error, which is not counted", () => {
    const { connection, heard } = server({ requireHello: true });
    receive(connection, concatenate([frame(error), frame(hello), sized(LEAST)]), cut);
    expect(connection.state).toBe("open");
    expect(heard).toHaveLength(1);
  });

  test("is refused above the limit where it is no hello, and so is every later frame", () => {
    for (const limits of [{}, { requireHello: true, preHelloFrameBytes: LEAST }]) {
      for (const larger of [
        [sized(LEAST + 1)],
        [frame(hello), sized(LEAST + 1)],
        [frame(error), sized(LEAST + 1)],
      ]) {
        const { connection, heard } = server(limits);
        receive(connection, concatenate(larger), cut);
        expect(connection.closeReason).toMatchObject({
          code: "frame-too-large",
          message: "Cannot read frame: header announces 257 bytes, limit 256",
        });
        expect(heard).toEqual([]);
      }
    }
  });

  test("is refused from the header where no hello of this protocol is so large", () => {
    const { connection, endpoint } = server();
    expect(endpoint.greetingBytes).toBeWithin(frame(hello).length, 1025);
    receive(connection, encodeHeader(endpoint.greetingBytes + 1), cut);
    expect(connection.closeReason?.code).toBe("frame-too-large");
    const short = createEndpoint(saludo, "server", undefined, { limits: { maxFrameBytes: LEAST } });
    expect(short.greetingBytes).toBe(endpoint.greetingBytes - 3 * 255 - 2 + "saludo".length);
  });

  test("has what the end takes where that is more", () => {
    const { connection, heard } = server({ maxFrameBytes: 4000 });
    receive(connection, concatenate([sized(4000), sized(4000)]), cut);
    expect(heard).toHaveLength(2);
    receive(connection, sized(4001), cut);
    expect(connection.closeReason?.code).toBe("frame-too-large");
  });
});

test("the longest names fit with the rest of their control messages into the least frame", () => {
  const code = "e".repeat(MOST_NAME_BYTES);
  const call = "c".repeat(MOST_NAME_BYTES);
  const talk = defineProtocol({
    name: "talk",
    version: 1,
    server: { [code]: Type.Object({}) },
    client: {},
    calls: { [call]: { errors: { [code]: Type.Null() } } },
  });
  const id = Number.MAX_SAFE_INTEGER;
  const sizes = [
    ["client", { type: "$call", call, id, timeoutMs: 3_600_000 }],
    ["server", { type: "$result", id, error: { code, message: "", data: null } }],
    ["server", { type: code }],
  ] as const;
  for (const [side, message] of sizes) {
    const writer = new ByteWriter();
    const codec = side === "client" ? talk.client : talk.server;
    if (message.type === code) codec.encodeInto(message as never, writer);
    else codec.encodeCallInto(message as never, call, writer);
    expect(writer.copy().length - HEADER_BYTES).toBeLessThanOrEqual(LEAST);
  }
});
