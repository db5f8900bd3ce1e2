// Frames that leave together, cut where one message of the bus does not take them all.

/** Some of them, and their bytes. */
export interface Part {
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
}

/** `frames` in order, in parts of at most `mostBytes`; a frame that is larger is a part by itself. */
export function* partsOf(frames: readonly Uint8Array[], mostBytes: number): Generator<Part> {
  let from = 0;
  let bytes = 0;
  for (const [index, { length }] of frames.entries()) {
    if (index > from && bytes + length > mostBytes) {
      yield { frames: frames.slice(from, index), bytes };
      from = index;
      bytes = 0;
    }
    bytes += length;
  }
  yield { frames: frames.slice(from), bytes };
}
