// Makes prices up and tells every reader of them, each as fast as it reads. Ctrl+C ends it in order.

import { serve, type ServerConnection } from "typewire/bun";
import { Outbox, type Price } from "./outbox.ts";
import { address, feed } from "./protocol.ts";

const outboxes = new Map<ServerConnection<typeof feed>, Outbox>();

const server = serve(
  feed,
  {
    ...address,
    // Old prices are worth nothing: `send` says false above a quarter of this, 64 KiB.
    limits: { hardQueueBytes: 256 * 1024 },
    onClose: (connection) => void outboxes.delete(connection),
  },
  {
    follow({ symbols }, connection) {
      outboxes.set(connection, new Outbox(connection, symbols));
    },
  },
);
console.log(`Prices at ${server.address}`);

let change = 0;

/** Changes a hundred prices. */
function tick(): void {
  change += 1;
  for (let at = 0; at < 100; at += 1) {
    const best = 100 + at + Math.sin(change / 50);
    const level = (_: unknown, depth: number) => ({ price: best - depth / 100, amount: 100 });
    const bids = Array.from({ length: 40 }, level);
    const price: Price = { type: "price", symbol: `S${at}`, change, bids };
    for (const outbox of outboxes.values()) outbox.offer(price);
  }
}
const timer = setInterval(tick, 10);

process.once("SIGINT", () => {
  clearInterval(timer);
  void server.drain();
});
