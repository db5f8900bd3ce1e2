import { describe, expect, test } from "bun:test";

import { findPython, pythonWithCbor2 } from "./python.ts";

describe("findPython", () => {
  test("finds the interpreter that the other tests use", () => {
    expect(pythonWithCbor2()).toStartWith("/");
  });

  test("says what to install when no interpreter has cbor2", () => {
    const install = "apt-get install -y python3-cbor2";
    expect(() => findPython(["no-such-python", "false"])).toThrow(install);
  });
});
