// What the processes on the port and their clients share.

import { defineProtocol, Type } from "typewire";

export const primes = defineProtocol({
  name: "primes",
  version: 1,
  server: {},
  client: {},
  calls: {
    count: {
      // A process that dies has perhaps counted: a client that loses it asks another.
      idempotent: true,
      input: Type.Object({ below: Type.Integer({ minimum: 0, maximum: 1_000_000 }) }),
      output: Type.Object({ primes: Type.Integer(), by: Type.Integer() }),
    },
  },
});

export const port = Number(process.env["PORT"] ?? 8080);
