// One of several servers on a bus: `bun server-process.ts PORT NATS,NATS SPREAD_MS`. Publishes while it is told to,
// and counts what it publishes and hears of the bus. SIGTERM drains over SPREAD_MS, publishing to the end. Its admin
// listener has a port of its own.
//
// Of stdin: `talk MESSAGES` in every 20 ms, 0 for none; `burst MESSAGES BYTES`; `report`, answered by a `Report`.

import { admin } from "@typewire/observe";
import { serve } from "@typewire/bun";
import { nats } from "@typewire/nats";

import { ROOM, rooms } from "./rooms.ts";

/** What a process has counted itself. */
export interface Report {
  readonly by: string;
  readonly published: number;
  /** Lines to the bus. */
  readonly ups: number;
  /** Messages that are missing, by the server that published them. */
  readonly missed: Readonly<Record<string, number>>;
  readonly gaps: number;
  /** Other servers that have fallen silent. */
  readonly lost: number;
  /** What it counts of all servers that it hears. */
  readonly counted: {
    readonly servers: number;
    readonly connections: number;
    readonly members: number;
  };
}

/** Messages of a burst in one turn. */
const SLICE = 100;

const [port = "", addresses = "", spreadMs = ""] = process.argv.slice(2);
const by = crypto.randomUUID();
const missed: Record<string, number> = {};
let published = 0;
let ups = 0;
let gaps = 0;
let lost = 0;

const server = serve(
  rooms,
  {
    port: Number(port),
    backplane: nats({ servers: addresses.split(",") }),
    onOpen: (connection) => connection.subscribe(ROOM),
    onGap(gap) {
      gaps += 1;
      missed[gap.node] = (missed[gap.node] ?? 0) + gap.missed;
    },
    onBackplane({ type }) {
      if (type === "up") ups += 1;
      if (type === "server-lost") lost += 1;
    },
  },
  {},
);
const http = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: admin(server) });

function say(padding: string): void {
  published += 1;
  server.publish(ROOM, { type: "said", by, number: published, padding });
}

function report(): Report {
  const counted = { ...server.countConnections(), ...server.subscribers(ROOM) };
  return { by, published, ups, missed, gaps, lost, counted };
}

let perTick = 0;
const talking = setInterval(() => {
  for (let count = 0; count < perTick; count += 1) say("");
}, 20);

async function burst(messages: number, bytes: number): Promise<void> {
  const padding = "x".repeat(bytes);
  for (let said = 0; said < messages; said += SLICE) {
    for (let count = 0; count < Math.min(SLICE, messages - said); count += 1) say(padding);
    await Bun.sleep(5);
  }
}

console.log(`listening ${server.port} ${http.port}`);
process.once("SIGTERM", () => {
  void server.drain({ spreadMs: Number(spreadMs) }).then(async ({ cut }) => {
    clearInterval(talking);
    await http.stop(true);
    console.log(JSON.stringify({ ...report(), cut }));
    process.exit(0);
  });
});

for await (const line of console) {
  const [command = "", first = "", second = ""] = line.split(" ");
  if (command === "talk") perTick = Number(first);
  if (command === "burst") await burst(Number(first), Number(second));
  if (command === "report") console.log(JSON.stringify(report()));
}
