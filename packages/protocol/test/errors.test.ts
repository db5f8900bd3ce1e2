import { describe, expect, test } from "bun:test";

import {
  appendPointer,
  isFatal,
  isWireErrorCode,
  schemaMismatch,
  toPointer,
  TypewireError,
} from "../src/errors.ts";

describe("TypewireError", () => {
  test("carries its code, and path and cause where it has them", () => {
    const cause = new Error("inner");
    const error = new TypewireError("internal", "The handler failed", { path: "/a", cause });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.message, error.path]).toEqual([
      "TypewireError",
      "internal",
      "The handler failed",
      "/a",
    ]);
    expect(error.cause).toBe(cause);
    const bare = new TypewireError("internal", "x");
    expect(bare.path).toBeUndefined();
    expect("cause" in bare).toBe(false);
  });
});

describe("isFatal", () => {
  test.each(["schema-mismatch", "unknown-type"] as const)("forgives %s", (code) => {
    expect(isFatal(code)).toBe(false);
  });

  test.each([
    "header-invalid",
    "frame-empty",
    "frame-too-large",
    "frame-truncated",
    "frame-timeout",
    "cbor-malformed",
    "cbor-unsupported",
    "cbor-limit",
    "too-many-errors",
    "protocol-mismatch",
    "hello-timeout",
    "hello-required",
    "slow-consumer",
    "heartbeat-lost",
    "write-timeout",
    "too-many-connections",
    "shutting-down",
    "internal",
    "protocol-invalid",
    "option-invalid",
    "connect-failed",
    "connect-timeout",
    "listen-failed",
    "connection-closed",
    "queue-full",
  ] as const)("does not forgive %s", (code) => {
    expect(isFatal(code)).toBe(true);
  });
});

describe("isWireErrorCode", () => {
  test.each(["header-invalid", "schema-mismatch", "heartbeat-lost", "internal"])(
    "knows %s",
    (code) => {
      expect(isWireErrorCode(code)).toBe(true);
    },
  );

  test.each([
    "connect-failed",
    "option-invalid",
    "a code of the future",
    "toString",
    "__proto__",
    "",
  ])("does not know %p", (code) => {
    expect(isWireErrorCode(code)).toBe(false);
  });
});

describe("toPointer", () => {
  test.each([
    [[], ""],
    [["a", 0, "b"], "/a/0/b"],
    [["", "a/b", "~", "~1"], "//a~1b/~0/~01"],
  ])("writes %j as RFC 6901 asks", (segments, pointer) => {
    expect(toPointer(segments)).toBe(pointer);
  });

  test("appends one segment at a time as well", () => {
    expect(appendPointer(appendPointer("", "a/b"), 3)).toBe("/a~1b/3");
  });
});

describe("schemaMismatch", () => {
  test("says where, unless it is the whole", () => {
    expect(schemaMismatch("/words/3", "text", "integer").message).toBe(
      "schema-mismatch at /words/3: expected text, got integer",
    );
    const whole = schemaMismatch("", "map", "null");
    expect([whole.message, whole.path]).toEqual(["schema-mismatch: expected map, got null", ""]);
  });
});
