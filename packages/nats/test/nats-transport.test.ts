// A line to NATS by itself, where no NATS is needed.

import { expect, test } from "bun:test";

import type { TransportStatus } from "@typewire/backplane";
import { FakeClock } from "@typewire/testkit";

import { NatsTransport } from "../src/nats-transport.ts";

test("a transport that is ended while it waits to dial again has no timer any more, and says nothing", async () => {
  const noNats = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  noNats.stop(true);
  const clock = new FakeClock();
  const told: TransportStatus["state"][] = [];
  const isDown = Promise.withResolvers<void>();
  const stop = new NatsTransport({ servers: `127.0.0.1:${noNats.port}` }, clock, "test").onStatus(
    ({ state }) => {
      told.push(state);
      isDown.resolve();
    },
  );
  await isDown.promise;
  expect(clock.pending).toBe(1);
  stop();
  expect(clock.pending).toBe(0);
  await Bun.sleep(0);
  expect(told).toEqual(["down"]);
});
