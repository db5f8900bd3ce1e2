// One person in the room: `bun client.ts NAME`. What is typed is said; the end of input leaves the room.

import { connect } from "typewire/bun";
import { address, chat } from "./protocol.ts";

const name = process.argv[2] ?? "anonymous";

const client = await connect(
  chat,
  {
    ...address,
    // On each connection, the one after a restart of the server too: it has forgotten its members.
    onOpen: (connection) => connection.send({ type: "join", name }),
    onStatus(status) {
      if (status.state === "reconnecting")
        console.log("* the connection is lost, and dialled again");
    },
  },
  {
    present: ({ names }) => console.log(`* here are: ${["you", ...names].join(", ")}`),
    joined: (message) => console.log(`* ${message.name} has come`),
    said: (message) => console.log(`${message.name}: ${message.text}`),
    left: (message) => console.log(`* ${message.name} has gone`),
    async taken() {
      console.log(`* there is a ${name} already`);
      await client.close();
    },
  },
);

for await (const line of console) {
  if (line === "") continue;
  if (client.state === "closed") break;
  try {
    await client.ready();
    client.send({ type: "say", text: line });
  } catch (error) {
    // A line beyond the schema's 500 characters, say: it is not sent, and the connection goes on.
    console.log(`* not said: ${String(error)}`);
  }
}
await client.close();
