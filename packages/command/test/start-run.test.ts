import { describe, expect, test } from "bun:test";

import {
  type LogFlags,
  logExit,
  openTerminal,
  type OutputStream,
  sharedEvents,
  startRun,
  type StopSignal,
  type TextSink,
} from "../src/index.ts";

class Written implements OutputStream, TextSink {
  readonly sink = this;
  readonly isTerminal: boolean;
  text = "";
  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
  }
  write(text: string): void {
    this.text += text;
  }
  flush(): number {
    return 0;
  }
}

/** A run of a command with stderr on a terminal or not, and the signals in the hands of the test. */
function started(
  flags: Partial<LogFlags>,
  { isTerminal = false, stops = undefined as unknown } = {},
) {
  const stderr = new Written(isTerminal);
  const exits: number[] = [];
  const environment = { LANG: "es_ES.UTF-8" };
  const terminal = openTerminal({
    stdout: new Written(),
    stderr,
    environment: { NO_COLOR: "1" },
    exit: (code) => void exits.push(code) as never,
  });
  const listeners = new Map<StopSignal, () => void>();
  const signals = {
    on: (signal: StopSignal, listener: () => void) => listeners.set(signal, listener),
  };
  const run = startRun(
    sharedEvents,
    { log: "human", logLimit: 100, trace: false, ...flags },
    { terminal, signals, environment },
    stops as readonly StopSignal[] | undefined,
  );
  return { ...run, terminal, stderr, listeners };
}

describe("startRun", () => {
  test("writes the log to stderr, in the language of the flag or of the environment", () => {
    const spanish = started({});
    spanish.log("exiting", { signal: "SIGINT" });
    expect(spanish.stderr.text).toBe("[!] SALIENDO!!\n");
    const english = started({ lang: "en" });
    english.log("exiting", { signal: "SIGINT" });
    expect(english.stderr.text).toBe("[!] EXITING!!\n");
  });

  test("writes JSON where the flag says so", () => {
    const { log, stderr } = started({ log: "json" });
    log("exiting", { signal: "SIGTERM" });
    expect(JSON.parse(stderr.text)).toMatchObject({ event: "exiting", signal: "SIGTERM" });
  });

  test("resolves with the first signal, of those that ask for an end", async () => {
    const { listeners, stopped } = started({});
    expect([...listeners.keys()]).toContain("SIGHUP");
    listeners.get("SIGTERM")?.();
    expect(await stopped).toBe("SIGTERM");
    const guarded = started({}, { stops: ["SIGINT", "SIGTERM"] });
    expect([...guarded.listeners.keys()]).toEqual(["SIGINT", "SIGTERM"]);
  });
});

describe("logExit", () => {
  test.each([
    ["SIGINT", true, "\n[!] EXITING!!\n"],
    ["SIGINT", false, "[!] EXITING!!\n"],
    ["SIGTERM", true, "[!] EXITING!!\n"],
  ] as const)("of %s on a terminal: %p", (signal, isTerminal, expected) => {
    const { log, terminal, stderr } = started({ lang: "en" }, { isTerminal });
    logExit(signal, log, terminal);
    expect(stderr.text).toBe(expected);
  });
});
