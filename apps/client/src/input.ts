// What is typed: bytes of stdin into lines, and lines into messages. Whether a message is valid is the
// codec's to say, when it is sent.

import { describeThrown } from "@typewire/connection";
import type { SaludoClientMessage } from "@typewire/protocol/saludo";

/** A line of input, or why it is none. */
export type Line =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "invalid"; readonly reason: string };

/** Beyond this a line is refused without being read to its end: no message is as long. */
export const MAX_LINE_BYTES = 1024 * 1024;

const newline = 0x0a;

/** Splits UTF-8 into lines, ended by `\n` or `\r\n`; the last one may lack its end. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let heldBytes = 0;
  const take = (): Line => {
    const line = heldBytes > MAX_LINE_BYTES ? tooLong : decodeLine(parts);
    parts = [];
    heldBytes = 0;
    return line;
  };
  /** Whether what comes is the rest of a line that was refused. */
  let isRefused = false;
  const hold = (part: Uint8Array): void => {
    heldBytes += part.length;
    if (heldBytes <= MAX_LINE_BYTES) parts.push(part);
    else parts = [];
  };
  try {
    for await (const chunk of chunks) {
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        if (!isRefused) {
          hold(chunk.subarray(start, end));
          yield take();
        }
        isRefused = false;
        start = end + 1;
      }
      if (isRefused) continue;
      hold(chunk.subarray(start));
      if (heldBytes <= MAX_LINE_BYTES) continue;
      // Its end may never come.
      isRefused = true;
      yield take();
    }
  } catch (error) {
    yield { kind: "invalid", reason: `stdin cannot be read: ${describeThrown(error)}` };
    return;
  }
  if (heldBytes > 0) yield take();
}

const tooLong: Line = { kind: "invalid", reason: `longer than ${MAX_LINE_BYTES} bytes` };

function decodeLine(parts: readonly Uint8Array[]): Line {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
    return { kind: "line", text: text.endsWith("\r") ? text.slice(0, -1) : text };
  } catch {
    return { kind: "invalid", reason: "not UTF-8" };
  }
}

/** Makes a message of a line. The result is as unchecked as the line was; throws SyntaxError for what is not JSON. */
export type LineParser = (text: string) => SaludoClientMessage;

/** What is typed is said. */
export const sayLine: LineParser = (text) => ({ type: "say", text });

/** One JSON message a line. */
export const jsonLine: LineParser = (text) => JSON.parse(text) as SaludoClientMessage;
