import { describe, expect, test } from "bun:test";

import { type ClientFlags, readClientCommandLine } from "../src/command-line.ts";

const defaults: ClientFlags = {
  addresses: [{ hostname: "127.0.0.1", port: 8080 }],
  output: "human",
  connectTimeout: 10_000,
  reconnect: true,
  limits: {},
  log: "human",
  logLimit: 100,
  trace: false,
};

describe("readClientCommandLine", () => {
  test("has the defaults that --help announces", () => {
    expect(readClientCommandLine([])).toEqual({ kind: "run", options: defaults });
    const help = readClientCommandLine(["--help"]);
    if (help.kind !== "print") throw new Error("--help does not print");
    for (const text of ["127.0.0.1:8080", "human", "10s", "by default never", "0.5s", "30s"]) {
      expect(help.text).toContain(text);
    }
    for (const code of [0, 1, 2, 3, 5, 6, 7, 8, 9, 130]) {
      expect(help.text).toMatch(new RegExp(`^ +${code}  \\S`, "m"));
    }
  });

  test("reads every flag", () => {
    const flags =
      "[::1]:9 :10 --output hex --count 3 --timeout 2m --connect-timeout 1s --no-reconnect " +
      "--lang es --log json --log-limit 5 --trace " +
      "--limit maxFrameBytes=64KiB --limit heartbeatIntervalMs=3s";
    expect(readClientCommandLine(flags.split(" "))).toEqual({
      kind: "run",
      options: {
        addresses: [
          { hostname: "::1", port: 9 },
          { hostname: "127.0.0.1", port: 10 },
        ],
        output: "hex",
        count: 3,
        timeout: 120_000,
        connectTimeout: 1000,
        reconnect: false,
        limits: { maxFrameBytes: 65_536, heartbeatIntervalMs: 3000 },
        lang: "es",
        log: "json",
        logLimit: 5,
        trace: true,
      },
    });
    expect(readClientCommandLine(["--unix", "/x"])).toEqual({
      kind: "run",
      options: { ...defaults, unix: "/x" },
    });
  });

  test.each([
    ["::1", "address takes HOST:PORT, HOST, :PORT, PORT or [IPV6]:PORT, with a port from 1 to"],
    ["host:0", 'got "host:0"'],
    ["a:1 b:0", "address takes HOST:PORT, HOST, :PORT, PORT or [IPV6]:PORT, with a port from 1 to"],
    ["a:1 --unix /x", "--unix and address exclude each other; give one of them"],
    ["--output xml", '--output takes human, json, diag or hex; got "xml"'],
    ["--tls-cert /x", "--tls-cert needs --tls-key beside it"],
    ["--tls-key /x", "--tls-key needs --tls-cert beside it"],
    ["--insecure-skip-verify --tls-ca /x", "exclude each other; give one of them"],
    ["--unix /x --tls", "TLS over --unix needs --tls-server-name beside it"],
    ["--count 0", '--count takes a number from 1 to 1000000000; got "0"'],
    ["--count -1", 'got "-1"'],
    [
      "--timeout 5",
      '--timeout takes a duration from 1ms to 576h, such as 500ms, 60s or 2m; got "5"',
    ],
    ["--connect-timeout", "--connect-timeout needs a value: a duration"],
    ["--no-reconect", "unknown flag --no-reconect; did you mean --no-reconnect?"],
    ["--limit maxFrameBytes", '--limit takes NAME=VALUE, such as maxFrameBytes=64KiB; got "maxFra'],
    ["--port 1", "unknown flag --port; the server is an argument without a flag: HOST:PORT, "],
    ["--host=a", "unknown flag --host=a; the server is an argument without a flag"],
    ["--max-connections 1", "unknown flag --max-connections"],
    ["--require-hello", "unknown flag --require-hello"],
    ["--lang fr", '--lang takes en or es; got "fr"'],
  ])("refuses %s with one line", (flags, expected) => {
    const result = readClientCommandLine(flags.split(" "));
    if (result.kind !== "refuse") throw new Error("The flags were accepted");
    expect(result.line).toStartWith("typewire-client: ");
    expect(result.line).toContain(expected);
    expect(result.line).not.toContain("\n");
  });
});
