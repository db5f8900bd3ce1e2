// A log as a stream of bytes with positions. How much of it is on the collector's disk is all that the two ends
// have to agree on: the shipper asks for it, goes on from there, and is told it again for each chunk.

import { defineProtocol, Type } from "typewire";

/** Becomes the name of a file: no dot and no slash can be in it. */
const source = Type.String({ pattern: "^[a-z0-9-]{1,64}$" });
const position = Type.Integer({ minimum: 0 });

/** Half of what a stream may have under way, so that a chunk is on its way while another is stored. */
export const CHUNK_BYTES = 32 * 1024;
const bytes = Type.Uint8Array({ minByteLength: 1, maxByteLength: CHUNK_BYTES });

export const logs = defineProtocol({
  name: "logs",
  version: 1,
  server: {},
  client: {},
  calls: {
    /** All bytes of the log before this position are on the collector's disk. */
    stored: { input: source, output: position, idempotent: true },
    /** Takes chunks, each behind the one before, and yields for each what is stored then. */
    ship: { input: source, sends: Type.Object({ position, bytes }), yields: position },
  },
});

export const address = { port: Number(process.env["PORT"] ?? 8083) };
