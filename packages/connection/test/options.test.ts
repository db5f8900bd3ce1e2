import { describe, expect, test } from "bun:test";

import { TypewireError } from "@typewire/protocol";

import { aText, milliseconds, type OptionChecks, positiveInteger } from "../src/option-checks.ts";
import { tellOption } from "../src/option-value.ts";
import { checkOption, checkOptions, checkOptionValues, namesLike } from "../src/options.ts";
import { MAX_TIMER_MS } from "../src/longest-timer.ts";

const checks: OptionChecks = {
  port: positiveInteger,
  hostname: aText,
  maxConnections: positiveInteger,
  maxConnectionsPerAddress: positiveInteger,
  connectTimeoutMs: milliseconds(1),
};
const known = Object.keys(checks);

describe("checkOptions", () => {
  test("takes what is known, and nothing else", () => {
    expect(checkOptions({}, checks)).toBeUndefined();
    expect(checkOptions({ port: 1, maxConnections: undefined }, checks)).toBeUndefined();
    expect(() => checkOptions({ port: 1, maxConections: 5 }, checks)).toThrow(
      "maxConections: no such option; expected maxConnections",
    );
  });

  test("says where the option stands, and lists all where none is like it", () => {
    expect(() => checkOptions({ zzz: 1 }, { a: aText, b: aText }, "tls.")).toThrow(
      "tls.zzz: no such option; expected one of a, b",
    );
    expect(() => checkOptions({ a: 1 }, { a: aText }, "tls.")).toThrow(
      "tls.a: expected a text, got 1",
    );
  });

  test("refuses the names that every object inherits", () => {
    const options = JSON.parse('{"__proto__": 1}') as object;
    expect(() => checkOptions(options, checks)).toThrow("__proto__: no such option");
    expect(() => checkOptions({ constructor: 1 }, checks)).toThrow("constructor: no such");
  });

  test.each([[undefined], [null], ["port"], [[]], [() => {}]])(
    "refuses %p in the place of options",
    (options) => {
      expect(() => checkOptions(options as unknown as object, checks)).toThrow(
        "options: expected an object, got",
      );
    },
  );
});

describe("checkOptionValues", () => {
  test("looks at what an object inherits as well, and overlooks names", () => {
    class Configured {
      other = 1;
      get port(): string {
        return "8080";
      }
    }
    expect(() => checkOptionValues(new Configured(), checks)).toThrow(
      "port: expected a positive integer, got a text",
    );
    expect(checkOptionValues({ other: 1 }, checks)).toBeUndefined();
  });
});

describe("milliseconds", () => {
  test.each([1, 0.5, 1000, MAX_TIMER_MS])("allows %d", (value) => {
    expect(checkOption("waitMs", value, milliseconds(0.5))).toBeUndefined();
  });

  test.each([0, -1, NaN, Infinity, -Infinity, 2 ** 31, 1e13, "5", 5n, null])(
    "refuses %p, naming the option",
    (value) => {
      expect(() => checkOption("waitMs", value, milliseconds(1))).toThrow(
        new TypewireError(
          "option-invalid",
          `waitMs: expected milliseconds from 1 to 2147483647, got ${tellOption(value)}`,
        ),
      );
    },
  );
});

describe("tellOption", () => {
  test.each([
    ["8080", "a text"],
    ["", "an empty text"],
    [8080, "8080"],
    [NaN, "NaN"],
    [5n, "5n"],
    [null, "null"],
    [Symbol("secret"), "a symbol"],
    [() => "secret", "a function"],
    [["secret"], "a list"],
    [new Uint8Array(1), "bytes"],
    [Object.create(null), "an object"],
    [{ secret: 1 }, "an object"],
    [Object.create({ constructor: "secret" }), "an object"],
    [new AbortController().signal, "an object of the class AbortSignal"],
    [new Map([["secret", 1]]), "an object of the class Map"],
  ])("%#: says nothing of what may be secret", (value: unknown, told) => {
    expect(tellOption(value)).toBe(told);
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
