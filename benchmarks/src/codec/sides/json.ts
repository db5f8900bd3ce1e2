// JSON and the compiled TypeBox check: from text and to text, as a WebSocket takes and gives it, which
// leaves out what turning text into bytes costs; and from and to bytes, as a TCP socket has it.

import { type Message, messageSchema } from "../corpus.ts";
import { checkFailed, type CodecSide, compileCheck, FULL_CHECK, prepared } from "../side.ts";

const checks = { decodeChecks: FULL_CHECK, encodeChecks: FULL_CHECK };

export const json: CodecSide = {
  ...checks,
  prepare(corpus) {
    const check = compileCheck(messageSchema(corpus));
    return prepared<Message, string>(corpus, {
      encode(message) {
        if (!check(message)) throw checkFailed(corpus);
        return JSON.stringify(message);
      },
      decode(text) {
        const message: unknown = JSON.parse(text);
        if (!check(message)) throw checkFailed(corpus);
        return message;
      },
    });
  },
};

export const jsonBytes: CodecSide = {
  ...checks,
  prepare(corpus) {
    const check = compileCheck(messageSchema(corpus));
    const encoder = new TextEncoder();
    const decoder = new TextDecoder();
    return prepared<Message, Uint8Array>(corpus, {
      encode(message) {
        if (!check(message)) throw checkFailed(corpus);
        return encoder.encode(JSON.stringify(message));
      },
      decode(bytes) {
        const message: unknown = JSON.parse(decoder.decode(bytes));
        if (!check(message)) throw checkFailed(corpus);
        return message;
      },
    });
  },
};
