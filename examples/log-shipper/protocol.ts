// A log as a stream of bytes with positions. The position that the collector has stored is all that the two
// ends have to agree on, and each `stored` says it.

import { defineProtocol, Type } from "typewire";

/** Becomes the name of a file: no dot and no slash can be in it. */
const source = Type.String({ pattern: "^[a-z0-9-]{1,64}$" });
const position = Type.Integer({ minimum: 0 });

export const CHUNK_BYTES = 64 * 1024;

export const logs = defineProtocol({
  name: "logs",
  version: 1,
  server: {
    /** All bytes of the log before `position` are on the collector's disk. */
    stored: Type.Object({ position }),
  },
  client: {
    /** Asks for the first `stored`. */
    begin: Type.Object({ source }),
    chunk: Type.Object({
      source,
      position,
      bytes: Type.Uint8Array({ minByteLength: 1, maxByteLength: CHUNK_BYTES }),
    }),
  },
});

export const address = { port: Number(process.env["PORT"] ?? 8083) };
