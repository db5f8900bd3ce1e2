import { describe, expect, test } from "bun:test";
import { createHmac, randomBytes } from "node:crypto";
import {
  type ControlMessage,
  encodeHeader,
  HEADER_BYTES,
  type Hello,
  type Proof,
} from "@typewire/protocol";
import {
  byteByByte,
  concatenate,
  FakeClock,
  MemoryPair,
  MemorySocket,
  whole,
} from "@typewire/testkit";

import { equalInConstantTime, NONCE_BYTES } from "../../src/handshake/secret-exchange.ts";
import {
  createEndpoint,
  LiveConnection,
  type Observer,
  type SharedSecret,
} from "../../src/index.ts";
import {
  clientHello,
  type ClientSide,
  fromClient,
  type FromClient,
  fromServer,
  type FromServer,
  heardByClient,
  heardByServer,
  type ServerSide,
  talk,
  turn,
} from "../talk.ts";

const right = "correct horse battery staple";
const wrong = "incorrect horse battery staple";

function secretOf(text: string): SharedSecret {
  return {
    hmacSha256: (bytes) => new Uint8Array(createHmac("sha256", text).update(bytes).digest()),
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
  };
}

interface Side<Self> {
  readonly connection: Self;
  /** What handlers and observers saw: `open`, `close`, and texts. */
  readonly seen: string[];
  readonly clock: FakeClock;
}

function server(text: string | undefined): Side<ServerSide> {
  const seen: string[] = [];
  const clock = new FakeClock();
  const endpoint = createEndpoint(
    talk,
    "server",
    { ask: ({ text }) => seen.push(text) },
    {
      clock,
      observers: [
        {
          onOpen(connection) {
            seen.push("open");
            connection.send({ type: "reply", text: "welcome" });
          },
          onClose: () => void seen.push("close"),
        },
      ],
      ...(text !== undefined && { secret: secretOf(text) }),
    },
  );
  return { connection: new LiveConnection(endpoint, "client"), seen, clock };
}

function client(
  text: string | undefined,
  observer: Observer<FromClient, FromServer> = {},
): Side<ClientSide> {
  const seen: string[] = [];
  const clock = new FakeClock();
  const endpoint = createEndpoint(
    talk,
    "client",
    { reply: ({ text }) => seen.push(text) },
    {
      clock,
      observers: [
        { onOpen: () => seen.push("open"), onClose: () => void seen.push("close") },
        observer,
      ],
      ...(text !== undefined && { secret: secretOf(text) }),
    },
  );
  return { connection: new LiveConnection(endpoint, "server"), seen, clock };
}

/** A connection on a socket of its own, for a peer that the test plays. */
function opened<Self extends ServerSide | ClientSide>(side: Side<Self>): MemorySocket {
  const socket = new MemorySocket();
  socket.events = side.connection;
  side.connection.opened(socket);
  return socket;
}

/** The first frame that a socket took, without its header. */
function firstPayload(socket: MemorySocket): Uint8Array {
  const header = new TextDecoder().decode(socket.written.subarray(0, HEADER_BYTES));
  return socket.written.slice(HEADER_BYTES, HEADER_BYTES + Number(header));
}

/** What a peer that knows `text` says to a server that has said `serverHello`. */
function clientProof(text: string, hello: Uint8Array, serverHello: Uint8Array): Proof {
  const framed = (payload: Uint8Array) => concatenate([encodeHeader(payload.length), payload]);
  const label = new TextEncoder().encode("typewire secret 1: client\n");
  const bytes = concatenate([label, hello, framed(serverHello)]);
  return { type: "$proof", mac: secretOf(text).hmacSha256(bytes) };
}

const nonce = new Uint8Array(NONCE_BYTES).fill(7);
const strangersHello: Hello = { ...clientHello, nonce };

describe("a connection with a secret", () => {
  test.each([
    ["whole", whole],
    ["byte by byte", byteByByte],
  ])("opens when both ends have it, with bytes %s", async (_, cut) => {
    const [here, there] = [server(right), client(right)];
    const pair = new MemoryPair(here.connection, there.connection, { cut });
    await pair.settle();
    there.connection.send({ type: "ask", text: "how are you" });
    await pair.settle();
    expect(here.seen).toEqual(["open", "how are you"]);
    expect(there.seen).toEqual(["open", "welcome"]);
    expect(heardByClient(pair.left).map(({ type }) => type)).toEqual(["$hello", "$proof", "reply"]);
    expect(heardByServer(pair.right).map(({ type }) => type)).toEqual(["$hello", "$proof", "ask"]);
  });

  test("says nothing but its hello before the peer has proved anything", async () => {
    const here = server(right);
    const socket = opened(here);
    here.connection.receive(fromClient(strangersHello));
    await turn();
    expect(heardByClient(socket).map(({ type }) => type)).toEqual(["$hello"]);
    expect(socket.written.length).toBeLessThan(512);
    expect(here.connection.state).toBe("connecting");
    expect(here.seen).toEqual([]);
  });

  test("sends no message of the user's before that, and waits for room until then", async () => {
    const told: string[] = [];
    const here = server(right);
    const there = client(right, {
      onUndelivered: (_, messages, { code }) => void told.push(`${code} ${messages.length}`),
    });
    const pair = new MemoryPair(here.connection, there.connection);
    expect(there.connection.send({ type: "ask", text: "early" })).toBe(false);
    const frame = talk.client.encodeFrame({ type: "ask", text: "early" });
    expect(there.connection.sendFrame(frame)).toBe(false);
    expect(told).toEqual(["auth-required 1", "auth-required 1"]);

    const room = there.connection
      .ready()
      .then(() => there.connection.send({ type: "ask", text: "in time" }));
    await pair.settle();
    expect(await room).toBe(true);
    await pair.settle();
    expect(here.seen).toEqual(["open", "in time"]);
  });

  test("rejects `ready` when the peer never proves it", async () => {
    const there = client(right);
    opened(there);
    const room = there.connection.ready().catch((error: unknown) => error);
    there.connection.destroy();
    expect(await room).toMatchObject({ code: "connection-closed" });
  });

  test("makes a nonce for each connection", async () => {
    const endpoint = createEndpoint(talk, "server", {}, { secret: secretOf(right) });
    const nonces = [1, 2].map(() => {
      const socket = new MemorySocket();
      const connection = new LiveConnection(endpoint, "x");
      connection.opened(socket);
      connection.receive(fromClient(strangersHello));
      return socket;
    });
    await turn();
    const [first, second] = nonces.map((socket) => {
      const [hello] = heardByClient(socket);
      return hello?.type === "$hello" ? hello.nonce?.toHex() : undefined;
    });
    expect(first).toHaveLength(2 * NONCE_BYTES);
    expect(second).not.toBe(first);
  });

  test("takes large frames again once the peer has proved it, also in the same chunk", async () => {
    const there = client(right);
    const here = server(right);
    const [left, rightSocket] = [opened(here), opened(there)];
    await turn();
    there.connection.receive(left.written);
    await turn();
    here.connection.receive(rightSocket.written);
    const large = "x".repeat(100_000);
    here.connection.send({ type: "reply", text: large });
    await turn();
    there.connection.receive(left.written.subarray(firstPayload(left).length + HEADER_BYTES));
    expect(there.seen).toEqual(["open", "welcome", large]);
  });
});

describe("a secret that is wrong, or missing", () => {
  test.each([
    [
      "the client's is wrong",
      right,
      wrong,
      "auth-failed",
      "the client's proof is not one of this server's secret",
    ],
    ["the client has none", right, undefined, "auth-required", "the client has none"],
    ["the server has none", undefined, right, "auth-required", "the server has none"],
  ])("%s: both ends record it, and no handler runs", async (_, ours, theirs, code, sentence) => {
    const [here, there] = [server(ours), client(theirs)];
    const pair = new MemoryPair(here.connection, there.connection);
    await pair.settle();
    // A server without a secret opens before it has heard of the client's.
    expect(here.seen.filter((event) => event !== "close")).toEqual(
      ours === undefined ? ["open"] : [],
    );
    expect(there.seen).toEqual([]);
    const reasons = [here, there].map(({ connection }) => connection.closeReason);
    expect(reasons).toMatchObject([{ code }, { code }]);
    expect(reasons.map((reason) => reason?.message).join(" ")).toContain(sentence);
    expect(heardByClient(pair.left).some(({ type }) => type === "$proof")).toBe(false);
  });

  test("a server that only pretends to have it is refused by the client", async () => {
    const there = client(right);
    const socket = opened(there);
    there.connection.receive(fromServer({ ...clientHello, nonce }));
    await turn();
    expect(heardByServer(socket).map(({ type }) => type)).toEqual(["$hello", "$proof"]);
    there.connection.receive(fromServer({ type: "$proof", mac: new Uint8Array(32) }));
    expect(there.connection.closeReason).toMatchObject({
      code: "auth-failed",
      message: "Cannot authenticate: the server's proof is not one of this client's secret",
    });
    expect(there.seen).toEqual([]);
  });

  test("a server that skips its proof is refused by the client", () => {
    const there = client(right);
    opened(there);
    there.connection.receive(fromServer({ ...clientHello, nonce }, { type: "reply", text: "hi" }));
    expect(there.connection.closeReason).toMatchObject({ code: "auth-required" });
    expect(there.seen).toEqual([]);
  });

  test("a client's own proof, sent back to it, proves nothing", async () => {
    const there = client(right);
    const socket = opened(there);
    await turn();
    // The mirror: the same hello, nonce and all, and then the same proof.
    there.connection.receive(socket.written);
    await turn();
    const proof = socket.written.subarray(HEADER_BYTES + firstPayload(socket).length);
    expect(proof.length).toBeGreaterThan(32);
    there.connection.receive(proof);
    expect(there.connection.closeReason).toMatchObject({ code: "auth-failed" });
  });

  test("what a client once said proves nothing on another connection", async () => {
    const [first, there] = [server(right), client(right)];
    const pair = new MemoryPair(first.connection, there.connection);
    await pair.settle();
    expect(first.seen).toEqual(["open"]);
    const second = server(right);
    opened(second);
    second.connection.receive(pair.right.written);
    expect(second.connection.closeReason).toMatchObject({ code: "auth-failed" });
    expect(second.seen).toEqual([]);
  });

  test("a hello that was changed on the way is noticed", async () => {
    const [here, there] = [server(right), client(right)];
    const [left, rightSocket] = [opened(here), opened(there)];
    await turn();
    const [hello] = heardByClient(left);
    if (hello?.type !== "$hello") throw new Error("The server has not said hello");
    there.connection.receive(fromServer({ ...hello, maxFrameBytes: 64 }));
    await turn();
    here.connection.receive(rightSocket.written);
    expect(here.connection.closeReason).toMatchObject({ code: "auth-failed" });
  });

  test.each([
    ["is cut by a byte", (mac: Uint8Array) => mac.slice(0, 31)],
    ["is empty", () => new Uint8Array()],
    ["has a byte more", (mac: Uint8Array) => concatenate([mac, Uint8Array.of(0)])],
    [
      "differs in its first bit",
      (mac: Uint8Array) => mac.map((byte, at) => (at === 0 ? byte ^ 128 : byte)),
    ],
    [
      "differs in its last bit",
      (mac: Uint8Array) => mac.map((byte, at) => (at === 31 ? byte ^ 1 : byte)),
    ],
    ["is the right one", (mac: Uint8Array) => mac],
  ])("a proof that %s", async (name, damage) => {
    const here = server(right);
    const socket = opened(here);
    const hello = fromClient(strangersHello);
    here.connection.receive(hello);
    await turn();
    const { mac } = clientProof(right, hello, firstPayload(socket));
    here.connection.receive(fromClient({ type: "$proof", mac: damage(mac) }));
    const isRight = name === "is the right one";
    expect(here.connection.closeReason?.code).toBe(isRight ? undefined : "auth-failed");
    expect(here.seen).toEqual(isRight ? ["open"] : []);
  });
});

describe("a stranger to a server with a secret", () => {
  const proof: ControlMessage = { type: "$proof", mac: new Uint8Array(32) };
  test.each([
    ["a message (F11)", fromClient({ type: "ask", text: "hi" }), "auth-required"],
    ["a hello without a nonce", fromClient(clientHello), "auth-required"],
    [
      "a nonce that is too short",
      fromClient({ ...clientHello, nonce: nonce.slice(1) }),
      "auth-failed",
    ],
    ["an empty nonce", fromClient({ ...clientHello, nonce: new Uint8Array() }), "auth-failed"],
    ["a proof before its hello", fromClient(proof), "auth-required"],
    ["a ping", fromClient({ type: "$ping" }), "auth-required"],
    [
      "a message after its hello",
      fromClient(strangersHello, { type: "ask", text: "hi" }),
      "auth-required",
    ],
    ["a second hello", fromClient(strangersHello, strangersHello), "auth-required"],
    [
      "a message of the other direction",
      fromServer({ type: "reply", text: "hi" }),
      "auth-required",
    ],
    ["another protocol", fromClient({ ...strangersHello, protocol: "other" }), "protocol-mismatch"],
    ["a frame of 4097 bytes", encodeHeader(4097), "frame-too-large"],
    ["bytes that are no frame", new TextEncoder().encode("GET / HTTP"), "header-invalid"],
  ] as const)("is told why %s ends the connection, once", async (_, bytes, code) => {
    const here = server(right);
    const socket = opened(here);
    here.connection.receive(bytes);
    here.connection.receive(fromClient({ type: "ask", text: "still here?" }));
    await turn();
    expect(here.connection.closeReason?.code).toBe(code);
    expect(heardByClient(socket).slice(1)).toMatchObject([{ type: "$error", code }]);
    expect(here.seen).toEqual([]);
    expect(here.connection.closeReason?.message).not.toContain(right);
  });

  test("has 10 s to prove the secret (L1, L2)", async () => {
    const here = server(right);
    const socket = opened(here);
    here.connection.receive(fromClient(strangersHello));
    here.clock.advance(9_000);
    expect(here.connection.closeReason).toBeUndefined();
    here.clock.advance(2_500);
    expect(here.connection.closeReason).toMatchObject({ code: "hello-timeout" });
    await turn();
    expect(heardByClient(socket).at(-1)).toMatchObject({ type: "$error", code: "hello-timeout" });
  });

  test("leaves no timer behind when it leaves", () => {
    const here = server(right);
    opened(here);
    here.connection.socketClosed(new Error("gone"));
    here.clock.advance(2_000);
    expect(here.clock.pending).toBe(0);
  });

  test("may say why it leaves, and is believed", () => {
    const here = server(right);
    opened(here);
    here.connection.receive(fromClient({ type: "$bye", reason: "wrong door" }));
    expect(here.connection.closeReason).toMatchObject({ code: "peer-closed" });
  });
});

test("a peer of an older version, which forgives what it does not know, is not waited for", () => {
  const there = client(right);
  opened(there);
  const error = { type: "$error", code: "unknown-type", message: "no $proof here" } as const;
  there.connection.receive(fromServer(error));
  expect(there.connection.closeReason).toMatchObject({ code: "auth-required", origin: "peer" });
});

test("a proof that was not asked for is forgiven like any message out of place", async () => {
  const here = server(undefined);
  const socket = opened(here);
  here.connection.receive(fromClient(clientHello, { type: "$proof", mac: new Uint8Array(32) }));
  await turn();
  expect(heardByClient(socket).at(-1)).toMatchObject({ type: "$error", code: "schema-mismatch" });
  expect(here.connection.state).toBe("open");
});

describe("equalInConstantTime", () => {
  /** Counts how many bytes are looked at. */
  function counted(bytes: Uint8Array): {
    readonly bytes: Uint8Array;
    readonly reads: () => number;
  } {
    let reads = 0;
    const proxy = new Proxy(bytes, {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads += 1;
        const value: unknown = Reflect.get(target, key, target);
        return value;
      },
    });
    return { bytes: proxy, reads: () => reads };
  }

  test("looks at every byte, wherever the first difference is", () => {
    const expected = new Uint8Array(32).fill(1);
    for (const position of [0, 15, 31, 32]) {
      const given = counted(expected.map((byte, at) => (at === position ? byte ^ 1 : byte)));
      expect(equalInConstantTime(given.bytes, expected)).toBe(position === 32);
      expect(given.reads()).toBe(32);
    }
  });

  test("knows different lengths as different", () => {
    expect(equalInConstantTime(new Uint8Array(31), new Uint8Array(32))).toBe(false);
    expect(equalInConstantTime(new Uint8Array(), new Uint8Array())).toBe(true);
  });
});
