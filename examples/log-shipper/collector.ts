// Stores the logs of many shippers: `bun collector.ts FOLDER`, a file for each source. It answers only what is
// on the disk, and keeps no other state: the size of a file is the position.

import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

import { serve } from "typewire/bun";
import { address, logs } from "./protocol.ts";

const folder = process.argv[2] ?? "logs";
mkdirSync(folder, { recursive: true });

/** Appends what of `bytes` is not in the file of `source` yet. Returns its size, all of it on the disk. */
function store(source: string, position = 0, bytes: Uint8Array = new Uint8Array()): number {
  const file = openSync(join(folder, `${source}.log`), "a");
  try {
    const { size } = fstatSync(file);
    if (position > size) throw new Error(`${source}: nothing has come from ${size} to ${position}`);
    // Bytes that an earlier connection has brought, and whose answer was lost with it, are not stored twice.
    const fresh = bytes.subarray(size - position);
    if (fresh.length === 0) return size;
    let written = 0;
    while (written < fresh.length) written += writeSync(file, fresh, written);
    fsyncSync(file);
    return size + written;
  } finally {
    closeSync(file);
  }
}

// `store` waits for nothing: nothing comes between its look at a file's size and the write.
const server = serve(logs, address, {
  stored: (source) => store(source),
  async *ship(source, { items }) {
    for await (const { position, bytes } of items) {
      const stored = store(source, position, bytes);
      console.log(`${source}: ${stored} bytes`);
      yield stored;
    }
  },
});
console.log(`Collecting at ${server.address}`);

// Shippers do not end by themselves: at half of this time they are asked to.
process.once("SIGINT", () => void server.drain({ timeoutMs: 1_000 }));
