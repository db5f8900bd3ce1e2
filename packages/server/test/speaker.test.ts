// Back-pressure reaches the speaker: a connection that makes the server say more than others take is read less.

import { describe, expect, test } from "bun:test";

import { internalLimits } from "@typewire/connection/internal";
import { type MessageOf } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import type { MemorySocket } from "@typewire/testkit";

import type { ServerHandlers } from "../src/index.ts";
import { connected } from "./support/connected.ts";

type Text = MessageOf<typeof saludo, "client">["text"];

const limits = internalLimits({ softQueueBytes: 10_000, hardQueueBytes: 1_000_000 });
const LARGE: Text = "x".repeat(4_000);
const say = (text: Text) => saludo.client.encodeFrame({ type: "say", text });

/** A server whose first connection speaks to the others; what it was heard to say, and everybody's socket. */
function audienceOf(
  count: number,
  {
    from,
    late = false,
    by = "broadcast",
  }: {
    readonly from?: "speaker";
    readonly late?: boolean;
    readonly by?: "broadcast" | "publish";
  } = {},
) {
  const heard: Text[] = [];
  const handlers: ServerHandlers<typeof saludo> = {
    async say({ text }, connection) {
      heard.push(text);
      if (late) await Promise.resolve();
      const said = { type: "said", from: "speaker", text, at: new Date(0) } as const;
      const options = { except: connection, ...(from && { from: connection }) };
      if (by === "broadcast") server.broadcast(said, options);
      else server.publish("all", said, options);
    },
  };
  const { server, clock, sockets } = connected(count + 1, { limits }, handlers);
  for (const connection of server.connections) connection.subscribe("all");
  const [speaker, ...listeners] = sockets;
  const speak = async (): Promise<void> => {
    speaker?.events?.receive(say(LARGE));
    for (let count = 0; count < 5; count += 1) await Promise.resolve();
  };
  return { server, clock, heard, listeners, speak };
}

/** Says so much that a listener that takes nothing has a long queue, and then three times more. */
async function speakMuch({ speak }: { speak: () => Promise<void> }): Promise<void> {
  for (let count = 0; count < 6; count += 1) await speak();
}

function stall(listeners: readonly MemorySocket[], count: number): void {
  for (const socket of listeners.slice(0, count)) socket.room = 0;
}

describe.each(["broadcast", "publish"] as const)("a %s from within a handler", (by) => {
  test("lets its speaker rest while a quarter of the audience lags behind, a second at most", async () => {
    const audience = audienceOf(4, { by });
    stall(audience.listeners, 1);
    await speakMuch(audience);
    const heardAtOnce = audience.heard.length;
    expect(heardAtOnce).toBe(3);
    audience.clock.advance(999);
    expect(audience.heard.length).toBe(3);
    audience.clock.advance(1);
    audience.clock.advance(0);
    // One that takes nothing at all is not waited for any longer.
    expect(audience.heard.length).toBe(6);
  });

  test("lets its speaker rest again for a listener that reads, and does not catch up", async () => {
    const audience = audienceOf(4, { by });
    stall(audience.listeners, 1);
    await speakMuch(audience);
    const [slow] = audience.listeners;
    for (let second = 1; second <= 3; second += 1) {
      audience.clock.advance(500);
      if (slow !== undefined) slow.room = 10;
      slow?.events?.drained();
      audience.clock.advance(500);
      audience.clock.advance(0);
      expect(audience.heard.length).toBe(3 + second);
    }
  });

  test("goes on as soon as the audience has caught up", async () => {
    const audience = audienceOf(4, { by });
    stall(audience.listeners, 4);
    await speakMuch(audience);
    expect(audience.heard.length).toBe(3);
    for (const socket of audience.listeners) {
      socket.room = Infinity;
      socket.events?.drained();
    }
    audience.clock.advance(0);
    expect(audience.heard.length).toBe(6);
  });

  test("goes on when the connections that lag behind are gone", async () => {
    const audience = audienceOf(4, { by });
    stall(audience.listeners, 4);
    await speakMuch(audience);
    for (const socket of audience.listeners) socket.terminate();
    audience.clock.advance(0);
    expect(audience.heard.length).toBe(6);
  });

  test("is not slowed down by fewer than a quarter", async () => {
    const audience = audienceOf(5, { by });
    stall(audience.listeners, 1);
    await speakMuch(audience);
    expect(audience.heard.length).toBe(6);
  });
});

describe("a broadcast after an await", () => {
  test("has no speaker by itself", async () => {
    const audience = audienceOf(4, { late: true });
    stall(audience.listeners, 4);
    await speakMuch(audience);
    expect(audience.heard.length).toBe(6);
  });

  test("has the one that `from` names", async () => {
    const audience = audienceOf(4, { late: true, from: "speaker" });
    stall(audience.listeners, 4);
    await speakMuch(audience);
    expect(audience.heard.length).toBe(3);
  });
});

test("a broadcast outside of handlers makes no connection rest", async () => {
  const audience = audienceOf(4);
  stall(audience.listeners, 4);
  for (let count = 0; count < 6; count += 1) {
    audience.server.broadcast({ type: "welcome", text: LARGE });
    await Promise.resolve();
  }
  audience.clock.advance(0);
  await audience.speak();
  expect(audience.heard.length).toBe(1);
});
