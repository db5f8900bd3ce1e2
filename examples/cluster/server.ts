// One of the servers: `bun server.ts PORT`. What one client says reaches those of all servers.

import type { CallOutput } from "typewire";
import { serve } from "typewire/bun";
import { nats } from "typewire/nats";
import { natsPort, room } from "./protocol.ts";

const server = serve(
  room,
  {
    port: Number(process.argv[2]),
    backplane: nats({ servers: `127.0.0.1:${natsPort}` }),
    onOpen: (connection) => connection.subscribe("all"),
    onGap: ({ missed, node }) => console.log(`${missed} messages of ${node} are lost`),
    onBackplane: (event) =>
      console.log("servers" in event ? `${event.type}: ${event.servers}` : event.type),
  },
  {
    say(said): CallOutput<typeof room, "say"> {
      server.publish("all", { type: "said", ...said });
      return { by: server.address, ...server.countConnections(), ...server.subscribers("all") };
    },
  },
);
console.log(`listening at ${server.address}`);

// Its clients go to the other servers, one after the other. A terminal's Ctrl+C comes twice: from `cluster.ts` too.
const leave = (): void => void server.drain({ spreadMs: 1000 });
process.on("SIGINT", leave).on("SIGTERM", leave);
