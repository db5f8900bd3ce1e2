import { describe, expect, test } from "bun:test";

import { decodeHeader, HEADER_BYTES } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import { decodeBusMessage } from "../src/bus-messages.ts";
import { HELD_BYTES, Outbox } from "../src/outbox.ts";
import { settle } from "./support/node.ts";

/** An outbox, and what it hands over: `epoch:topic first+count`, a `d` behind it for what may be dropped. */
function outbox(mostStreams?: number) {
  const said: string[] = [];
  const sizes: number[] = [];
  const box = new Outbox(
    {
      node: "a",
      send(topic, bytes) {
        const { message, end } = decodeBusMessage(bytes);
        if (message.type !== "$batch") throw new Error("Expected a batch");
        const { epoch, first, count, drop } = message;
        said.push(`${epoch}:${topic} ${first}+${count}${drop === true ? "d" : ""}`);
        sizes.push(bytes.length);
        let frames = 0;
        for (let at = end; at < bytes.length; at += HEADER_BYTES + decodeHeader(bytes, at))
          frames += 1;
        expect(frames).toBe(count);
      },
      ask: () => void said.push("ask"),
      numbered() {},
      turnEpoch(turn) {
        said.push("turn");
        turn();
      },
    },
    mostStreams,
  );
  const publish = (topic: string, count = 1, drop = false, text = "hola"): void => {
    const frame = saludo.server.encodeFrame({ type: "welcome", text });
    for (let index = 0; index < count; index += 1) box.publish(topic, frame, drop);
  };
  return { box, said, sizes, publish };
}

describe("Outbox", () => {
  test("keeps what may be dropped apart, in the order of its topic", async () => {
    const { box, said, publish } = outbox();
    box.flow();
    publish("a", 2);
    publish("a", 3, true);
    publish("b", 1, true);
    publish("a", 1);
    await settle();
    expect(said).toEqual(["1:a 1+2", "1:a 3+3d", "1:b 1+1d", "1:a 6+1"]);
  });

  test("numbers when a batch leaves, and tells beats no number that has not left", async () => {
    const { box, said, publish } = outbox();
    publish("a", 2);
    await settle();
    expect([said.length, box.toldOf("a")]).toEqual([0, 0]);
    box.flow();
    expect([said, box.toldOf("a")]).toEqual([["1:a 1+2"], 2]);
    box.stop();
    // It may not have arrived, and will be said again.
    expect(box.toldOf("a")).toBe(0);
    publish("a", 1);
    box.flow();
    expect([said, box.toldOf("a")]).toEqual([["1:a 1+2", "1:a 1+2", "1:a 3+1"], 3]);
    box.ask();
    box.answered(box.mark);
    expect([box.isEmpty, box.heldBytes]).toEqual([true, 0]);
  });

  test("uses the numbers of what had no room, where it stood", async () => {
    const { box, said, publish } = outbox();
    const half = "x".repeat(HELD_BYTES / 2);
    publish("a", 1);
    publish("a", 1, false, half);
    publish("a", 2, false, half);
    publish("b", 1, false, half);
    publish("a", 1);
    expect(box.messagesDropped).toBe(3);
    box.flow();
    box.ask();
    box.answered(box.mark);
    box.ask();
    box.answered(box.mark);
    expect(said.filter((each) => each !== "ask")).toEqual(["1:a 1+1", "1:a 2+1", "1:a 5+1"]);
    expect([box.toldOf("a"), box.toldOf("b")]).toEqual([5, 1]);
  });

  test("does not hand over what is larger than the bus takes, and uses its number", async () => {
    const { box, said, publish } = outbox();
    box.maxMessageBytes = 1000;
    box.flow();
    publish("a", 1, false, "x".repeat(2000));
    await settle();
    expect([said, box.toldOf("a"), box.messagesDropped, box.heldBytes]).toEqual([[], 1, 1, 0]);
    publish("a", 1);
    await settle();
    expect(said).toEqual(["1:a 2+1"]);
  });

  test("fills messages to what the bus takes, also of what waited before that was known", async () => {
    const { box, said, sizes, publish } = outbox();
    publish("a", 7, false, "x".repeat(250));
    publish("a", 1, false, "x".repeat(2000));
    publish("a", 1);
    box.maxMessageBytes = 1024;
    box.flow();
    publish("a", 4, false, "x".repeat(250));
    await settle();
    expect(said).toEqual([
      "1:a 1+2",
      "1:a 3+2",
      "1:a 5+2",
      "1:a 7+1",
      "1:a 9+1",
      "1:a 10+2",
      "1:a 12+2",
    ]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024);
    expect([box.messagesDropped, box.messagesSent, box.toldOf("a")]).toEqual([1, 12, 13]);
    box.ask();
    box.answered(box.mark);
    expect([box.isEmpty, box.heldBytes]).toEqual([true, 0]);
  });

  test("drops what the next line does not take, and counts it", async () => {
    const { box, said, publish } = outbox();
    box.flow();
    publish("a", 1, false, "x".repeat(2000));
    publish("b", 1);
    await settle();
    box.stop();
    box.maxMessageBytes = 1024;
    box.flow();
    expect(said).toEqual(["1:a 1+1", "1:b 1+1", "1:b 1+1"]);
    expect([box.messagesDropped, box.toldOf("a"), box.toldOf("b")]).toEqual([1, 1, 1]);
    box.ask();
    box.answered(box.mark);
    expect([box.isEmpty, box.heldBytes]).toEqual([true, 0]);
  });

  test("begins numbers anew when there are too many topics, after the old ones are answered", async () => {
    const { box, said, publish } = outbox(2);
    box.flow();
    publish("a");
    publish("b");
    await settle();
    publish("a");
    publish("c");
    await settle();
    expect(said).toEqual(["1:a 1+1", "1:b 1+1", "ask"]);
    box.answered(box.mark);
    expect(said.slice(3)).toEqual(["turn", "2:a 1+1", "2:c 1+1", "ask"]);
  });
});
