// A server and what an operator sees of it, with the metrics of a program that has prom-client already: its registry
// asks the server for its figures at each scrape, so that nothing is counted twice.

import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { defineProtocol, Type } from "typewire";
import { serve } from "typewire/bun";
import { admin, metrics } from "typewire/observe";

const echo = defineProtocol({
  name: "echo",
  version: 1,
  server: { heard: Type.Object({ text: Type.String() }) },
  client: { say: Type.Object({ text: Type.String({ maxLength: 200 }) }) },
});

const server = serve(
  echo,
  { port: 0 },
  { say: ({ text }, connection) => void connection.send({ type: "heard", text }) },
);

const registry = new Registry();
// Memory, garbage collection, the process: what is not the server's.
collectDefaultMetrics({ register: registry });
const here = { registers: [registry] };

new Gauge({
  ...here,
  name: "echo_connections",
  help: "Connections that have not ended.",
  collect() {
    this.set(server.stats().connections);
  },
});

new Counter({
  ...here,
  name: "echo_connections_closed_total",
  help: "Connections that have ended, by code.",
  labelNames: ["code"],
  collect() {
    this.reset();
    for (const [code, count] of Object.entries(server.stats().closedByReason)) {
      this.inc({ code }, count);
    }
  },
});

/** The page and the probes, ours; the metrics, theirs and behind them all of ours. */
const answer = admin(server);
const listener = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env["PORT"] ?? 9464),
  routes: {
    "/metrics": async () => {
      const text = `${await registry.metrics()}\n${await metrics(server).text()}`;
      return new Response(text, { headers: { "Content-Type": registry.contentType } });
    },
  },
  fetch: answer,
});
console.log(`Clients on 127.0.0.1:${server.port}`);
console.log(`Admin on 127.0.0.1:${listener.port}`);
