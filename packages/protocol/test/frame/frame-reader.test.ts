import { describe, expect, test } from "bun:test";

import { FrameReader } from "../../src/frame/frame-reader.ts";
import { encodeHeader, HEADER_BYTES } from "../../src/frame/header.ts";
import { concat, frameOf, fromHex, fromText } from "../support/bytes.ts";
import { cpuMilliseconds } from "../support/cpu.ts";
import { byteByByte, payloadsOf } from "../support/frames.ts";
import { newSeed, randomFrom, randomPieces } from "../support/random.ts";

const PAYLOADS = [fromHex("a0"), fromText("hola"), fromHex("00ff2030"), fromText("7         ")];
const STREAM = concat(...PAYLOADS.map(frameOf));

describe("FrameReader.push", () => {
  test("hands out nothing for an empty stream and empty chunks", () => {
    const reader = new FrameReader();
    expect(payloadsOf(reader, [new Uint8Array(0), new Uint8Array(0)])).toEqual([]);
    expect(reader.bufferedBytes).toBe(0);
    reader.end();
  });

  test("hands out frames that lie whole in a chunk in place, in order", () => {
    const reader = new FrameReader();
    const seen: [Uint8Array, number, number][] = [];
    reader.push(STREAM, (...frame) => seen.push(frame));
    let start = 0;
    for (const [index, payload] of PAYLOADS.entries()) {
      start += HEADER_BYTES;
      expect(seen[index]?.[0]).toBe(STREAM);
      expect(seen[index]?.slice(1)).toEqual([start, start + payload.length]);
      start += payload.length;
    }
    expect(seen).toHaveLength(PAYLOADS.length);
    reader.end();
  });

  test("hands out a payload that lies whole in a chunk in place, though its header came before", () => {
    const reader = new FrameReader();
    const chunk = concat(fromText("hola"), frameOf(fromText("!")));
    const seen: [Uint8Array, number, number][] = [];
    reader.push(encodeHeader(4), (...frame) => seen.push(frame));
    expect(seen).toEqual([]);
    reader.push(chunk, (...frame) => seen.push(frame));
    expect(seen.map((frame) => frame[0] === chunk)).toEqual([true, true]);
    expect(seen.map((frame) => frame.slice(1))).toEqual([
      [0, 4],
      [14, 15],
    ]);
  });

  test("reads a chunk that is a view into the middle of a buffer", () => {
    const around = concat(fromText("####"), STREAM, fromText("####"));
    const chunk = around.subarray(4, 4 + STREAM.length);
    expect(payloadsOf(new FrameReader(), [chunk])).toEqual(PAYLOADS);
  });

  test("gives the same payloads for every pair of cuts", () => {
    for (let first = 0; first <= STREAM.length; first += 1) {
      for (let second = first; second <= STREAM.length; second += 1) {
        const reader = new FrameReader();
        const pieces = [
          STREAM.subarray(0, first),
          STREAM.subarray(first, second),
          STREAM.subarray(second),
        ];
        expect({ first, second, payloads: payloadsOf(reader, pieces) }).toEqual({
          first,
          second,
          payloads: PAYLOADS,
        });
        expect(reader.bufferedBytes).toBe(0);
      }
    }
  });

  test("gives the same payloads byte by byte", () => {
    expect(payloadsOf(new FrameReader(), byteByByte(STREAM))).toEqual(PAYLOADS);
  });

  test("gives the same payloads for random pieces", () => {
    const seed = newSeed();
    const random = randomFrom(seed);
    const payloads = Array.from({ length: 50 }, () =>
      Uint8Array.from({ length: 1 + Math.floor(random() * 9000) }, () => random() * 256),
    );
    const stream = concat(...payloads.map(frameOf));
    for (const longest of [1, 7, 64, 5000, 70_000]) {
      const pieces = randomPieces(stream, longest, random);
      const same = Bun.deepEquals(payloadsOf(new FrameReader(), pieces), payloads);
      expect({ seed, longest, same }).toEqual({ seed, longest, same: true });
    }
  });

  test("hands out a frame wherever its boundary falls in a chunk, and across three chunks", () => {
    const chunkBytes = 512;
    for (let boundary = 1; boundary < chunkBytes; boundary += 1) {
      const first = new Uint8Array(boundary).fill(1);
      const second = new Uint8Array(chunkBytes * 3 - boundary).fill(2);
      const stream = concat(frameOf(first), frameOf(second));
      const pieces = [];
      for (let at = 0; at < stream.length; at += chunkBytes) {
        pieces.push(stream.subarray(at, at + chunkBytes));
      }
      expect(payloadsOf(new FrameReader(), pieces)).toEqual([first, second]);
    }
  });

  test("delivers each frame as soon as its last byte is there, and not before", () => {
    const reader = new FrameReader();
    const counts: number[] = [];
    let delivered = 0;
    for (const piece of byteByByte(concat(frameOf(fromText("ab")), frameOf(fromText("c"))))) {
      reader.push(piece, () => (delivered += 1));
      counts.push(delivered);
    }
    expect(counts).toEqual([...Array(11).fill(0), ...Array(11).fill(1), 2]);
  });

  test("delivers 100 000 minimal frames of one chunk without recursion", () => {
    const frame = frameOf(fromHex("a0"));
    const chunk = new Uint8Array(frame.length * 100_000);
    for (let at = 0; at < chunk.length; at += frame.length) chunk.set(frame, at);
    let count = 0;
    new FrameReader().push(chunk, (bytes, start) => {
      if (bytes[start] === 0xa0) count += 1;
    });
    expect(count).toBe(100_000);
  });

  test("does not keep a chunk: what it gathered stays when the chunk is overwritten", () => {
    const reader = new FrameReader();
    const frame = frameOf(fromText("hola a todos"));
    const chunk = frame.slice(0, 15);
    const payloads = payloadsOf(reader, [chunk]);
    chunk.fill(0);
    payloads.push(...payloadsOf(reader, [frame.slice(15)]));
    expect(payloads).toEqual([fromText("hola a todos")]);
  });

  test("gathers a frame of 64 MiB when the limit allows it", () => {
    const size = 64 * 1024 * 1024;
    const reader = new FrameReader({ maxFrameBytes: size });
    const piece = new Uint8Array(512 * 1024).fill(0x5a);
    let received: Uint8Array | undefined;
    const onFrame = (bytes: Uint8Array, start: number, end: number): void => {
      received = bytes.subarray(start, end);
    };
    reader.push(encodeHeader(size), onFrame);
    for (let sent = 0; sent < size; sent += piece.length) reader.push(piece, onFrame);
    expect(received).toHaveLength(size);
    for (let at = 0; at < size; at += piece.length) {
      expect(received?.subarray(at, at + piece.length)).toEqual(piece);
    }
  });

  test("gathers a frame that comes byte by byte in linear time", () => {
    const millisecondsFor = (size: number): number => {
      const reader = new FrameReader();
      const byte = new Uint8Array(1);
      let frames = 0;
      const onFrame = (): unknown => (frames += 1);
      const spent = cpuMilliseconds(() => {
        reader.push(encodeHeader(size), onFrame);
        for (let sent = 0; sent < size; sent += 1) reader.push(byte, onFrame);
      });
      expect(frames).toBe(1);
      return spent;
    };
    const fastestFor = (size: number): number =>
      Math.min(...Array.from({ length: 4 }, () => millisecondsFor(size)));
    millisecondsFor(100_000);
    // 16 times the bytes: 16 times the time, where copying everything at each byte would take 256 times.
    expect(fastestFor(1_048_576) / fastestFor(65_536)).toBeLessThan(64);
  });
});

describe("FrameReader.bufferedBytes and pendingFrameBytes", () => {
  test("say at every byte how much of the frame is there and how much is announced", () => {
    const reader = new FrameReader();
    const seen: [number, number | undefined][] = [];
    for (const piece of byteByByte(frameOf(fromText("abc")))) {
      reader.push(piece, () => undefined);
      seen.push([reader.bufferedBytes, reader.pendingFrameBytes]);
    }
    expect(seen).toEqual([
      ...Array.from({ length: 9 }, (_, index): [number, undefined] => [index + 1, undefined]),
      [10, 3],
      [11, 3],
      [12, 3],
      [0, undefined],
    ]);
  });

  test("are already those of the next frame inside onFrame", () => {
    const reader = new FrameReader();
    const seen: unknown[] = [];
    const note = (): unknown => seen.push([reader.bufferedBytes, reader.pendingFrameBytes]);
    for (const piece of [STREAM.subarray(0, 25), STREAM.subarray(25)]) reader.push(piece, note);
    expect(seen).toEqual(PAYLOADS.map(() => [0, undefined]));
  });
});

describe("FrameReader.end", () => {
  test("accepts the end between two frames", () => {
    const reader = new FrameReader();
    payloadsOf(reader, [STREAM]);
    expect(() => reader.end()).not.toThrow();
  });
});

describe("FrameReader.suspend", () => {
  test("stops after the payload under way, and says how much was taken, wherever the cuts are", () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      const reader = new FrameReader();
      const seen: Uint8Array[] = [];
      let rests = 0;
      for (const chunk of [STREAM.subarray(0, cut), STREAM.subarray(cut)]) {
        let rest = chunk;
        while (rest.length > 0) {
          const before = seen.length;
          const taken = reader.push(rest, (bytes, start, end) => {
            seen.push(bytes.slice(start, end));
            reader.suspend();
          });
          expect(seen.length - before).toBeWithin(0, 2);
          rest = rest.subarray(taken);
          rests += 1;
        }
      }
      expect(seen).toEqual(PAYLOADS);
      expect(rests).toBeGreaterThanOrEqual(PAYLOADS.length);
      reader.end();
    }
  });

  test("holds for the chunk under way only", () => {
    const reader = new FrameReader();
    reader.suspend();
    expect(payloadsOf(reader, [STREAM])).toEqual(PAYLOADS);
    expect(reader.push(STREAM, () => {})).toBe(STREAM.length);
  });

  test("is nothing beside stop", () => {
    const reader = new FrameReader();
    const taken = reader.push(STREAM, () => {
      reader.stop();
      reader.suspend();
    });
    expect(taken).toBe(STREAM.length);
    expect(payloadsOf(reader, [STREAM])).toEqual([]);
  });
});
