import { describe, expect, test } from "bun:test";

import { exitCodes } from "@typewire/command";
import type { CloseCode } from "@typewire/connection";

import { attemptExitCodeOf, exitCodeOf, withRefusals, withUnsent } from "../src/exit-code.ts";

/** Every code, so that a new one fails here until its exit code is decided. */
const table: Readonly<Record<CloseCode, number>> = {
  done: 0,
  internal: 1,
  "protocol-invalid": 1,
  "listen-failed": 1,
  "connection-closed": 1,
  "queue-full": 1,
  "deadline-exceeded": 1,
  "topic-invalid": 1,
  "topic-limit": 1,
  "option-invalid": 2,
  "connect-failed": 3,
  "connect-timeout": 3,
  "tls-failed": 3,
  "schema-mismatch": 6,
  "unknown-type": 6,
  "unknown-call": 6,
  "invalid-input": 6,
  "invalid-item": 6,
  "invalid-answer": 6,
  "too-many-errors": 6,
  "protocol-mismatch": 7,
  "hello-timeout": 7,
  "hello-required": 7,
  "auth-required": 7,
  "auth-failed": 7,
  "header-invalid": 8,
  "frame-empty": 8,
  "frame-too-large": 8,
  "frame-truncated": 8,
  "frame-timeout": 8,
  "cbor-malformed": 8,
  "cbor-unsupported": 8,
  "cbor-limit": 8,
  "peer-closed": 9,
  "auth-expired": 9,
  "connection-reset": 9,
  "slow-consumer": 9,
  "heartbeat-lost": 9,
  "write-timeout": 9,
  "too-many-connections": 9,
  "shutting-down": 9,
};
const codes = Object.entries(table) as ReadonlyArray<readonly [CloseCode, number]>;

describe("exitCodeOf", () => {
  test.each(codes)("%s is %d", (code, exitCode) => {
    expect<number>(exitCodeOf(code)).toBe(exitCode);
  });
});

describe("attemptExitCodeOf", () => {
  test("takes a server that hangs up before its first message for unreachable", () => {
    expect(attemptExitCodeOf("too-many-connections")).toBe(exitCodes.unreachable);
    expect(attemptExitCodeOf("header-invalid")).toBe(exitCodes.brokenBytes);
  });
});

describe("withRefusals", () => {
  test("explains 3, 5 and 9 by what the schema forbade, and nothing else", () => {
    const explained = Object.values(exitCodes).filter((code) => withRefusals(code, true) !== code);
    expect(explained).toEqual([3, 5, 9]);
    expect(withRefusals(exitCodes.timedOut, true)).toBe(exitCodes.forbiddenMessage);
    expect(withRefusals(exitCodes.timedOut, false)).toBe(exitCodes.timedOut);
  });
});

describe("withUnsent", () => {
  test("makes 0 a 9 where stdin has not left, and keeps every other code", () => {
    const explained = Object.values(exitCodes).filter((code) => withUnsent(code, true) !== code);
    expect(explained).toEqual([0]);
    expect(withUnsent(exitCodes.done, true)).toBe(exitCodes.peerClosed);
    expect(withUnsent(exitCodes.done, false)).toBe(exitCodes.done);
  });
});
