// A site in a process of its own, which a test stops, kills and asks: `site-process.ts ADDRESS`. Prints `ready` when it
// knows another, and for each line of its stdin one of JSON.

import { Site, until } from "./site.ts";

const site = new Site({ servers: process.argv[2] ?? "" });
await site.connect();
await until("another", () => site.server.countConnections().servers === 2);
process.stdout.write("ready\n");
process.stdin.on("data", () => {
  const { gapMessages, reconnects } = site.stats;
  const told = site.told.reduce((sum, count) => sum + count, 0);
  const inOrder = site.heard.every(
    (text, at) => at === 0 || Number(text) > Number(site.heard[at - 1]),
  );
  const report = { heard: site.heard.length, gapMessages, told, inOrder, reconnects };
  process.stdout.write(`${JSON.stringify(report)}\n`);
});
