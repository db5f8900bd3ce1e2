import { describe, expect, test } from "bun:test";

import {
  cannotBecomeHeader,
  decodeHeader,
  encodeHeader,
  HEADER_BYTES,
  invalidHeader,
  MAX_ANNOUNCED_BYTES,
} from "../../src/frame/header.ts";
import { concat, fromHex, fromText } from "../support/bytes.ts";
import { errorOf, expectError } from "../support/errors.ts";

const WANTED = "Cannot read frame: expected ten bytes of decimal length padded with spaces, got ";

describe("encodeHeader", () => {
  test("writes the tutorial's header: digits on the left, spaces to ten bytes", () => {
    expect(encodeHeader(60)).toEqual(fromText("60        "));
    expect(encodeHeader(60)).toHaveLength(HEADER_BYTES);
  });

  test("writes every number of digits", () => {
    for (let length = 1; length <= MAX_ANNOUNCED_BYTES; length *= 10) {
      for (const value of [length, length * 9, length * 10 - 1]) {
        expect(encodeHeader(value)).toEqual(fromText(String(value).padEnd(10)));
      }
    }
  });

  test.each([0, -1, 1.5, MAX_ANNOUNCED_BYTES + 1, 2 ** 53, Number.NaN, Infinity])(
    "refuses a length of %p",
    (length) => {
      expectError(() => encodeHeader(length), "option-invalid", {
        message: `Cannot write header: expected a length from 1 to 9999999999, got ${length}`,
      });
    },
  );
});

describe("decodeHeader", () => {
  test("reads what encodeHeader writes", () => {
    for (const length of [1, 9, 10, 60, 1_048_576, 2 ** 31, 2 ** 32, MAX_ANNOUNCED_BYTES]) {
      expect(decodeHeader(encodeHeader(length))).toBe(length);
    }
  });

  test("reads at an offset, and nothing beyond its ten bytes", () => {
    expect(decodeHeader(concat(fromText("9x"), fromText("42        "), fromText("7")), 2)).toBe(42);
  });

  test.each([
    ["0000000060", 60],
    ["007       ", 7],
    ["2147483647", 2_147_483_647],
    ["4294967295", 4_294_967_295],
    ["9999999999", 9_999_999_999],
  ])("accepts %p", (text, length) => {
    expect(decodeHeader(fromText(text))).toBe(length);
  });

  test.each(["0         ", "0000000000", "00        "])("calls %p an empty frame", (text) => {
    expectError(() => decodeHeader(fromText(text)), "frame-empty", {
      message: "Cannot read frame: header announces 0 bytes, expected a payload of at least 1",
    });
  });

  test.each([
    ["+60       ", `"+60       "`],
    ["-1        ", `"-1        "`],
    ["6 0       ", `"6 0       "`],
    ["60.0      ", `"60.0      "`],
    ["1,024     ", `"1,024     "`],
    ["          ", `"          "`],
    ["60\t       ", `"60\\x09       "`],
    ["60\0\0\0\0\0\0\0\0", `"60\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"`],
    [
      "60       \n",
      `"60       \\x0a" (this looks like typed text; frames carry CBOR behind a length)`,
    ],
    [`"60"      `, `"\\"60\\"      "`],
    ["6\\        ", `"6\\\\        "`],
    ["\u0666\u0660      ", `"\\xd9\\xa6\\xd9\\xa0      "`],
  ])("refuses %p and quotes it", (text, quoted) => {
    expectError(() => decodeHeader(fromText(text)), "header-invalid", { message: WANTED + quoted });
  });

  test.each([
    [
      "a right-aligned length",
      fromText("        60"),
      "the length is aligned to the right; it belongs on the left",
    ],
    [
      "hexadecimal",
      fromText("0x3c      "),
      "this looks like typed text; frames carry CBOR behind a length",
    ],
    [
      "a GET",
      fromText("GET / HTTP/1.1"),
      "this looks like an HTTP request; Typewire speaks its own protocol over plain TCP",
    ],
    [
      "a POST",
      fromText("POST /index"),
      "this looks like an HTTP request; Typewire speaks its own protocol over plain TCP",
    ],
    [
      "an HTTP response",
      fromText("HTTP/1.1 400"),
      "this looks like an HTTP response; the peer is a web server",
    ],
    ["HTTP/2", fromText("PRI * HTTP/2.0"), "this looks like HTTP/2"],
    [
      "an SSH banner",
      fromText("SSH-2.0-OpenSSH"),
      "this looks like an SSH banner; the peer is an SSH server",
    ],
    [
      "a PROXY header",
      fromText("PROXY TCP4 10.0.0.1"),
      "this looks like a PROXY protocol header; turn it off in the proxy",
    ],
    ["a RESP command", fromText("*1\r\n$4\r\nPING\r\n"), "this looks like the Redis protocol"],
    ["an inline PING", fromText("PING\r\nPING\r\n"), "this looks like the Redis protocol"],
    [
      "a TLS ClientHello",
      fromHex("16030102000100 01fc03"),
      "this looks like a TLS handshake; this port speaks plain TCP",
    ],
    [
      "a TLS alert",
      fromHex("15030100020246000000"),
      "this looks like a TLS alert; the peer expects TLS",
    ],
    [
      "typed text",
      fromText("hola a todos"),
      "this looks like typed text; frames carry CBOR behind a length",
    ],
    [
      "typed digits and return",
      fromText("60\r\n      "),
      "this looks like typed text; frames carry CBOR behind a length",
    ],
    [
      "a binary length",
      fromHex("0000003c000000000000"),
      "this looks like a binary length; it must be written in digits",
    ],
    [
      "all zeros",
      new Uint8Array(10),
      "this looks like a binary length; it must be written in digits",
    ],
  ])("says what %s looks like", (_, bytes, likeness) => {
    const error = errorOf(() => decodeHeader(bytes));
    expect(error.code).toBe("header-invalid");
    expect(error.message).toStartWith(`${WANTED}"`);
    expect(error.message).toEndWith(` (${likeness})`);
  });

  test.each([
    ["all 0xff", new Uint8Array(10).fill(0xff)],
    ["a bare CBOR map", fromHex("a26474797065637361 79")],
  ])("has no guess for %s", (_, bytes) => {
    const error = errorOf(() => decodeHeader(bytes));
    expect(error.code).toBe("header-invalid");
    expect(error.message).toMatch(/, got "[^(]*"$/);
  });

  test("refuses fewer than ten bytes", () => {
    expectError(() => decodeHeader(fromText("60")), "header-invalid", { message: `${WANTED}"60"` });
  });
});

describe("cannotBecomeHeader", () => {
  test.each(["6", "60 ", "G", "GET / HTT", " ", "~", "          "])(
    "waits for more after %p",
    (text) => {
      const bytes = fromText(text);
      expect(cannotBecomeHeader(bytes, 0, bytes.length)).toBe(false);
    },
  );

  test.each([0x00, 0x09, 0x0a, 0x0d, 0x16, 0x1f, 0x7f, 0x80, 0xa2, 0xff])(
    "gives up at once on byte %p",
    (byte) => {
      expect(cannotBecomeHeader(Uint8Array.of(0x36, byte), 0, 2)).toBe(true);
    },
  );

  test("looks only between start and end", () => {
    expect(cannotBecomeHeader(Uint8Array.of(0, 0x36, 0), 1, 2)).toBe(false);
  });
});

describe("invalidHeader", () => {
  test("quotes only the bytes that came", () => {
    expect(invalidHeader(fromText("hola\n???????"), 0, 5).message).toBe(
      `${WANTED}"hola\\x0a" (this looks like typed text; frames carry CBOR behind a length)`,
    );
  });

  test("tells a TLS handshake from its first byte", () => {
    expect(invalidHeader(fromHex("16"), 0, 1).message).toContain("TLS handshake");
  });
});
