// Prices of many things, many times a second. A price replaces the one before it: this is what lets a server
// leave some out for a reader that does not keep up.

import { defineProtocol, Type } from "typewire";

const symbol = Type.String({ minLength: 1, maxLength: 12 });
const level = Type.Object({ price: Type.Number(), amount: Type.Integer({ minimum: 0 }) });

export const feed = defineProtocol({
  name: "feed",
  version: 1,
  server: {
    price: Type.Object({
      symbol,
      /** Counts: a gap says how many were left out. */
      change: Type.Integer({ minimum: 1 }),
      bids: Type.Array(level, { maxItems: 50 }),
    }),
  },
  client: {
    /** Which prices to have; an empty list is all of them. */
    follow: Type.Object({ symbols: Type.Array(symbol, { maxItems: 1_000 }) }),
  },
});

export const address = { port: Number(process.env["PORT"] ?? 8084) };
