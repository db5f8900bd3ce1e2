import { describe, expect, test } from "bun:test";

import { type Environment, openTerminal, type OutputStream } from "../src/index.ts";

/** A stream whose reader never takes what is written. */
function stuck(isTerminal: boolean): OutputStream {
  return { isTerminal, sink: { write() {}, flush: () => new Promise(() => {}) } };
}

function open(isTerminal: boolean, environment: Environment = { TERM: "xterm" }) {
  const exits: number[] = [];
  const terminal = openTerminal({
    stdout: stuck(isTerminal),
    stderr: stuck(true),
    environment,
    exit: (code) => exits.push(code) as never,
  });
  return { terminal, exits };
}

describe("openTerminal", () => {
  test("has colours on a terminal only, for each stream by itself", () => {
    expect(open(true).terminal).toMatchObject({ outHasColours: true, errHasColours: true });
    expect(open(false).terminal).toMatchObject({ outHasColours: false, errHasColours: true });
  });

  test.each([
    [{ NO_COLOR: "1" }, false],
    [{ NO_COLOR: "" }, true],
    [{ TERM: "dumb" }, false],
  ])("obeys %j", (environment, expected) => {
    expect(open(true, environment).terminal.outHasColours).toBe(expected);
  });

  test("exits at the deadline with a reader that does not read", async () => {
    const { terminal, exits } = open(false);
    terminal.out.write("lost");
    await terminal.exit(0, { deadlineMs: 1 });
    expect(exits).toEqual([0]);
  });
});
