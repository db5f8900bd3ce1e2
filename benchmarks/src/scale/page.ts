// docs/scale.md, of a run: no figure on it is typed by hand.

import {
  bottleneckOf,
  type Cluster,
  costOf,
  mostServers,
  type Part,
  type Units,
  type WakeLaw,
} from "./model.ts";

interface Pair {
  readonly predicted: number;
  readonly measured: number;
}

export interface Check {
  readonly servers: number;
  readonly batchesPerSecond: number;
  readonly server: Pair;
  readonly bus: Pair;
}

export interface Run {
  readonly machine: string;
  readonly units: Units;
  readonly checks: readonly Check[];
}

const BUS_CORES = 4;
const MOST_LOAD = 0.7;
/** Runs that differ from the model by no more can be planned by. */
const CLOSE = 0.3;
const SIZES = [10, 100, 1000] as const;

interface Workload {
  readonly name: string;
  readonly says: string;
  readonly clusterOf: (servers: number) => Cluster;
}

const workloads: readonly Workload[] = [
  {
    name: "rooms",
    says: "each server has 5 000 clients in rooms of 50, whose members are at any servers; a client says something every ten seconds",
    clusterOf: (servers) => ({
      servers,
      batchesPerSecond: 500,
      burst: 1,
      members: 50,
      topicsPerServer: Math.min(5000, 100 * servers),
    }),
  },
  {
    name: "feeds",
    says: "each server has 5 000 clients, each of which hears one of 10 topics; one message a second goes to each topic, from one server or another",
    clusterOf: (servers) => ({
      servers,
      batchesPerSecond: 10 / servers,
      burst: 1,
      members: 500 * servers,
      topicsPerServer: 10,
    }),
  },
  {
    name: "pairs",
    says: "each server has 5 000 clients; two of them, at any servers, share a topic; a client says something every ten seconds",
    clusterOf: (servers) => ({
      servers,
      batchesPerSecond: 500,
      burst: 1,
      members: 2,
      topicsPerServer: 5000,
    }),
  },
];

const names: Readonly<Record<Part, string>> = {
  publish: "publishing",
  receive: "receiving from the bus",
  deliver: "delivering to clients",
  beats: "beats",
  wakes: "waking",
  bus: "NATS",
};

const remedies: Readonly<Record<Part, string>> = {
  publish: "put what one turn publishes together: a batch costs more than a message",
  receive: "bring the members of a room to few servers, so that fewer of them hear each message",
  deliver: "fewer clients for each server; several messages in one turn cost one write",
  beats:
    "fewer and larger servers, or several clusters of their own: beats grow with the square of the servers",
  wakes: "fewer servers, which then rest less often",
  bus: "several NATS as a cluster, or one for each protocol; members of a room at few servers",
};

const eachOf = ({ us: all, power }: WakeLaw, perSecond: number): number =>
  all * perSecond ** (power - 1);
const us = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
const percent = (value: number): string => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(...head), row(...head.map(() => "---")), ...rows.map((cells) => row(...cells))].join("\n");

export function pageOf({ machine, units, checks }: Run): string {
  const costs = workloads.flatMap(({ name, clusterOf }) =>
    SIZES.map((servers) => {
      const cost = costOf(units, clusterOf(servers));
      const { part, load } = bottleneckOf(cost, BUS_CORES);
      const ofCore = (value: number): string => percent(value / 1e6);
      return [
        name,
        servers,
        ofCore(cost.publish),
        ofCore(cost.receive),
        ofCore(cost.deliver),
        ofCore(cost.beats),
        ofCore(cost.wakes),
        (cost.bus / 1e6).toFixed(2),
        `${names[part]}, ${percent(load)}`,
      ];
    }),
  );
  const limits = workloads.map(({ name, clusterOf }) => {
    const most = mostServers(units, clusterOf, { busCores: BUS_CORES, most: MOST_LOAD });
    const { part } = bottleneckOf(costOf(units, clusterOf(most + 1)), BUS_CORES);
    return [name, most, names[part], remedies[part]];
  });
  const ratios = checks.flatMap(({ server, bus }) =>
    [server, bus].map(({ measured, predicted }) => measured / predicted),
  );
  const least = Math.min(...ratios).toFixed(1);
  const most = Math.max(...ratios).toFixed(1);
  const isClose = ratios.every((ratio) => Math.abs(ratio - 1) <= CLOSE);
  return `# How far it goes

What a cluster costs, by a model of unit costs that were measured on one machine: ${machine}. This page is made by \`bun benchmarks/src/scale/main.ts\`, which measures, checks and writes it; no figure is typed by hand.

Costs are processor time, in microseconds of a core. Servers and NATS ran on the same cores, so times and throughput would say nothing; processor time adds up. A process that rests wakes for what comes, and where little comes at once that is the larger part: so what one batch more costs in the same moment is measured apart from the moment itself. A wake costs the less, the shorter the rest was, and a server wakes the less, the more it works. What is not in the model: memory, the network, and calls.

## Unit costs

${table(
  ["what", "µs"],
  [
    ["a server that does nothing, for each second", us(units.idle)],
    ["a beat of another server", us(units.beat)],
    ["each topic that it tells of", us(units.toldTopic)],
    ["a batch handed to the bus", us(units.batchOut)],
    ["each message in it", us(units.messageOut)],
    ["a batch of another server", us(units.batchIn)],
    ["each message in it", us(units.messageIn)],
    ["a recipient of a batch: a write", us(units.write)],
    ["each message in it", us(units.delivery)],
    ["a wake of a server, 100 in a second", us(eachOf(units.wake, 100))],
    ["1 000 in a second", us(eachOf(units.wake, 1000))],
    ["NATS: a message in", us(units.busIn)],
    ["NATS: a copy of it out", us(units.busOut)],
    ["NATS: each KiB of that", us(units.busKib)],
    ["NATS: a write to one server", us(units.busWrite)],
    ["NATS: a wake, 100 in a second", us(eachOf(units.busWake, 100))],
    ["1 000 in a second", us(eachOf(units.busWake, 1000))],
  ],
)}

A cost that comes out below what can be told from nothing is 0.

## The model against runs

Each server publishes batches of five messages, which each other passes on to two members.

${table(
  [
    "servers",
    "batches/s of each",
    "a server, predicted",
    "measured",
    "ratio",
    "NATS, predicted",
    "measured",
    "ratio",
  ],
  checks.map(({ servers, batchesPerSecond, server, bus }) => [
    servers,
    Math.round(batchesPerSecond),
    percent(server.predicted / 1e6),
    percent(server.measured / 1e6),
    (server.predicted / server.measured).toFixed(2),
    percent(bus.predicted / 1e6),
    percent(bus.measured / 1e6),
    (bus.predicted / bus.measured).toFixed(2),
  ]),
)}

A ratio below 1: the run cost more than the model says. Here the runs cost between ${least} and ${most} times what it says${isClose ? "." : ": read what follows as orders of magnitude, and which part grows how, not as figures to plan by."}

## 10, 100 and 1 000 servers

${workloads.map(({ name, says }) => `- **${name}**: ${says}.`).join("\n")}

Shares of one core of a server, cores of NATS, and what is scarce first: a server has one core, NATS is given ${BUS_CORES}.

${table(["workload", "servers", "publish", "receive", "deliver", "beats", "waking", "NATS, cores", "first"], costs)}

## Where it ends

The most servers with which nothing is loaded above ${percent(MOST_LOAD)}, what is loaded above it with one more, and what to do then:

${table(["workload", "servers", "then", "do"], limits)}
`;
}
