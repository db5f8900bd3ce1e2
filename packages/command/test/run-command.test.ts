import { describe, expect, test } from "bun:test";

import {
  type CommandLine,
  openTerminal,
  type OutputStream,
  runCommand,
  type RunEnd,
  type TextSink,
} from "../src/index.ts";

class Written implements OutputStream, TextSink {
  readonly isTerminal = false;
  readonly sink = this;
  text = "";
  write(text: string): void {
    this.text += text;
  }
  flush(): number {
    return 0;
  }
}

type Listener = (error: unknown) => void;

/** Runs a command to its exit, and says what became of it. */
async function outcome(
  commandLine: CommandLine<string>,
  run: (flags: string, exceptions: ReadonlyMap<string, Listener>) => Promise<RunEnd>,
): Promise<{ code: number; out: string; err: string }> {
  const stdout = new Written();
  const stderr = new Written();
  const exited = Promise.withResolvers<number>();
  const terminal = openTerminal({
    stdout,
    stderr,
    environment: {},
    exit: (code) => exited.resolve(code) as never,
  });
  const listeners = new Map<string, Listener>();
  const source = { on: (event: string, listener: Listener) => listeners.set(event, listener) };
  void runCommand(commandLine, terminal, source, (flags) => run(flags, listeners));
  return { code: await exited.promise, out: stdout.text, err: stderr.text };
}

const never = (): Promise<RunEnd> => Promise.reject(new Error("It was run"));

describe("runCommand", () => {
  test("prints a page on stdout and exits 0", async () => {
    expect(await outcome({ kind: "print", text: "help\n" }, never)).toEqual({
      code: 0,
      out: "help\n",
      err: "",
    });
  });

  test("prints one line on stderr and exits 2", async () => {
    expect(await outcome({ kind: "refuse", line: "no such flag" }, never)).toEqual({
      code: 2,
      out: "",
      err: "no such flag\n",
    });
  });

  test("exits with the code of the run", async () => {
    const run = async (flags: string): Promise<RunEnd> => {
      expect(flags).toBe("flags");
      return Promise.resolve({ code: 9, stopped: Promise.resolve() });
    };
    expect(await outcome({ kind: "run", options: "flags" }, run)).toMatchObject({ code: 9 });
  });

  test("exits 1 with the stack of an exception in the run", async () => {
    const { code, err } = await outcome({ kind: "run", options: "" }, () =>
      Promise.reject(new RangeError("a bug")),
    );
    expect(code).toBe(1);
    expect(err).toContain("internal error: RangeError: a bug");
    expect(err).toContain("run-command.test.ts");
  });

  test("lets no exception drive the terminal", async () => {
    const { err } = await outcome({ kind: "run", options: "" }, () =>
      Promise.reject(new RangeError("a\u001b[2Jb\u200b")),
    );
    expect(err).toContain("RangeError: a\\u001b[2Jb\\u200b\n");
  });

  test.each(["uncaughtException", "unhandledRejection"])(
    "exits 1 at an %s elsewhere",
    async (event) => {
      const { code, err } = await outcome(
        { kind: "run", options: "" },
        async (_flags, exceptions) => {
          exceptions.get(event)?.("not even an Error");
          return new Promise(() => {});
        },
      );
      expect({ code, err }).toEqual({ code: 1, err: "internal error: not even an Error\n" });
    },
  );
});
