import { describe, expect, test } from "bun:test";

import { encodeHeader, FrameReader } from "../src/index.ts";
import { release } from "../src/release.ts";

describe("release", () => {
  test("empties a large buffer and all views of it, and leaves small ones alone", () => {
    const large = new Uint8Array(32 * 1024);
    const view = large.subarray(100, 200);
    release(view);
    expect([large.length, view.length]).toEqual([0, 0]);
    const small = new Uint8Array(32 * 1024 - 1);
    release(small);
    expect(small).toHaveLength(32 * 1024 - 1);
    release(large);
  });

  test("does not ask for the buffer of what is small, which the host would have to make", () => {
    let asked = 0;
    class Chunk extends Uint8Array {
      override get buffer(): ArrayBuffer {
        asked += 1;
        return super.buffer as ArrayBuffer;
      }
    }
    release(new Chunk(2_000));
    expect(asked).toBe(0);
    release(new Chunk(32 * 1024));
    expect(asked).toBe(1);
  });
});

describe("FrameReader", () => {
  const frame = Buffer.concat([encodeHeader(100_000), new Uint8Array(100_000).fill(7)]);

  test.each([
    [true, 0],
    [false, 100_000],
  ])(
    "with releaseFrames %p, a gathered frame has %d bytes after onFrame",
    (releaseFrames, left) => {
      const seen: Uint8Array[] = [];
      const reader = new FrameReader({ releaseFrames });
      const onFrame = (bytes: Uint8Array): void => {
        reader.stop();
        expect(bytes[99_999]).toBe(7);
        seen.push(bytes);
      };
      reader.push(frame.subarray(0, 60_000), onFrame);
      reader.push(frame.subarray(60_000), onFrame);
      expect(seen.map(({ length }) => length)).toEqual([left]);
    },
  );

  test("never frees the chunk that it was given", () => {
    const reader = new FrameReader({ releaseFrames: true });
    reader.push(frame, () => {});
    expect(frame).toHaveLength(100_010);
  });
});
