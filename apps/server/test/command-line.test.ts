import { describe, expect, test } from "bun:test";

import type { ConnectionLimits } from "@typewire/connection";

import { readServerCommandLine } from "../src/command-line.ts";

describe("readServerCommandLine", () => {
  test("has the defaults that --help announces", () => {
    expect(readServerCommandLine([])).toEqual({
      kind: "run",
      options: {
        host: "127.0.0.1",
        port: 8080,
        interval: 60_000,
        greeting: { 1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor" },
        drainTimeout: 10_000,
        limits: {},
        log: "human",
        logLimit: 100,
        trace: false,
      },
    });
    const help = readServerCommandLine(["--help"]);
    if (help.kind !== "print") throw new Error("--help does not print");
    for (const text of ["127.0.0.1", "8080", "60s", '{"1":"Hola"', "10000", "1MiB", "human"]) {
      expect(help.text).toContain(text);
    }
  });

  test("reads every flag", () => {
    const flags =
      '--host auto --port 0 --interval 1.5s --greeting {"-3":"x"} --max-connections 7 ' +
      "--max-connections-per-address 3 --max-buffered 1GiB --drain-timeout 1s --lang es --log json --log-limit 5 " +
      "--trace --require-hello --max-frame 64KiB --max-nesting 8 --max-items 99 --hello-deadline 1s " +
      "--hello-frame 1KiB --frame-deadline 2s --frame-rate 1MiB --heartbeat 3s --heartbeat-misses 4 " +
      "--queue-soft 1MiB --queue-soft-time 5s --queue-hard 2MiB --write-stall 6s " +
      "--messages-per-turn 7 --max-handlers 8 --handlers-stall 9s --linger 500ms --max-refusals 2 " +
      "--refusal-window 1m";
    expect(readServerCommandLine(flags.split(" "))).toEqual({
      kind: "run",
      options: {
        host: "auto",
        port: 0,
        interval: 1500,
        greeting: { "-3": "x" },
        maxConnections: 7,
        maxConnectionsPerAddress: 3,
        maxBuffered: 1024 ** 3,
        drainTimeout: 1000,
        limits: {
          requireHello: true,
          maxFrameBytes: 65_536,
          maxNesting: 8,
          maxItems: 99,
          helloDeadlineMs: 1000,
          preHelloFrameBytes: 1024,
          frameDeadlineMs: 2000,
          frameBytesPerSecond: 1024 ** 2,
          heartbeatIntervalMs: 3000,
          heartbeatMisses: 4,
          softQueueBytes: 1024 ** 2,
          softQueueMs: 5000,
          hardQueueBytes: 2 * 1024 ** 2,
          writeStallMs: 6000,
          messagesPerTurn: 7,
          handlersInFlight: 8,
          maxPausedMs: 9000,
          lingerMs: 500,
          maxRefusals: 2,
          refusalWindowMs: 60_000,
        } satisfies ConnectionLimits,
        lang: "es",
        log: "json",
        logLimit: 5,
        trace: true,
      },
    });
    expect(readServerCommandLine(["--heartbeat", "off"])).toMatchObject({
      options: { limits: { heartbeatIntervalMs: 0 } },
    });
    expect(readServerCommandLine(["--unix", "/tmp/x"])).toMatchObject({
      options: { unix: "/tmp/x" },
    });
  });

  const greeting =
    'takes a JSON object of integer keys and words, such as {"1":"Hola","2":"Bienvenido"}';
  test.each([
    ["--port 65536", '--port takes a port from 0 to 65535; got "65536"'],
    ["--port", "--port needs a value: a port from 0 to 65535"],
    ["--prot 1", "unknown flag --prot; did you mean --port?"],
    ["--interval 60", 'a duration from 10ms to 576h, such as 500ms, 60s or 2m; got "60"'],
    ["--interval 9ms", '; got "9ms"'],
    ["--greeting hola", `--greeting ${greeting}; got "hola"`],
    ['--greeting {"a":"b"}', greeting],
    ['--greeting {"1":2}', greeting],
    ["--greeting []", greeting],
    ["--greeting null", greeting],
    ["--max-connections 0", "--max-connections takes a number from 1 to 1000000"],
    ["--max-frame 1MB", "--max-frame takes a size from 256 to 1GiB, such as 64KiB or 1MiB"],
    ["--max-frame 255", '; got "255"'],
    ["--lang fr", '--lang takes en or es; got "fr"'],
    ["--log xml", '--log takes human or json; got "xml"'],
    ["--unix /x --port 1", "--unix and --port exclude each other; give one of them"],
    ["--host ::1 --unix /x", "--unix and --host exclude each other; give one of them"],
    [`--unix /${"x".repeat(107)}`, "--unix takes the path of a Unix socket, at most 107 bytes"],
    ["--tls-cert /x", "--tls-cert needs --tls-key beside it"],
    ["--tls-key /x", "--tls-key needs --tls-cert beside it"],
    ["--tls-cert /x --tls-key /y --tls-ca /z", "--tls-ca needs --tls-require-client-cert"],
    ["--tls-ca /z", "--tls-ca needs --tls-cert beside it"],
    ["--tls-cert /x --tls-key /y --tls-require-client-cert", "needs --tls-ca beside it"],
    ["--secret-file", "--secret-file needs a value: the path of a file of at least 16 bytes"],
    ["--max-connections-per-address 5 --max-connections 4", "(5) must not be above --max-conn"],
    ["--unix /x --max-connections-per-address 5", "exclude each other: its clients have no addr"],
    ["--max-buffered 8MiB", "--max-buffered (8MiB) must not be below --queue-hard and --max-frame"],
    [
      "--hello-frame 2MiB --require-hello",
      "--max-frame (1MiB) must not be below --hello-frame (2MiB)",
    ],
    ["--hello-deadline 1s", "--hello-deadline needs --require-hello beside it"],
    ["--hello-frame 1KiB", "--hello-frame needs --require-hello beside it"],
    ["--queue-hard 1MiB", "--queue-hard (1MiB) must not be below --queue-soft (2MiB)"],
    ["--queue-soft 9MiB", "--queue-hard (8MiB) must not be below --queue-soft (9MiB)"],
    ["--heartbeat off --heartbeat-misses 3", "--heartbeat off and --heartbeat-misses exclude"],
    ["--heartbeat 0s", "--heartbeat takes off, or a duration from 10ms to 576h"],
    ["--max-handlers 0", "--max-handlers takes a number from 1 to 1000000"],
    ["--drain-timeout 10", "--drain-timeout takes a duration from 1ms"],
    ["8080", 'unexpected argument "8080"; --help lists what it takes'],
  ])("refuses %s with one line", (flags, expected) => {
    const result = readServerCommandLine(flags.split(" "));
    if (result.kind !== "refuse") throw new Error("The flags were accepted");
    expect(result.line).toStartWith("typewire-server: ");
    expect(result.line).toContain(expected);
    expect(result.line).not.toContain("\n");
  });
});
