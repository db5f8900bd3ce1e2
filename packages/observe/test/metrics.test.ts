// What a scrape says, against what the test itself has counted, and against the grammar of others.

import { expect, test } from "bun:test";
import { embedded, overTransport } from "@typewire/backplane";
import { serve } from "@typewire/bun";
import { outsideTool } from "@typewire/testkit";

import { metrics, readiness } from "../src/index.ts";
import { familiesOf, type ReadSample, samplesOf } from "./scrape.ts";
import { customer, handlers, openShop, shop, until } from "./support.ts";

const scrape = async (server: Parameters<typeof metrics>[0]): Promise<string> =>
  await (metrics(server) as Response).text();

test("says after a scripted run what the run itself has counted, whenever the first scrape was", async () => {
  const server = openShop(2);
  const oracle = { looks: 0, leaves: 0, answered: 0, soldOut: 0, heard: 0 };
  const customers = [await customer(server), await customer(server)];
  for (const [index, { client }] of customers.entries()) {
    for (let turn = 0; turn < 70 + index; turn += 1) {
      client.send({ type: "look", at: "window" });
      oracle.looks += 1;
    }
    client.send({ type: "leave" });
    oracle.leaves += 1;
    for (const cents of [5, 50, 500]) {
      const bought = await client.call.buy({ cents }).then(
        () => true,
        () => false,
      );
      if (bought) oracle.answered += 1;
      else oracle.soldOut += 1;
    }
  }
  const refused = await customer(server).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(String(refused)).toContain("full");
  const told = server.broadcast({ type: "closing" });
  await until(() => customers.every(({ heard }) => heard.closing === 1 && heard.price >= 70));
  const [first] = customers;
  await first?.client.close();
  await until(() => server.connections.size === 1);

  const samples = samplesOf(await scrape(server));
  const of = (name: string): number | undefined => samples.get(`typewire_${name}`);
  expect(of("connections")).toBe(1);
  expect(of("connections_opened_total")).toBe(2);
  expect(of('connections_closed_total{code="peer-closed"}')).toBe(1);
  expect(of('connections_refused_total{limit="maxConnections"}')).toBe(1);
  expect(of('connections_refused_total{limit="descriptors"}')).toBe(0);
  expect(of('messages_total{direction="in",type="look"}')).toBe(oracle.looks);
  expect(of('messages_total{direction="in",type="leave"}')).toBe(oracle.leaves);
  expect(of('messages_total{direction="out",type="price"}')).toBe(oracle.looks);
  expect(of('messages_total{direction="out",type="closing"}')).toBe(told);
  expect(of('calls_total{code="ok"}')).toBe(oracle.answered);
  expect(of('calls_total{code="soldOut"}')).toBe(oracle.soldOut);
  expect(of("messages_undelivered_total")).toBe(0);
  expect(of('bytes_total{direction="in"}')).toBe(server.stats().bytesReceived);
  expect(of("queue_limit_bytes")).toBeGreaterThan(0);
  for (const { client } of customers) await client.close();
  await server.drain();
});

test("times handlers and calls once it is observed, and the loop", async () => {
  await using server = openShop();
  await scrape(server);
  const { client } = await customer(server);
  for (let turn = 0; turn < 200; turn += 1) client.send({ type: "look", at: "" });
  client.send({ type: "leave" });
  await client.call.buy({ cents: 1 });
  await Bun.sleep(150);
  const samples = samplesOf(await scrape(server));
  // The first, the 64th after it and so on, and what the loop's looks add.
  const looks = samples.get('typewire_handler_duration_seconds_count{type="look"}');
  expect(looks).toBeGreaterThanOrEqual(4);
  expect(looks).toBeLessThan(20);
  expect(samples.get('typewire_handler_duration_seconds_count{type="leave"}')).toBe(1);
  const leaveSeconds = samples.get('typewire_handler_duration_seconds_sum{type="leave"}');
  expect(leaveSeconds).toBeGreaterThan(0.001);
  expect(samples.get('typewire_call_duration_seconds_count{call="buy"}')).toBe(1);
  expect(samples.get("typewire_event_loop_lag_seconds_count")).toBeGreaterThan(0);
  await client.close();
});

test("has each end of connections and calls from the beginning, so that the first is an increase", async () => {
  await using server = openShop();
  const samples = samplesOf(await scrape(server));
  for (const code of ["done", "peer-closed", "connection-reset", "heartbeat-lost", "internal"]) {
    expect(samples.get(`typewire_connections_closed_total{code="${code}"}`)).toBe(0);
  }
  for (const code of ["ok", "internal", "cancelled", "deadline-exceeded", "soldOut"]) {
    expect(samples.get(`typewire_calls_total{code="${code}"}`)).toBe(0);
  }
});

test("has labels that no peer can add to", async () => {
  await using server = openShop();
  const before = [...samplesOf(await scrape(server)).keys()];
  const customers = await Promise.all(Array.from({ length: 10 }, () => customer(server)));
  for (const [index, connection] of [...server.connections].entries()) {
    for (let topic = 0; topic < 1000; topic += 1) connection.subscribe(`room.${index}.${topic}`);
  }
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { data() {}, open: (it) => void it.write("no frame at all") },
  });
  await until(() => server.stats().closedByReason["header-invalid"] === 1);
  socket.end();
  const text = await scrape(server);
  const samples = samplesOf(text);
  const added = [...samples.keys()].filter((key) => !before.includes(key));
  expect(added).toEqual([]);
  expect(samples.get('typewire_connections_closed_total{code="header-invalid"}')).toBe(1);
  expect(samples.get("typewire_topics")).toBe(10_000);
  expect(text).not.toContain("room.");
  expect(text).not.toContain("127.0.0.1");
  for (const { client } of customers) await client.close();
});

const python = outsideTool("prometheus");
if (python !== undefined) {
  test("is read by Prometheus's own parser, which finds each family with its help and its samples", async () => {
    await using server = openShop();
    await scrape(server);
    const { client } = await customer(server);
    for (let turn = 0; turn < 100; turn += 1) client.send({ type: "look", at: "" });
    await client.call.buy({ cents: 1 });
    await Bun.sleep(120);
    const text = await scrape(server);
    const families = familiesOf(text, python);
    for (const { name, type, help, samples } of families) {
      expect(name).toMatch(/^typewire_[a-z_]+$/);
      // This parser takes the ending off.
      expect(`${name}: ${type}`).not.toMatch(/_total:/);
      expect(["gauge", "counter", "histogram"]).toContain(type);
      expect(help.length).toBeGreaterThan(10);
      if (type === "histogram") expectRising(samples);
    }
    const read = families.flatMap(({ samples }) => samples.map(({ key }) => key));
    expect(read.toSorted()).toEqual([...samplesOf(text).keys()].toSorted());
    const info = [...samplesOf(text).keys()].find((key) => key.startsWith("typewire_build_info"));
    expect(info).toContain(`fingerprint="${shop.fingerprint}"`);
    expect(info).toContain('protocol="shop",protocol_version="3"');
    await client.close();
  });
}

/** The buckets of each histogram count upwards, to its count. */
function expectRising(samples: readonly ReadSample[]): void {
  expect(samples.length).toBeGreaterThan(0);
  let last = 0;
  for (const { key, value } of samples) {
    if (key.includes("_bucket{")) {
      if (key.includes('le="0.0001"') || key.includes('le="0.001"')) last = 0;
      expect(value).toBeGreaterThanOrEqual(last);
      last = value;
    }
    if (key.includes("_count")) expect(value).toBe(last);
  }
}

test("typewire_ready is 1 where /readyz says yes: not while the bus is away", async () => {
  const away = overTransport(() => ({
    onStatus: () => () => {},
    publish() {},
    subscribe: () => () => {},
    flush: () => Promise.resolve(),
  }));
  for (const backplane of [away, embedded()]) {
    await using server = serve(shop, { port: 0, backplane }, handlers);
    if (backplane !== away) await until(() => server.stats().backplane?.state === "up");
    const { status } = readiness(server) as Response;
    expect(status).toBe(backplane === away ? 503 : 200);
    const ready = samplesOf(await scrape(server)).get("typewire_ready");
    expect(ready).toBe(status === 200 ? 1 : 0);
  }
});

test("is the version of the workspace", async () => {
  const { version } = await import("../src/version.ts");
  const { default: manifest } = await import("../package.json");
  expect(version).toBe(manifest.version);
});

test("counts what another server has published, as it is passed on, and the gaps in it", async () => {
  const bus = embedded();
  await using one = serve(shop, { port: 0, backplane: bus }, handlers);
  await using other = serve(shop, { port: 0, backplane: bus }, handlers);
  // From the first scrape on, or the first increase would not show.
  const forwarded = 'typewire_messages_total{direction="out",type="$forwarded"}';
  expect(samplesOf(await scrape(other)).get(forwarded)).toBe(0);
  const { client, heard } = await customer(other);
  await until(() => one.stats().backplane?.servers === 2);
  for (let turn = 0; turn < 30; turn += 1) one.broadcast({ type: "price", cents: turn });
  await until(() => heard.price === 30);
  const samples = samplesOf(await scrape(other));
  expect(samples.get(forwarded)).toBe(30);
  expect(samples.get('typewire_messages_total{direction="out",type="price"}')).toBe(0);
  expect(samples.get('typewire_backplane_messages_total{direction="in"}')).toBe(30);
  expect(samples.get("typewire_backplane_nodes")).toBe(2);
  expect(samples.get("typewire_backplane_up")).toBe(1);
  expect(samples.get('typewire_gap_messages_total{why="bus"}')).toBe(0);
  expect(samples.get("typewire_backplane_latency_seconds_count")).toBeGreaterThan(0);
  expect(samples.get("typewire_backplane_latency_seconds_sum")).toBeLessThan(1);
  await client.close();
});
