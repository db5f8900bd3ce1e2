// Who else may write to a real NATS, and what it may lose: bytes that are no batch, batches that were changed or said
// before, and a last message that does not arrive.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { connect } from "@nats-io/transport-node";
import { overTransport, type Transport } from "@typewire/backplane";
import { decodeHeader, encodeHeader, HEADER_BYTES } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { NatsServer, outsideTool } from "@typewire/testkit";

import { NatsTransport } from "../src/nats-transport.ts";
import { Site, sites, until } from "./support/site.ts";

setDefaultTimeout(30_000);

const ROOM = `tw.${saludo.name}.${saludo.version}.t.room`;
const BEAT = `tw.${saludo.name}.${saludo.version}.beat`;

/** `{ type: "$bye" }` as a frame. */
const bye = joined(
  encodeHeader(11),
  new Uint8Array([0xa1, 0x64, 0x74, 0x79, 0x70, 0x65, 0x64, 0x24, 0x62, 0x79, 0x65]),
);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

describe.skipIf(outsideTool("nats-server") === undefined)("a NATS", () => {
  test("on which a stranger says what is no batch, or one changed or again, disturbs no client, and each is counted", async () => {
    await using bus = await NatsServer.start();
    const [a, b] = await sites({ servers: bus.address });
    await using _a = a;
    await using _b = b;
    const stranger = await connect({ servers: bus.address });
    const batches: Uint8Array[] = [];
    stranger.subscribe(ROOM, { callback: (_, { data }) => void batches.push(data.slice()) });
    await stranger.flush();
    a.say("hola");
    await until("the batch", () => batches.length === 1 && b.heard.length === 1);
    const [batch = new Uint8Array()] = batches;
    const head = batch.subarray(0, HEADER_BYTES + decodeHeader(batch, 0));
    const frame = batch.subarray(head.length);
    const say = saludo.client.encodeFrame({ type: "say", text: "hola" });
    const foreign = [
      new Uint8Array(),
      new TextEncoder().encode("PING\r\n"),
      frame,
      head,
      batch.subarray(0, -1),
      joined(batch, frame),
      joined(head, bye),
      joined(head, say),
    ];
    for (const bytes of foreign) stranger.publish(ROOM, bytes);
    for (const bytes of [new Uint8Array(), batch]) stranger.publish(BEAT, bytes);
    stranger.publish(ROOM, batch);
    a.say("adiós");
    await until("the next", () => b.heard.length === 2);
    await until(
      "all that is refused",
      () => b.stats.batchesRefused === foreign.length + 2 && b.stats.batchesLate === 1,
    );
    expect(b.heard).toEqual(["hola", "adiós"]);
    expect([b.gaps, b.told, b.server.connections.size]).toEqual([[], [], 1]);
    expect(a.heard).toEqual(["hola", "adiós"]);
    await stranger.close();
  });

  test("that loses the last message is found out by the second beat after it", async () => {
    await using bus = await NatsServer.start();
    let loses = false;
    const options = { servers: bus.address };
    const lossy = overTransport((clock, name): Transport => {
      const line = new NatsTransport(options, clock, name);
      return {
        onStatus: (tell) => line.onStatus(tell),
        publish(subject, bytes) {
          if (!loses || subject === BEAT) line.publish(subject, bytes);
        },
        subscribe: (subject, receive) => line.subscribe(subject, receive),
        flush: () => line.flush(),
      };
    });
    await using a = new Site(options, lossy);
    await using b = new Site(options);
    for (const site of [a, b]) await site.connect();
    await until("the others", () => a.server.subscribers("room").members === 2);
    a.say("1");
    await until("the first", () => b.heard.length === 1);
    loses = true;
    const beganAtMs = performance.now();
    a.say("2");
    await until("the news", () => b.told.length === 1);
    // Two beats of 250 ms, and the way.
    expect(performance.now() - beganAtMs).toBeLessThan(1000);
    expect(b.gaps).toMatchObject([{ topic: "room", from: 2, missed: 1 }]);
    expect(b.told).toEqual([1]);
    expect(a.heard).toEqual(["1", "2"]);
  });
});
