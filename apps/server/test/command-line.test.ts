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
        maxFrame: 1_048_576,
        log: "human",
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
      "--max-frame 64KiB --lang es --log json --trace";
    expect(readServerCommandLine(flags.split(" "))).toEqual({
      kind: "run",
      options: {
        host: "auto",
        port: 0,
        interval: 1500,
        greeting: { "-3": "x" },
        maxConnections: 7,
        maxFrame: 65_536,
        lang: "es",
        log: "json",
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
    ["--max-frame 1MB", "--max-frame takes a size from 256 to 1GiB, such as 64KiB or 1MiB"],
    ["--max-frame 255", '; got "255"'],
    ["--lang fr", '--lang takes en or es; got "fr"'],
    ["--log xml", '--log takes human or json; got "xml"'],
    ["--unix /x --port 1", "--unix and --port exclude each other; give one of them"],
    ["--host ::1 --unix /x", "--unix and --host exclude each other; give one of them"],
    [`--unix /${"x".repeat(107)}`, "--unix takes the path of a Unix socket, at most 107 bytes"],
    ["8080", 'unexpected argument "8080"; --help lists what it takes'],
  ])("refuses %s with one line", (flags, expected) => {
    const result = readServerCommandLine(flags.split(" "));
    if (result.kind !== "refuse") throw new Error("The flags were accepted");
    expect(result.line).toStartWith("typewire-server: ");
    expect(result.line).toContain(expected);
    expect(result.line).not.toContain("\n");
  });
});
