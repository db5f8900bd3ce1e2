import { describe, expect, test } from "bun:test";
import {
  addressValue,
  choiceValue,
  createCommand,
  durationValue,
  integerValue,
  isGiven,
  readCommandLine,
  UsageError,
  valueArguments,
  valueFlag,
} from "../src/index.ts";

const home = { hostname: "127.0.0.1", port: 8080 };

function read(...argv: string[]): string | object {
  const command = createCommand("prog", "1.2.3", "Does things.")
    .addArgument(valueArguments("address", "what to dial", addressValue(home), "8080"))
    .addOption(valueFlag("--port <port>", "port", integerValue("a port", 0, 65_535)))
    .addOption(valueFlag("--wait <duration>", "how long", durationValue(0)))
    .addOption(valueFlag("--log <format>", "format", choiceValue(["human", "json"])))
    .option("--no-reconnect", "give up")
    .option("--trace", "show all");
  const result = readCommandLine(command, argv, (parsed) => {
    if (isGiven(parsed, "port") && isGiven(parsed, "wait")) {
      throw new UsageError("--port and --wait exclude each other");
    }
    return { ...parsed.opts(), addresses: parsed.processedArgs[0] as unknown };
  });
  if (result.kind === "refuse") return result.line;
  return result.kind === "print" ? result.text : result.options;
}

describe("readCommandLine", () => {
  test("reads values, flags and defaults", () => {
    expect(read("h:1", "--port=90", "--log", "json", "--trace")).toEqual({
      addresses: [{ hostname: "h", port: 1 }],
      port: 90,
      log: "json",
      reconnect: true,
      trace: true,
    });
    expect(read("--no-reconnect", "--", ":9")).toEqual({
      addresses: [{ hostname: "127.0.0.1", port: 9 }],
      reconnect: false,
    });
    expect(read("h:1", ":9")).toMatchObject({
      addresses: [
        { hostname: "h", port: 1 },
        { hostname: "127.0.0.1", port: 9 },
      ],
    });
    expect(read()).toMatchObject({ addresses: [home] });
  });

  test.each([
    [["--prot", "1"], "prog: unknown flag --prot; did you mean --port?"],
    [["--zzzzzz"], "prog: unknown flag --zzzzzz; --help lists the flags"],
    [["-x"], "prog: unknown flag -x; --help lists the flags"],
    [["--port"], "prog: --port needs a value: a port from 0 to 65535"],
    [["--port", "--trace"], 'prog: --port takes a port from 0 to 65535; got "--trace"'],
    [["--port", "65536"], 'prog: --port takes a port from 0 to 65535; got "65536"'],
    [["--port="], 'prog: --port takes a port from 0 to 65535; got ""'],
    [["--port", "-1"], 'prog: --port takes a port from 0 to 65535; got "-1"'],
    [["--log", "xml"], 'prog: --log takes human or json; got "xml"'],
    [["--trace=yes"], "prog: --trace takes no value"],
    [["--no-reconnect=1"], "prog: --no-reconnect takes no value"],
    [["a:1", "b:0"], /^prog: address takes HOST:PORT, .*; got "b:0"$/],
    [["::1"], /^prog: address takes HOST:PORT, .*; got "::1"$/],
    [["--port", "1", "--wait", "1s"], "prog: --port and --wait exclude each other"],
    [["--port", "\u001b[2J\n"], /^prog: --port takes \P{Cc}*$/u],
    [["--\u001b[2J'\n"], /^prog: unknown flag \P{Cc}*$/u],
  ])("refuses %j with one line", (argv, expected) => {
    const line = read(...argv);
    if (typeof line !== "string") throw new Error("The line was accepted");
    if (typeof expected === "string") expect(line).toBe(expected);
    else expect(line).toMatch(expected);
    expect(line).not.toContain("\n");
  });

  test("returns the help page and the version instead of printing them", () => {
    expect(read("--version")).toBe("prog 1.2.3\n");
    expect(read("--help")).toContain("--port <port>");
    expect(read("--help")).toContain("(default: 8080)");
  });
});
