// Ships a log as it grows: `bun shipper.ts FILE SOURCE`. It remembers nothing; on each connection it goes on
// where the collector's disk ends. The file must only grow.

import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { type ClientConnection, connect } from "typewire/bun";
import { address, CHUNK_BYTES, logs } from "./protocol.ts";

const [path = "app.log", source = "app"] = process.argv.slice(2);
const LOOK_MS = 100;

const file = await open(path, "r");

/** The bytes behind `position`, as soon as there are some; none when the connection has ended first. */
async function bytesFrom(
  position: number,
  connection: ClientConnection<typeof logs>,
): Promise<Uint8Array> {
  while (connection.state === "open") {
    const { bytesRead, buffer } = await file.read(
      new Uint8Array(CHUNK_BYTES),
      0,
      CHUNK_BYTES,
      position,
    );
    if (bytesRead > 0) return buffer.subarray(0, bytesRead);
    await sleep(LOOK_MS);
  }
  return new Uint8Array();
}

const client = await connect(
  logs,
  {
    ...address,
    reconnect: { maxDelayMs: 5_000 },
    onOpen: (connection) => connection.send({ type: "begin", source }),
  },
  {
    // One chunk is under way at a time: `stored` asks for the next.
    async stored({ position }, connection) {
      const bytes = await bytesFrom(position, connection);
      if (connection.state === "open") {
        connection.send({ type: "chunk", source, position, bytes });
      }
    },
  },
);
console.log(`Shipping ${path}`);

process.once("SIGINT", () => void client.close());
await client.closed;
await file.close();
