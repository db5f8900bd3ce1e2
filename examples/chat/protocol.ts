// What may be said in the chat. Both ends import this file, and nothing else of each other.

import { defineProtocol, Type } from "typewire";

const name = Type.String({ minLength: 1, maxLength: 20 });
const text = Type.String({ minLength: 1, maxLength: 500 });

export const chat = defineProtocol({
  name: "chat",
  version: 1,
  server: {
    /** After `join`: the names of the members that are here already. */
    present: Type.Object({ names: Type.Array(name) }),
    joined: Type.Object({ name }),
    said: Type.Object({ name, text, at: Type.Date() }),
    left: Type.Object({ name }),
    /** After `join`: another member has that name. */
    taken: Type.Object({ name }),
  },
  client: {
    join: Type.Object({ name }),
    say: Type.Object({ text }),
  },
});

export const address = { port: Number(process.env["PORT"] ?? 8082) };
