// What breaks a stream, and what the reader holds while it waits for more.

import { describe, expect, test } from "bun:test";

import { FrameReader } from "../../src/frame/frame-reader.ts";
import { encodeHeader, MAX_ANNOUNCED_BYTES } from "../../src/frame/header.ts";
import { saludo } from "../../src/saludo.ts";
import { concat, frameOf, fromHex, fromText } from "../support/bytes.ts";
import { errorOf, expectError } from "../support/errors.ts";
import { byteByByte, payloadsOf } from "../support/frames.ts";

const ignore = (): void => undefined;

describe("FrameReader limits", () => {
  test("accept a frame at maxFrameBytes and refuse one byte more from the header alone", () => {
    for (const limit of [1, 2, 9, 10, 4096, 1_048_576]) {
      const reader = new FrameReader({ maxFrameBytes: limit });
      expect(payloadsOf(reader, [frameOf(new Uint8Array(limit))])).toHaveLength(1);
      expectError(() => reader.push(encodeHeader(limit + 1), ignore), "frame-too-large", {
        message: `Cannot read frame: header announces ${limit + 1} bytes, limit ${limit}`,
      });
    }
  });

  test("are 1 MiB of payload by default", () => {
    expect(new FrameReader().maxFrameBytes).toBe(1_048_576);
    expectError(() => new FrameReader().push(fromText("73400320  "), ignore), "frame-too-large", {
      message: "Cannot read frame: header announces 73400320 bytes, limit 1048576",
    });
  });

  test.each(["1048577", "2147483647", "2147483648", "4294967295", "4294967296", "9999999999"])(
    "refuse an announced %s, however the header is cut",
    (digits) => {
      const header = fromText(digits.padEnd(10));
      for (const pieces of [
        [header],
        [header.slice(0, 4), header.slice(4)],
        [...byteByByte(header)],
      ]) {
        expectError(() => payloadsOf(new FrameReader(), pieces), "frame-too-large");
      }
    },
  );

  test("refuse a frame behind others after handing those out", () => {
    const reader = new FrameReader({ maxFrameBytes: 4 });
    const payloads: Uint8Array[] = [];
    const stream = concat(frameOf(fromText("hola")), frameOf(fromText("demasiado")));
    const push = (): number =>
      reader.push(stream, (bytes, start, end) => payloads.push(bytes.slice(start, end)));
    expectError(push, "frame-too-large");
    expect(payloads).toEqual([fromText("hola")]);
  });

  test("hold from the next header on when lowered between frames", () => {
    const reader = new FrameReader({ maxFrameBytes: 8 });
    expect(payloadsOf(reader, [frameOf(new Uint8Array(8))])).toHaveLength(1);
    reader.maxFrameBytes = 7;
    expectError(() => reader.push(frameOf(new Uint8Array(8)), ignore), "frame-too-large");
  });

  test("spare the frame under way when lowered in the middle of it", () => {
    const frame = frameOf(new Uint8Array(8));
    for (const cut of [10, 11, 17]) {
      const reader = new FrameReader({ maxFrameBytes: 8 });
      expect(payloadsOf(reader, [frame.subarray(0, cut)])).toEqual([]);
      reader.maxFrameBytes = 1;
      expect(payloadsOf(reader, [frame.subarray(cut)])).toHaveLength(1);
      expectError(() => reader.push(frameOf(new Uint8Array(2)), ignore), "frame-too-large");
    }
  });

  test("judge a header that is not whole yet by the limit at its last byte", () => {
    const reader = new FrameReader({ maxFrameBytes: 8 });
    reader.push(fromText("8  "), ignore);
    reader.maxFrameBytes = 7;
    expectError(() => reader.push(fromText("       "), ignore), "frame-too-large");
  });

  test("hold for the rest of the chunk when changed inside onFrame", () => {
    const reader = new FrameReader({ maxFrameBytes: 2 });
    const stream = concat(frameOf(fromText("ab")), frameOf(fromText("hola")));
    let frames = 0;
    reader.push(stream, () => {
      frames += 1;
      reader.maxFrameBytes = 4;
    });
    expect(frames).toBe(2);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, MAX_ANNOUNCED_BYTES + 1])(
    "cannot be set to %p",
    (bytes) => {
      const message = `maxFrameBytes: expected an integer from 1 to 9999999999, got ${bytes}`;
      const reader = new FrameReader();
      expectError(() => (reader.maxFrameBytes = bytes), "option-invalid", { message });
      expectError(() => new FrameReader({ maxFrameBytes: bytes }), "option-invalid", { message });
      expect(reader.maxFrameBytes).toBe(1_048_576);
    },
  );
});

describe("FrameReader memory", () => {
  test("follows what arrived: ten bytes of an announced ten billion cost next to nothing", () => {
    // No runtime has 10 GB in one buffer, and a thousand readers of 1 GB each would not fit either.
    const readers = Array.from({ length: 1000 }, (_, index) => {
      const reader = new FrameReader({ maxFrameBytes: MAX_ANNOUNCED_BYTES });
      const announced = index === 0 ? MAX_ANNOUNCED_BYTES : 1_000_000_000;
      reader.push(concat(encodeHeader(announced), new Uint8Array(10)), ignore);
      return reader;
    });
    const before = process.memoryUsage().rss;
    for (const reader of readers) {
      for (const byte of byteByByte(new Uint8Array(100))) reader.push(byte, ignore);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    expect(readers.every((reader) => reader.bufferedBytes === 120)).toBe(true);
  });

  test("is given back with the frame", () => {
    const reader = new FrameReader();
    payloadsOf(reader, [...byteByByte(frameOf(new Uint8Array(5000)))]);
    expect([reader.bufferedBytes, reader.pendingFrameBytes]).toEqual([0, undefined]);
  });
});

describe("FrameReader failures", () => {
  const FAULTS: readonly [
    what: string,
    bytes: Uint8Array,
    code: "header-invalid" | "frame-empty" | "frame-too-large",
  ][] = [
    ["a length of 0", fromText("0         "), "frame-empty"],
    ["typed text", fromText("hola hola "), "header-invalid"],
    ["a right-aligned length", fromText("        60"), "header-invalid"],
    ["a binary length", fromHex("0000003c000000000000"), "header-invalid"],
    ["too long a frame", fromText("9999999999"), "frame-too-large"],
  ];

  test.each(FAULTS)(
    "of %s are the same whole, in two pieces and byte by byte",
    (_, bytes, code) => {
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
        expectError(() => payloadsOf(new FrameReader(), pieces), code);
      }
      expectError(() => payloadsOf(new FrameReader(), byteByByte(bytes)), code);
    },
  );

  test.each(FAULTS)(
    "of %s are final: later chunks throw the same error, frames or not",
    (_, bytes) => {
      const reader = new FrameReader();
      const first = errorOf(() => reader.push(bytes, ignore));
      let frames = 0;
      for (const chunk of [frameOf(fromText("hola")), fromText("x"), new Uint8Array(0)]) {
        expect(errorOf(() => reader.push(chunk, () => (frames += 1)))).toBe(first);
      }
      expect(frames).toBe(0);
      expect([reader.bufferedBytes, reader.pendingFrameBytes]).toEqual([0, undefined]);
      expect(() => reader.end()).not.toThrow();
    },
  );

  test("come at the first byte that no header has, without waiting for ten", () => {
    for (const text of ["\n", "hola\n", "60\0", "GET /\r\n", "\x16\x03\x01"]) {
      expectError(() => new FrameReader().push(fromText(text), ignore), "header-invalid");
    }
    expectError(
      () => payloadsOf(new FrameReader(), byteByByte(fromText("hola\nhola\n"))),
      "header-invalid",
      {
        message:
          'Cannot read frame: expected ten bytes of decimal length padded with spaces, got "hola\\x0a" ' +
          "(this looks like typed text; frames carry CBOR behind a length)",
      },
    );
  });

  test("come with the tenth byte where the first nine could still be explained", () => {
    const reader = new FrameReader();
    reader.push(fromText("GET / HTT"), ignore);
    expectError(() => reader.push(fromText("P"), ignore), "header-invalid");
  });

  test("come after the whole frames before them, in the same chunk", () => {
    const payloads: Uint8Array[] = [];
    const chunk = concat(
      frameOf(fromText("uno")),
      frameOf(fromText("dos")),
      fromText("tres tres!"),
    );
    const push = (): number =>
      new FrameReader().push(chunk, (bytes, start, end) => payloads.push(bytes.slice(start, end)));
    expectError(push, "header-invalid");
    expect(payloads).toEqual([fromText("uno"), fromText("dos")]);
  });
});

describe("FrameReader.end", () => {
  const frame = frameOf(fromText("hola"));

  test("says at every byte of a frame how much of it is missing", () => {
    for (let cut = 1; cut < frame.length; cut += 1) {
      const reader = new FrameReader();
      reader.push(frame.subarray(0, cut), ignore);
      const progress =
        cut < 10 ? `${cut} of the header's 10 bytes` : `${cut - 10} of 4 payload bytes`;
      expectError(() => reader.end(), "frame-truncated", {
        message: `Cannot read frame: the stream ended after ${progress}`,
      });
    }
  });

  test("leaves the reader failed", () => {
    const reader = new FrameReader();
    reader.push(frame.subarray(0, 12), ignore);
    const error = errorOf(() => reader.end());
    expect(errorOf(() => reader.push(frame, ignore))).toBe(error);
    expect(reader.bufferedBytes).toBe(0);
  });

  test("comes after the whole frames before the cut", () => {
    const reader = new FrameReader();
    expect(payloadsOf(reader, [concat(frame, frame.subarray(0, 13))])).toEqual([fromText("hola")]);
    expectError(() => reader.end(), "frame-truncated");
  });
});

describe("FrameReader.stop", () => {
  const three = concat(...["uno", "dos", "tres"].map((text) => frameOf(fromText(text))));

  test("inside onFrame drops the rest of the chunk and all that comes later", () => {
    for (let cut = 13; cut <= three.length; cut += 1) {
      const reader = new FrameReader();
      const seen: string[] = [];
      const onFrame = (bytes: Uint8Array, start: number, end: number): void => {
        seen.push(new TextDecoder().decode(bytes.subarray(start, end)));
        reader.stop();
      };
      for (const piece of [three.subarray(0, cut), three.subarray(cut), three]) {
        reader.push(piece, onFrame);
      }
      expect(seen).toEqual(["uno"]);
      expect(reader.bufferedBytes).toBe(0);
      reader.end();
    }
  });

  test("inside onFrame of a gathered frame drops the rest too", () => {
    const reader = new FrameReader();
    let frames = 0;
    for (const piece of byteByByte(three)) {
      reader.push(piece, () => {
        frames += 1;
        reader.stop();
      });
    }
    expect(frames).toBe(1);
  });

  test("outside onFrame forgets the frame under way", () => {
    const reader = new FrameReader();
    reader.push(three.subarray(0, 12), ignore);
    reader.stop();
    expect([reader.bufferedBytes, reader.pendingFrameBytes]).toEqual([0, undefined]);
    expect(payloadsOf(reader, [three.subarray(12), three])).toEqual([]);
  });

  test("hides garbage that comes later", () => {
    const reader = new FrameReader();
    reader.stop();
    expect(() => reader.push(fromText("GET / HTTP/1.1\r\n"), ignore)).not.toThrow();
  });
});

describe("an exception of onFrame", () => {
  const twice = concat(frameOf(fromText("uno")), frameOf(fromText("dos")));

  test.each([
    ["in one chunk", [twice]],
    ["byte by byte", [...byteByByte(twice)]],
  ])("passes through and stops the reader, %s", (_, pieces) => {
    const reader = new FrameReader();
    const thrown: unknown[] = [];
    let frames = 0;
    for (const piece of [...pieces, twice]) {
      try {
        reader.push(piece, () => {
          frames += 1;
          throw new Error("handler");
        });
      } catch (error) {
        thrown.push(error);
      }
    }
    expect(frames).toBe(1);
    expect(thrown).toEqual([new Error("handler")]);
  });
});

test.each([
  [null],
  [undefined],
  ["1         \xf6"],
  [new ArrayBuffer(4)],
  [[1, 2, 3]],
  [5],
  [new DataView(new ArrayBuffer(4))],
])("%#: what is no Uint8Array is refused, and nothing of it taken", (chunk) => {
  const given = chunk as never;
  const reader = new FrameReader();
  expectError(() => reader.push(given, () => {}), "option-invalid");
  expect(reader.bufferedBytes).toBe(0);
  const frames: number[] = [];
  reader.push(saludo.client.encodeFrame({ type: "say", text: "x" }), (_, start, end) =>
    frames.push(end - start),
  );
  expect(frames).toHaveLength(1);
  expectError(() => saludo.client.decode(given), "option-invalid");
});

test("options and a callback that are none are refused", () => {
  for (const options of [null, "x", 5]) {
    expectError(() => new FrameReader(options as never), "option-invalid");
  }
  for (const onFrame of [null, undefined, "x", {}]) {
    expectError(
      () => new FrameReader().push(new Uint8Array(1), onFrame as never),
      "option-invalid",
    );
  }
  for (const length of [Symbol("x"), Object.create(null), 5n, "5", null]) {
    expectError(() => encodeHeader(length as never), "option-invalid");
    expectError(() => new FrameReader({ maxFrameBytes: length as never }), "option-invalid");
  }
});
