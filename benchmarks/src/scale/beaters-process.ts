// Servers that only beat, many in one process: `bun beaters-process.ts NATS COUNT TOPICS`, each with one member of each
// topic. What they cost is not measured.

import { systemClock } from "@typewire/connection";
import { nats } from "typewire/nats";

import { feed, topicOf } from "./wire.ts";

const [servers = "", count = "", topics = ""] = process.argv.slice(2);
const { name: protocol, version, fingerprint } = feed;
for (let index = 0; index < Number(count); index += 1) {
  const line = nats({ servers }).join({
    protocol,
    version,
    fingerprint,
    codec: feed.server as never,
    clock: systemClock,
    connections: () => 0,
    receive() {},
    gap() {},
    event() {},
    answered() {},
  });
  // Not all in one instant: servers of a cluster begin when they do.
  await Bun.sleep(250 / Number(count));
  for (let topic = 0; topic < Number(topics); topic += 1) line.members(topicOf(topic), 1);
}
console.log("ready");
