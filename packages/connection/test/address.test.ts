import { describe, expect, test } from "bun:test";

import { describeSystemError, formatAddress } from "../src/index.ts";

describe("formatAddress", () => {
  test("writes an IPv6 address in brackets, and the path of a Unix socket", () => {
    expect(formatAddress({ hostname: "::1", port: 80 })).toBe("[::1]:80");
    expect(formatAddress({ hostname: "127.0.0.1", port: 80 })).toBe("127.0.0.1:80");
    expect(formatAddress({ unix: "/run/x.sock" })).toBe("unix:/run/x.sock");
  });
});

describe("describeSystemError", () => {
  const reasons = { ECONNREFUSED: "connection refused" };

  test("has words for a known code, the system's for another, and never fails", () => {
    const refused = Object.assign(new Error("Failed to connect"), { code: "ECONNREFUSED" });
    expect(describeSystemError(refused, reasons)).toBe("connection refused (ECONNREFUSED)");
    const other = Object.assign(new Error("no buffer space"), { code: "ENOBUFS" });
    expect(describeSystemError(other, reasons)).toBe("no buffer space (ENOBUFS)");
    expect(describeSystemError(new Error("odd"), reasons)).toBe("odd");
    expect(describeSystemError("odd", reasons)).toBe("unknown reason");
  });
});
