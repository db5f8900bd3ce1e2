// What the servers of the cluster and their clients share, and where they are.

import { defineProtocol, Type } from "typewire";

export const room = defineProtocol({
  name: "room",
  version: 1,
  server: { said: Type.Object({ name: Type.String(), number: Type.Integer() }) },
  client: {},
  calls: {
    say: {
      input: Type.Object({ name: Type.String(), number: Type.Integer() }),
      output: Type.Object({
        by: Type.String(),
        members: Type.Integer(),
        servers: Type.Integer(),
        connections: Type.Integer(),
      }),
    },
  },
});

const first = Number(process.env["PORT"] ?? 8081);
export const ports = [first, first + 1, first + 2];
export const natsPort = first + 3;
