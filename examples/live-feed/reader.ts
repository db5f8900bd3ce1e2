// Follows prices, all or those named: `bun reader.ts S1 S2`. Says each second what came and what was left out.

import { connect } from "typewire/bun";
import { address, feed } from "./protocol.ts";

const symbols = process.argv.slice(2);
const last = new Map<string, number>();
let received = 0;
let leftOut = 0;

const client = await connect(
  feed,
  {
    ...address,
    onOpen(connection) {
      last.clear();
      connection.send({ type: "follow", symbols });
    },
  },
  {
    price({ symbol, change }) {
      leftOut += change - (last.get(symbol) ?? change - 1) - 1;
      last.set(symbol, change);
      received += 1;
    },
  },
);

const timer = setInterval(() => {
  console.log(`${received} prices of ${last.size} symbols, ${leftOut} left out`);
}, 1_000);

process.once("SIGINT", () => void client.close());
await client.closed;
clearInterval(timer);
