// What Bun itself offers to put objects into bytes: JavaScriptCore's structured clone. It writes no
// format that another program reads, and trusts its bytes.

import { deserialize, serialize } from "bun:jsc";

import { type Message, messageSchema } from "../corpus.ts";
import { checkFailed, type CodecSide, compileCheck, FULL_CHECK, prepared } from "../side.ts";

export const structuredCloneSide: CodecSide = {
  decodeChecks: FULL_CHECK,
  encodeChecks: FULL_CHECK,
  prepare(corpus) {
    const check = compileCheck(messageSchema(corpus));
    return prepared<Message, SharedArrayBuffer>(corpus, {
      encode(message) {
        if (!check(message)) throw checkFailed(corpus);
        return serialize(message);
      },
      decode(buffer) {
        const message: unknown = deserialize(buffer);
        if (!check(message)) throw checkFailed(corpus);
        return message;
      },
    });
  },
};
