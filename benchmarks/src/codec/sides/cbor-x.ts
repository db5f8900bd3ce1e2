// cbor-x and the compiled TypeBox check: plain maps, as anything that speaks CBOR reads them; and with
// shared structures, its fastest mode, whose dictionary both ends have to keep in step.
// The pure JavaScript entries: the native addon aborts Bun (docs/decisions/).

import { Encoder } from "cbor-x/encode";

import { type Message, messageSchema } from "../corpus.ts";
import { checkFailed, type CodecSide, compileCheck, FULL_CHECK, prepared } from "../side.ts";

function cborSide(options: ConstructorParameters<typeof Encoder>[0]): CodecSide {
  return {
    decodeChecks: FULL_CHECK,
    encodeChecks: FULL_CHECK,
    prepare(corpus) {
      const check = compileCheck(messageSchema(corpus));
      const codec = new Encoder(options);
      return prepared<Message, Uint8Array>(corpus, {
        encode(message) {
          if (!check(message)) throw checkFailed(corpus);
          return codec.encode(message);
        },
        decode(payload) {
          const message: unknown = codec.decode(payload);
          if (!check(message)) throw checkFailed(corpus);
          return message;
        },
      });
    },
  };
}

export const cborX = cborSide({ useRecords: false });
export const cborXShared = cborSide({ structures: [] });
