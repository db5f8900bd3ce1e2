// Liveness and readiness, while a server drains and after it.

import { expect, test } from "bun:test";

import { health, readiness } from "../src/index.ts";
import { customer, openShop } from "./support.ts";

test("health stays 200 through a drain, and readiness says why not within a second", async () => {
  const server = openShop();
  const ready = readiness(server) as Response;
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);

  const { client } = await customer(server);
  const begun = performance.now();
  const drained = server.drain({ timeoutMs: 2_000 });
  const draining = readiness(server) as Response;
  expect(draining.status).toBe(503);
  expect(await draining.json()).toEqual({ ready: false, reasons: ["draining"] });
  expect(performance.now() - begun).toBeLessThan(1_000);
  expect((health(server) as Response).status).toBe(200);
  await drained;
  await client.close();

  expect(await (readiness(server) as Response).json()).toEqual({
    ready: false,
    reasons: ["stopped"],
  });
  const answer = (await (health(server) as Response).json()) as { loopLagMs: number };
  expect(answer).toMatchObject({ status: "ok" });
  expect(answer.loopLagMs).toBeGreaterThanOrEqual(0);
});

test("readiness says that the bus is away, and health does not mind", () => {
  const server = {
    isListening: true,
    connections: new Set<never>(),
    stats: () => ({ backplane: { state: "down" } }) as never,
    watch: () => ({ figures: () => ({}), timeNext() {} }) as never,
  };
  expect((readiness(server) as Response).status).toBe(503);
  expect((health(server) as Response).status).toBe(200);
});

test("health tells of a loop that stood still", async () => {
  await using server = openShop();
  health(server);
  await Bun.sleep(120);
  const until = performance.now() + 300;
  while (performance.now() < until) {
    // Nothing else runs.
  }
  const { loopLagMs } = (await (health(server) as Response).json()) as { loopLagMs: number };
  expect(loopLagMs).toBeGreaterThan(150);
});
