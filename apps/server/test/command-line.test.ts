import { describe, expect, test } from "bun:test";

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
      "--max-connections-per-address 3 --max-buffered 1GiB --drain-timeout 1s --drain-spread 2s --reuse-port --backplane nats://127.0.0.1:4222 --backplane nats://[::1]:4333 --lang es --log json --log-limit 5 " +
      "--trace --require-hello --limit maxFrameBytes=64KiB --limit handlersStallMs=5s";
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
        drainSpread: 2000,
        reusePort: true,
        backplane: ["127.0.0.1:4222", "[::1]:4333"],
        limits: { requireHello: true, maxFrameBytes: 65_536, handlersStallMs: 5000 },
        lang: "es",
        log: "json",
        logLimit: 5,
        trace: true,
      },
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
    ["--lang fr", '--lang takes en or es; got "fr"'],
    ["--log xml", '--log takes human or json; got "xml"'],
    ["--unix /x --port 1", "--unix and --port exclude each other; give one of them"],
    ["--host ::1 --unix /x", "--unix and --host exclude each other; give one of them"],
    ["--backplane redis://a:1", "--backplane takes nats://HOST:PORT; got"],
    ["--backplane nats://me:secret@a:1", '--backplane takes nats://HOST:PORT; got "nats://…@a:1"'],
    ["--backplane nats://token@a", '--backplane takes nats://HOST:PORT; got "nats://…@a"'],
    ["--reuse-port --unix /x", "--unix and --reuse-port exclude each other; give one of them"],
    [`--unix /${"x".repeat(107)}`, "--unix takes the path of a Unix socket, at most 107 bytes"],
    ["--tls-cert /x", "--tls-cert needs --tls-key beside it"],
    ["--tls-key /x", "--tls-key needs --tls-cert beside it"],
    ["--tls-cert /x --tls-key /y --tls-ca /z", "--tls-ca needs --tls-require-client-cert"],
    ["--tls-ca /z", "--tls-ca needs --tls-cert beside it"],
    ["--tls-cert /x --tls-key /y --tls-require-client-cert", "needs --tls-ca beside it"],
    ["--secret-file", "--secret-file needs a value: the path of a file of at least 16 bytes"],
    ["--max-connections-per-address 5 --max-connections 4", "(5) must not be above --max-conn"],
    ["--unix /x --max-connections-per-address 5", "exclude each other: its clients have no addr"],
    ["--max-buffered 8MiB", "--max-buffered (8MiB) must not be below hardQueueBytes and maxFra"],
    ["--limit hardQueueBytes=9MiB --max-buffered 9MiB", "maxFrameBytes together (10MiB)"],
    ["--limit maxFrameBytes=1MB", "--limit maxFrameBytes takes a size from 256 to 1GiB, such as"],
    ["--require-hello=1", "--require-hello takes no value"],
    ["--max-frame 1MiB", "unknown flag --max-frame"],
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
