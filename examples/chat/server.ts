// The room: knows its members, and passes on what one says to all the others. Ctrl+C closes it in order.

import { serve, type ServerConnection } from "typewire/bun";
import { address, chat } from "./protocol.ts";

/** The name of each member, by connection. The schema has checked each name: only its being free is left to ask. */
const names = new Map<ServerConnection<typeof chat>, string>();

const server = serve(
  chat,
  {
    ...address,
    onClose(connection) {
      const name = names.get(connection);
      if (name === undefined) return;
      names.delete(connection);
      server.broadcast({ type: "left", name });
    },
  },
  {
    join({ name }, connection) {
      if ([...names.values()].includes(name)) {
        connection.send({ type: "taken", name });
        return;
      }
      connection.send({ type: "present", names: [...names.values()] });
      names.set(connection, name);
      server.broadcast({ type: "joined", name }, { except: connection });
    },
    say({ text }, connection) {
      const name = names.get(connection);
      if (name === undefined) return;
      server.broadcast({ type: "said", name, text, at: new Date() }, { except: connection });
    },
  },
);
console.log(`The chat is at ${server.address}`);

process.once("SIGINT", () => void server.drain({ reason: "the chat closes" }));
