// A client that counts aloud until Ctrl+C: `bun client.ts NAME`. It goes to another server when its own ends.

import { connect } from "typewire/bun";
import { ports, room } from "./protocol.ts";

const name = process.argv[2] ?? "ana";
/** The last number heard of each name. */
const heard = new Map<string, number>();
await using client = await connect(
  room,
  {
    servers: ports.map((port) => ({ port })),
    firstAttempt: "repeat",
    onStatus(status) {
      if (status.state === "connected") console.log(`* at ${status.address}`);
      if (status.state === "reconnecting") console.log(`* away from ${status.address}`);
    },
  },
  {
    said(said) {
      const missed = said.number - (heard.get(said.name) ?? said.number - 1) - 1;
      heard.set(said.name, said.number);
      console.log(`${said.name} ${said.number}${missed > 0 ? ` (${missed} missed)` : ""}`);
    },
  },
);
let isLeaving = false;
process.once("SIGINT", () => (isLeaving = true));
for (let number = 1; !isLeaving && client.state !== "closed"; number += 1) {
  // Waits for the next server while there is none.
  const said = await client.try.say({ name, number });
  if (said.ok) {
    const { by, members, servers, connections } = said.output;
    console.log(`said ${number} at ${by}: ${members} of ${connections} hear, ${servers} servers`);
  } else console.log(`not said ${number}: ${said.error.code}`);
  await Bun.sleep(200);
}
