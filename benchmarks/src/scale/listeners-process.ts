// Connections that hear topics and read nothing of what they hear: `bun listeners-process.ts MEMBERS TOPICS PORT...` makes
// MEMBERS for each topic at each port. What they cost is not measured.

import { feed, topicOf } from "./wire.ts";

const [members = 0, topics = 0, ...ports] = process.argv.slice(2).map(Number);
for (const port of ports) {
  for (let topic = 0; topic < topics; topic += 1) {
    const join = feed.client.encodeFrame({ type: "join", topic: topicOf(topic) });
    for (let member = 0; member < members; member += 1) {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      socket.write(join);
    }
  }
}
console.log("ready");
