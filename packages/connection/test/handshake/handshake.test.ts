import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type ControlMessage, HEADER_BYTES, type Role, TypewireError } from "@typewire/protocol";

import {
  Handshake,
  MAX_UNPROVEN_FRAME_BYTES,
  PROOF_DEADLINE_MS,
  type Step,
} from "../../src/handshake/handshake.ts";
import { NONCE_BYTES, type SharedSecret } from "../../src/handshake/secret-exchange.ts";
import { type ConnectionLimits, createEndpoint } from "../../src/index.ts";
import { clientHello, talk } from "../talk.ts";

const secret: SharedSecret = {
  hmacSha256: (bytes) => new Uint8Array(createHmac("sha256", "right").update(bytes).digest()),
  randomBytes: (count) => new Uint8Array(count).fill(7),
};

function handshake(
  role: Role,
  { limits = {}, ...more }: { limits?: Partial<ConnectionLimits>; secret?: SharedSecret } = {},
): Handshake {
  return new Handshake(createEndpoint(talk, role, {}, { limits, ...more }));
}

const nonce = new Uint8Array(NONCE_BYTES).fill(9);
/** What a message came as: its bytes matter only to the code over them. */
const payload = Uint8Array.of(0xa0);

/** What comes of a control message: the answer's name, and what it would say or refuse with. */
function outcome(step: Step): string {
  if (step.next === "say") return `say ${step.message.type}`;
  if (step.next === "end") return `end ${step.reason.code}`;
  if (step.next !== "refuse") return step.next;
  return step.error instanceof TypewireError ? `refuse ${step.error.code}` : "refuse";
}

const messages = {
  hello: clientHello,
  "a hello of another version": { ...clientHello, version: 2 },
  "a hello with a nonce": { ...clientHello, nonce },
  proof: { type: "$proof", mac: new Uint8Array(32) },
  ping: { type: "$ping" },
  pong: { type: "$pong" },
  bye: { type: "$bye", reason: "done" },
  "a fatal error": { type: "$error", code: "cbor-malformed", message: "x" },
  "an error of a code that is not known": { type: "$error", code: "x", message: "x" },
} as const satisfies Record<string, ControlMessage>;

const kinds = [
  ["that asks nothing", {}],
  ["that requires hello", { limits: { requireHello: true } }],
  ["with a secret", { secret }],
] as const;

/** By the message that comes first: the outcome for each of `kinds`. */
const first: readonly (readonly [keyof typeof messages, ...string[]])[] = [
  ["hello", "go on", "go on", "refuse auth-required"],
  [
    "a hello of another version",
    "refuse protocol-mismatch",
    "refuse protocol-mismatch",
    "refuse protocol-mismatch",
  ],
  ["a hello with a nonce", "refuse auth-required", "refuse auth-required", "go on"],
  ["proof", "refuse schema-mismatch", "refuse hello-required", "refuse auth-required"],
  ["ping", "go on", "refuse hello-required", "refuse auth-required"],
  ["pong", "go on", "refuse hello-required", "refuse auth-required"],
  ["bye", "go on", "go on", "go on"],
  ["a fatal error", "go on", "go on", "go on"],
  ["an error of a code that is not known", "go on", "go on", "end auth-required"],
];

describe("Handshake.take", () => {
  for (const [index, [kind, options]] of kinds.entries()) {
    test.each(first.map((row) => [row[0], row[index + 1] ?? ""] as const))(
      `of a server ${kind}: %s first is answered with %s`,
      (name, expected) => {
        const step = handshake("server", options).take(messages[name], payload, true);
        expect(outcome(step)).toBe(expected);
      },
    );
  }

  test("lets both ends prove the secret, the client first, and is over for both", () => {
    const [server, client] = [handshake("server", { secret }), handshake("client", { secret })];
    const payloadOf = ({ helloFrame }: Handshake) => helloFrame.slice(HEADER_BYTES);
    const helloOf = (role: Role, from: Handshake) => {
      const message = talk[role].decodeIncoming(payloadOf(from), 0, payloadOf(from).length);
      if (message.type !== "$hello") throw new Error(`expected $hello, got ${message.type}`);
      return message;
    };
    const toServer = client.take(helloOf("server", server), payloadOf(server), true);
    const silent = server.take(helloOf("client", client), payloadOf(client), true);
    expect([outcome(toServer), outcome(silent)]).toEqual(["say $proof", "go on"]);
    expect([server.isOver, client.isOver]).toEqual([false, false]);
    if (toServer.next !== "say") throw new Error("the client has said no proof");
    const toClient = server.take(toServer.message, payload, false);
    expect(outcome(toClient)).toBe("say $proof");
    expect([server.isOver, client.isOver]).toEqual([true, false]);
    if (toClient.next !== "say") throw new Error("the server has said no proof");
    expect(outcome(client.take(toClient.message, payload, false))).toBe("go on");
    expect([server.isAuthenticating, client.isAuthenticating, client.isOver]).toEqual([
      false,
      false,
      true,
    ]);
    expect(outcome(client.take(toClient.message, payload, false))).toBe("refuse schema-mismatch");
  });

  test("tells of a secret that fails, as what it threw", () => {
    const error = new Error("no such algorithm");
    const broken: SharedSecret = {
      ...secret,
      hmacSha256() {
        throw error;
      },
    };
    const client = handshake("client", { secret: broken });
    const step = client.take({ ...clientHello, nonce }, payload, true);
    expect(step).toEqual({ next: "refuse", error });
  });

  test("takes one hello, and only as the first", () => {
    const server = handshake("server");
    expect(outcome(server.take(clientHello, payload, true))).toBe("go on");
    expect(server.peerHello).toEqual(clientHello);
    expect(outcome(server.take(clientHello, payload, false))).toBe("refuse schema-mismatch");
  });
});

describe("Handshake.maxFrameBytes", () => {
  test("is the limit of a stranger until the handshake is over", () => {
    const limits = { requireHello: true, preHelloFrameBytes: 512, maxFrameBytes: 70_000 };
    const server = handshake("server", { limits });
    expect(server.maxFrameBytes).toBe(512);
    server.take(clientHello, payload, true);
    expect(server.maxFrameBytes).toBe(70_000);
    expect(handshake("server", { secret }).maxFrameBytes).toBe(MAX_UNPROVEN_FRAME_BYTES);
    const small = { secret, limits: { maxFrameBytes: 1_000 } };
    expect(handshake("server", small).maxFrameBytes).toBe(1_000);
  });
});

describe("Handshake.check", () => {
  test("names a hello that is late, not before its deadline and not while this side rests", () => {
    const server = handshake("server", { limits: { requireHello: true, helloDeadlineMs: 100 } });
    server.opened(5);
    expect(server.check(104, false)).toBeUndefined();
    expect(server.check(105, true)).toBeUndefined();
    expect(server.check(105, false)?.code).toBe("hello-timeout");
    server.take(clientHello, payload, true);
    expect(server.check(105, false)).toBeUndefined();
  });

  test("names a proof that is late, hello or not", () => {
    const server = handshake("server", { secret });
    server.opened(0);
    server.take({ ...clientHello, nonce }, payload, true);
    expect(server.check(PROOF_DEADLINE_MS - 1, false)).toBeUndefined();
    expect(server.check(PROOF_DEADLINE_MS, true)?.code).toBe("hello-timeout");
  });
});

describe("Handshake.judgeUnreadable", () => {
  const unreadable = new TypewireError("schema-mismatch", "x");

  test("leaves an error as it is where it is fatal, or the handshake is over", () => {
    const fatal = new TypewireError("cbor-malformed", "x");
    const bug = new Error("bug");
    for (const [, options] of kinds) {
      expect(handshake("server", options).judgeUnreadable(fatal)).toBe(fatal);
      expect(handshake("server", options).judgeUnreadable(bug)).toBe(bug);
    }
    expect(handshake("server").judgeUnreadable(unreadable)).toBe(unreadable);
  });

  test("forgives nothing before", () => {
    const required = handshake("server", { limits: { requireHello: true } });
    expect(required.judgeUnreadable(unreadable)).toMatchObject({ code: "hello-required" });
    const secured = handshake("server", { secret });
    expect(secured.judgeUnreadable(unreadable)).toMatchObject({ code: "auth-required" });
  });
});
