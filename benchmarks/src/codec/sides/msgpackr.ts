// msgpackr and the compiled TypeBox check, with plain maps and with shared structures. The pure JavaScript
// entry: under Bun 1.4.5 the native addon of the bare one takes twice to three times as long for text.

import { Packr } from "msgpackr/pack";

import { type Message, messageSchema } from "../corpus.ts";
import { checkFailed, type CodecSide, compileCheck, FULL_CHECK, prepared } from "../side.ts";

function msgpackrSide(options: ConstructorParameters<typeof Packr>[0]): CodecSide {
  return {
    decodeChecks: FULL_CHECK,
    encodeChecks: FULL_CHECK,
    prepare(corpus) {
      const check = compileCheck(messageSchema(corpus));
      const codec = new Packr(options);
      return prepared<Message, Uint8Array>(corpus, {
        encode(message) {
          if (!check(message)) throw checkFailed(corpus);
          return codec.pack(message);
        },
        decode(payload) {
          const message: unknown = codec.unpack(payload);
          if (!check(message)) throw checkFailed(corpus);
          return message;
        },
      });
    },
  };
}

export const msgpackr = msgpackrSide({ useRecords: false });
export const msgpackrShared = msgpackrSide({
  structures: [],
});
