// A sender goes by what the peer accepts: by what it has announced, and by the defaults where it has not.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { ByteWriter, unannouncedLimits } from "@typewire/protocol/internal";
import {
  type AnyMessage,
  type ControlMessage,
  defineProtocol,
  HEADER_BYTES,
} from "@typewire/protocol";
import { concatenate, FakeClock, MemorySocket } from "@typewire/testkit";

import { createEndpoint, LiveConnection } from "../src/index.ts";
import type { ConnectionLimits } from "../src/internal.ts";
import { turn } from "./talk.ts";

const pairs = Type.Object({ v: Type.Array(Type.Tuple([Type.Number(), Type.Number()])) });
const tree = Type.Object({ v: Type.Recursive((self) => Type.Array(self)) });
const wide = defineProtocol({
  name: "wide",
  version: 1,
  server: { pairs, tree },
  client: { pairs, tree },
});

type Nested = Nested[];
type Message = Parameters<typeof wide.server.encode>[0];

const manyPairs: Message = { type: "pairs", v: Array.from({ length: 40_000 }, () => [1, 2]) };
const deepTree: Message = { type: "tree", v: nested(50) };
const raised = { maxItems: 10_000_000, maxNesting: 200 } as const;
const hello = { type: "$hello", protocol: "wide", version: 1 } as const;

function nested(levels: number): Nested {
  let value: Nested = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}

function server(limits: Partial<ConnectionLimits> = {}, received: Message[] = []) {
  const endpoint = createEndpoint(
    wide,
    "server",
    {
      pairs: (message) => void received.push(message),
      tree: (message) => void received.push(message),
    },
    { limits, clock: new FakeClock() },
  );
  const connection = new LiveConnection(endpoint, "peer");
  const socket = new MemorySocket();
  socket.events = connection;
  connection.opened(socket);
  return { endpoint, connection, socket };
}

function frame(message: AnyMessage | ControlMessage): Uint8Array {
  const writer = new ByteWriter();
  const limits = { ...unannouncedLimits, ...raised };
  wide.client.encodeInto(message as Message, writer, limits);
  return writer.copy();
}

/** What has been said to the peer, control messages included. */
function heard(socket: MemorySocket): readonly (Message | ControlMessage)[] {
  const bytes = socket.written;
  const messages: (Message | ControlMessage)[] = [];
  for (let position = 0; position < bytes.length;) {
    const length = Number(
      new TextDecoder().decode(bytes.subarray(position, position + HEADER_BYTES)),
    );
    const start = position + HEADER_BYTES;
    messages.push(wide.server.decodeIncoming(bytes, start, start + length, raised));
    position = start + length;
  }
  return messages;
}

describe("the limits in $hello", () => {
  test("are those of items and nesting that differ from the defaults", () => {
    expect(server().endpoint.hello).not.toContainAnyKeys(["maxItems", "maxNesting"]);
    expect(server(raised).endpoint.hello).toMatchObject(raised);
    expect(server({ maxItems: 100 }).endpoint.hello).toMatchObject({ maxItems: 100 });
    expect(server({ maxItems: 100 }).endpoint.hello).not.toContainKey("maxNesting");
  });

  test.each([{ maxItems: 0 }, { maxNesting: 0 }, { maxFrameBytes: 0 }])(
    "that no receiver has, %j, are refused",
    async (limits) => {
      const { connection, socket } = server();
      connection.receive(encodedHello(limits));
      await turn();
      const [name = ""] = Object.keys(limits);
      expect(heard(socket).at(-1)).toMatchObject({
        type: "$error",
        code: "schema-mismatch",
        path: `/${name}`,
      });
      expect(connection.peerHello).toBeUndefined();
    },
  );
});

/** A hello that our own codec would not write. */
function encodedHello(limits: Readonly<Record<string, number>>): Uint8Array {
  const text = (value: string): readonly number[] => [0x60 + value.length, ...Buffer.from(value)];
  const [[name, value] = ["", 0]] = Object.entries(limits);
  const payload = Uint8Array.from([
    0xa4,
    ...text("type"),
    ...text("$hello"),
    ...text("protocol"),
    ...text("wide"),
    ...text("version"),
    1,
    ...text(name),
    ...(value < 24 ? [value] : [0x18, value]),
  ]);
  return concatenate([Buffer.from(`${payload.length}`.padEnd(HEADER_BYTES)), payload]);
}

describe("Connection.send, by the peer's limits", () => {
  test.each([manyPairs, deepTree])(
    "sends what the peer has announced to take: $type",
    async (message) => {
      const { connection, socket } = server();
      expect(() => connection.send(message)).toThrow(
        expect.objectContaining({ code: "cbor-limit" }),
      );
      connection.receive(frame({ ...hello, ...raised }));
      connection.send(message);
      await turn();
      expect(heard(socket).at(-1)).toEqual(message);
    },
  );

  test("takes from the peer what this side has announced", () => {
    const received: Message[] = [];
    const { connection } = server(raised, received);
    connection.receive(concatenate([frame(manyPairs), frame(deepTree)]));
    expect(received).toEqual([manyPairs, deepTree]);
  });

  test("sends no more than a peer takes that has announced less, to the item", async () => {
    const { connection, socket } = server(raised);
    // The message, type, its name, v, the array; and three for each pair.
    connection.receive(frame({ ...hello, maxItems: 5 + 3 * 4 }));
    connection.send({ type: "pairs", v: Array.from({ length: 4 }, () => [1, 2]) });
    const more: Message = { type: "pairs", v: Array.from({ length: 5 }, () => [1, 2]) };
    expect(() => connection.send(more)).toThrow(expect.objectContaining({ code: "cbor-limit" }));
    expect(() => connection.sendFrame(wide.server.encodeFrame(more))).toThrow(
      "Cannot send: the message has 20 data items, the peer accepts 17",
    );
    await turn();
    expect(heard(socket).map(({ type }) => type)).toEqual(["$hello", "pairs"]);
  });

  test("sends a ready-made frame by the same measure", async () => {
    const { connection, socket } = server();
    const limits = { ...unannouncedLimits, ...raised };
    const deep = wide.server.encodeFrame(deepTree, limits);
    expect(() => connection.sendFrame(deep)).toThrow(
      "has 51 levels of nesting, the peer accepts 32",
    );
    connection.receive(frame({ ...hello, ...raised }));
    connection.sendFrame(deep);
    connection.sendFrame(wide.server.encodeFrame(manyPairs, limits));
    await turn();
    expect(heard(socket).slice(-2)).toEqual([deepTree, manyPairs]);
  });

  test("reports what was undelivered, whatever its size", () => {
    const undelivered: unknown[] = [];
    const endpoint = createEndpoint(
      wide,
      "server",
      {},
      {
        clock: new FakeClock(),
        observers: [{ onUndelivered: (_, messages) => void undelivered.push(...messages) }],
      },
    );
    const connection = new LiveConnection(endpoint, "peer");
    const socket = new MemorySocket({ room: 0 });
    socket.events = connection;
    connection.opened(socket);
    connection.receive(frame({ ...hello, ...raised }));
    connection.send(deepTree);
    connection.send(manyPairs);
    connection.destroy();
    expect(undelivered).toEqual([deepTree, manyPairs]);
  });
});

describe("control messages for a peer that takes frames of 256 bytes", () => {
  test("fit, in fewer words", async () => {
    const { connection, socket } = server();
    connection.receive(frame({ ...hello, maxFrameBytes: 256 }));
    connection.receive(frame({ type: "$ping", id: 7 }));
    void connection.close({ reason: "你好 ".repeat(200), retryAfterMs: 2_000_000_000 });
    await turn();
    const said = heard(socket);
    expect(said.map(({ type }) => type)).toEqual(["$hello", "$pong", "$bye"]);
    const bye = said.at(-1) as Extract<ControlMessage, { type: "$bye" }>;
    expect(bye.reason).toMatch(/^你好 .*…$/);
    expect(bye.retryAfterMs).toBe(2_000_000_000);
    expect(frame(bye).length).toBeLessThanOrEqual(256 + HEADER_BYTES);
  });

  test("leave a peer that takes less than they need in peace", async () => {
    for (const [maxFrameBytes, said] of [
      [16, []],
      [30, []],
      [90, ["$error"]],
    ] as const) {
      const { connection, socket } = server();
      connection.receive(frame({ ...hello, maxFrameBytes }));
      connection.receive(Buffer.from("not a frame"));
      await turn();
      expect(connection.closeReason).toMatchObject({ code: "header-invalid" });
      expect(
        heard(socket)
          .slice(1)
          .map(({ type }) => type),
      ).toEqual([...said]);
      expect(socket.calls).toContain("shutdown");
    }
  });

  test("are errors too, without their path", async () => {
    const { connection, socket } = server();
    connection.receive(frame({ ...hello, maxFrameBytes: 256 }));
    connection.closeWith(
      { code: "internal", message: "x", origin: "local" },
      {
        type: "$error",
        code: "too-many-connections",
        message: "语".repeat(400),
        path: "/v".repeat(200),
      },
    );
    await turn();
    const last = heard(socket).at(-1);
    expect(last).toMatchObject({ type: "$error", code: "too-many-connections" });
    expect(last).not.toContainKey("path");
    expect(frame(last as ControlMessage).length).toBeLessThanOrEqual(256 + HEADER_BYTES);
  });
});
