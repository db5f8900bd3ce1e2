// One server of a run: `bun node-process.ts NATS`. Takes JSON lines: a `Load` to begin with, `null` to stop,
// `"figures"` to be told them.

import { serve } from "typewire/bun";
import { nats } from "typewire/nats";

import { feed, type Figures, type Load, topicOf } from "./wire.ts";

const server = serve(
  feed,
  { port: 0, backplane: nats({ servers: process.argv[2] ?? "" }), onBackplane() {} },
  { join: ({ topic }, connection) => connection.subscribe(topic) },
);
console.log(`${server.port}`);

let timer: Timer | undefined;
let next = 0;

function publish({ topics, topicsAtOnce, burst }: Load): void {
  for (let at = 0; at < topicsAtOnce; at += 1) {
    const topic = topicOf(next % topics);
    next += 1;
    for (let number = 0; number < burst; number += 1) {
      const price = number + 0.5;
      server.publish(topic, {
        type: "tick",
        topic,
        number,
        price,
        isOpen: true,
        text: "a line of text",
      });
    }
  }
}

function figures(): Figures {
  const { user, system } = process.cpuUsage();
  const { backplane, bytesSent } = server.stats();
  return {
    cpuUs: user + system,
    atMs: performance.now(),
    batchesSent: backplane?.batchesSent ?? 0,
    bytesSent,
  };
}

for await (const line of console) {
  const command = JSON.parse(line) as Load | null | "figures";
  if (command === "figures") {
    console.log(JSON.stringify(figures()));
    continue;
  }
  clearInterval(timer);
  if (command !== null) timer = setInterval(() => publish(command), command.tickMs);
}
server.stop();
