// Ships a log as it grows: `bun shipper.ts FILE SOURCE`. It remembers nothing; it begins where the collector's disk
// ends, and so it goes on when a connection was lost. The file must only grow. Ctrl+C ships what is there, and ends.

import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { connect } from "typewire/bun";
import { address, CHUNK_BYTES, logs } from "./protocol.ts";

const [path = "app.log", source = "app"] = process.argv.slice(2);
const LOOK_MS = 100;

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

await using file = await open(path, "r");
await using client = await connect(logs, { ...address, reconnect: { maxDelayMs: 5_000 } });
console.log(`Shipping ${path}`);

/** The bytes behind `position`, as they are written; read no faster than the collector stores them. */
async function* chunks(position: number) {
  const { connection } = client;
  while (client.connection === connection) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead > 0) {
      yield { position, bytes: chunk.subarray(0, bytesRead) };
      position += bytesRead;
    } else if (stop.signal.aborted) return;
    else await sleep(LOOK_MS);
  }
}

for (let isShipped = false; !isShipped;) {
  const begin = await client.call.stored(source, { timeoutMs: 0, signal: stop.signal });
  const shipping = client.try.ship(source, chunks(begin));
  for await (const stored of shipping) console.log(`${stored} bytes are stored`);
  const outcome = await shipping.output;
  isShipped = outcome.ok;
  // The line broke, or the collector is started again.
  const goesOn = ["connection-lost", "shutting-down"];
  if (!outcome.ok && !goesOn.includes(outcome.error.code)) throw outcome.error;
}
