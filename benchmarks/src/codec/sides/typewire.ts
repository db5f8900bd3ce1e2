// Typewire itself, through its public face; and the same with the compiled path switched off.

import { HEADER_BYTES } from "@typewire/protocol";
import { ByteWriter, compileNow } from "@typewire/protocol/internal";

import { defineFor } from "../../typewire-path.ts";
import type { Corpus, Message } from "../corpus.ts";
import { type CodecSide, FULL_CHECK, prepared } from "../side.ts";

function protocolOf(corpus: Corpus, path: "compiled" | "reference") {
  const definition = { name: "bench", version: 1, server: corpus.schemas, client: {} };
  const protocol = defineFor[path](definition);
  // One message is compiled in a turn, and a timed loop has none: a program that lives has had them all.
  if (path === "compiled") compileNow(protocol.server);
  return protocol;
}

function typewireSide(path: "compiled" | "reference"): CodecSide {
  return {
    decodeChecks: `${FULL_CHECK}, the bytes`,
    encodeChecks: FULL_CHECK,
    prepare(corpus) {
      const { server } = protocolOf(corpus, path);
      return prepared<Message, Uint8Array>(corpus, {
        encode: (message) => server.encode(message),
        decode: (payload) => server.decode(payload),
      });
    },
  };
}

export const typewire = typewireSide("compiled");
export const typewireReference = typewireSide("reference");

/** As a connection encodes: header and payload, into a buffer that is used again. */
export const typewireInto: CodecSide = {
  ...typewire,
  prepare(corpus) {
    const { server } = protocolOf(corpus, "compiled");
    const writer = new ByteWriter();
    return prepared<Message, Uint8Array | ByteWriter>(corpus, {
      encode(message) {
        writer.reset();
        server.encodeInto(message, writer);
        return writer;
      },
      keep: (written) => (written instanceof ByteWriter ? written.copy(HEADER_BYTES) : written),
      decode: (payload) => server.decode(payload as Uint8Array),
    });
  },
};
