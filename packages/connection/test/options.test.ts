import { describe, expect, test } from "bun:test";

import { namesLike, refuseUnknownOptions } from "../src/options.ts";

const known = [
  "port",
  "hostname",
  "maxConnections",
  "maxConnectionsPerAddress",
  "connectTimeoutMs",
];

describe("refuseUnknownOptions", () => {
  test("takes what is known, and nothing else", () => {
    expect(refuseUnknownOptions({}, known)).toBeUndefined();
    expect(refuseUnknownOptions({ port: 1, maxConnections: undefined }, known)).toBeUndefined();
    expect(() => refuseUnknownOptions({ port: 1, maxConections: 5 }, known)).toThrow(
      "maxConections: no such option; expected maxConnections",
    );
  });

  test("says where the option stands, and lists all where none is like it", () => {
    expect(() => refuseUnknownOptions({ zzz: 1 }, ["a", "b"], "tls.")).toThrow(
      "tls.zzz: no such option; expected one of a, b",
    );
  });

  test("refuses the names that every object inherits", () => {
    const options = JSON.parse('{"__proto__": 1}') as object;
    expect(() => refuseUnknownOptions(options, known)).toThrow("__proto__: no such option");
    expect(() => refuseUnknownOptions({ constructor: 1 }, known)).toThrow("constructor: no such");
  });

  test.each([[undefined], [null], ["port"]])("refuses %p in the place of options", (options) => {
    expect(() => refuseUnknownOptions(options as unknown as object, known)).toThrow(
      "options: expected an object",
    );
  });
});

describe("namesLike", () => {
  test.each([
    ["prot", ["port"]],
    ["PORT", ["port"]],
    ["hostName", ["hostname"]],
    ["host", ["hostname"]],
    ["maxConnection", ["maxConnections"]],
    ["maxConnectionsPerAdress", ["maxConnectionsPerAddress"]],
    ["timeout", ["connectTimeoutMs"]],
    ["maxConn", ["maxConnections", "maxConnectionsPerAddress"]],
    ["tls", []],
    ["", []],
  ])("of %s", (name, expected) => {
    expect(namesLike(name, known)).toEqual(expected);
  });
});
