// A server that publishes to all of its clients what one of them says: `bun echo-process.ts [NATS]`, on its own without an
// address.

import { serve } from "@typewire/bun";
import { nats } from "@typewire/nats";
import { saludo } from "@typewire/protocol/saludo";

import { ROOM } from "./rooms.ts";

const [servers] = process.argv.slice(2);
const server = serve(
  saludo,
  {
    port: 0,
    onOpen: (connection) => connection.subscribe(ROOM),
    ...(servers !== undefined && { backplane: nats({ servers }), onBackplane() {} }),
  },
  { say: ({ text }) => void server.publish(ROOM, { type: "welcome", text }) },
);
console.log(`listening ${server.port}`);

for await (const _ of console) console.log(JSON.stringify(server.stats().backplane ?? {}));
