// The thirty lines that a test of a frame reader needs: push chunks, look at the payloads.

import { FrameReader, type FrameReaderOptions } from "@typewire/protocol";

/** Keeps a copy of every payload that comes out of a frame reader. */
export class FrameCollector {
  readonly payloads: Uint8Array[] = [];
  readonly reader: FrameReader;

  constructor(options: FrameReaderOptions = {}) {
    this.reader = new FrameReader(options);
  }

  push(chunk: Uint8Array): void {
    this.reader.push(chunk, (bytes, start, end) => {
      this.payloads.push(bytes.slice(start, end));
    });
  }
}

/** The payloads of the whole frames in `bytes`. */
export function collect(
  chunks: Iterable<Uint8Array>,
  options: FrameReaderOptions = {},
): Uint8Array[] {
  const collector = new FrameCollector(options);
  for (const chunk of chunks) collector.push(chunk);
  return collector.payloads;
}
