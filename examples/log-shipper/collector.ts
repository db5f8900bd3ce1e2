// Stores the logs of many shippers: `bun collector.ts FOLDER`, a file for each source. It says `stored` only
// of what is on the disk, and keeps no other state: the size of a file is the position.

import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

import { serve } from "typewire/bun";
import { address, logs } from "./protocol.ts";

const folder = process.argv[2] ?? "logs";
mkdirSync(folder, { recursive: true });

/** Appends `bytes` where they continue the file of `source`. Returns its size, all of it on the disk. */
function store(source: string, position: number, bytes: Uint8Array): number {
  const file = openSync(join(folder, `${source}.log`), "a");
  try {
    const { size } = fstatSync(file);
    // Bytes that an earlier connection has brought, and whose `stored` was lost with it, are not stored twice.
    if (position !== size || bytes.length === 0) return size;
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
    fsyncSync(file);
    return size + written;
  } finally {
    closeSync(file);
  }
}

// The handlers do not wait for anything: nothing comes between the look at a file's size and the write.
const server = serve(logs, address, {
  begin({ source }, connection) {
    connection.send({ type: "stored", position: store(source, 0, new Uint8Array()) });
  },
  chunk({ source, position, bytes }, connection) {
    const stored = store(source, position, bytes);
    connection.send({ type: "stored", position: stored });
    console.log(`${source}: ${stored} bytes`);
  },
});
console.log(`Collecting at ${server.address}`);

process.once("SIGINT", () => void server.drain());
