import { describe, expect, test } from "bun:test";

import { describeEnd, isOrdinaryEnd } from "../src/index.ts";

describe("describeEnd", () => {
  test("has words for ordinary ends, in both languages", () => {
    const reason = "The peer closed the connection";
    expect(describeEnd("peer-closed", reason, "en")).toBe(reason);
    expect(describeEnd("peer-closed", reason, "es")).toBe("el otro extremo ha cerrado la conexión");
  });

  test.each(["en", "es"] as const)("names an error by its code, once (%s)", (language) => {
    expect(describeEnd("frame-empty", "Cannot read frame", language)).toBe(
      "frame-empty: Cannot read frame",
    );
    expect(describeEnd("schema-mismatch", "schema-mismatch at /a: …", language)).toBe(
      "schema-mismatch at /a: …",
    );
  });
});

describe("isOrdinaryEnd", () => {
  test("is true where neither end is at fault", () => {
    const codes = ["done", "peer-closed", "connection-reset", "internal", "toString"];
    expect(codes.filter(isOrdinaryEnd)).toEqual(["done", "peer-closed", "connection-reset"]);
  });
});
