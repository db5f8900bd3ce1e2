// The stack of a call that fails: it begins where the program made the call, however the error is taken.

import { describe, expect, test } from "bun:test";

import { CallError } from "@typewire/protocol";

import { MOST_OPEN_NOTED } from "../../src/calls/call-faces.ts";
import { CallPair, rejection, shape } from "../support/call-pair.ts";

const parts = { errors: ["unknownSymbol"] };
const shapes = [
  shape("quote", parts),
  shape("tail", { ...parts, yields: true }),
  shape("upload", { ...parts, hasInput: false, sends: true }),
  shape("hang"),
];

type Handled = { error(code: string): Error };
const fails = (_: unknown, call: Handled) => {
  throw call.error("unknownSymbol");
};

const pairOf = (): CallPair =>
  new CallPair(shapes, {
    quote: fails,
    tail: fails,
    upload: fails,
    hang: () => new Promise(() => {}),
  });

/** Frames of the stack, without the headline. */
function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof CallError)) throw new Error(`Expected a CallError, got ${String(error)}`);
  const [headline, ...frames] = error.stack?.split("\n") ?? [];
  expect(headline).toBe(`CallError: ${error.message}`);
  return frames;
}

// Named, so that a frame says which of them made the call; not in tail position, which would be no frame.
const callers: Readonly<Record<string, (pair: CallPair) => Promise<unknown>>> = {
  async "a promise that is awaited"(pair) {
    async function askedHere(): Promise<unknown> {
      const answer = await pair.call("quote", 1);
      return answer;
    }
    return rejection(askedHere());
  },
  async "a promise whose rejection is handled"(pair) {
    async function askedHere(): Promise<unknown> {
      const error = pair.call("quote", 1).catch((thrown: unknown) => thrown);
      return await error;
    }
    return askedHere();
  },
  async "an outcome"(pair) {
    async function askedHere(): Promise<unknown> {
      const outcome = (await pair.try("quote", 1)) as { readonly error: unknown };
      return outcome.error;
    }
    return askedHere();
  },
  async "items that are sent"(pair) {
    async function askedHere(): Promise<unknown> {
      const answer = await pair.call("upload", ["a"]);
      return answer;
    }
    return rejection(askedHere());
  },
  async "items that are iterated"(pair) {
    async function askedHere(): Promise<void> {
      for await (const _ of pair.stream("tail", 1));
    }
    return rejection(askedHere());
  },
  async "the output of a stream that is iterated elsewhere"(pair) {
    function askedHere(): ReturnType<CallPair["stream"]> {
      const stream = pair.stream("tail", 1);
      void stream.next().catch(() => {});
      return stream;
    }
    return rejection(askedHere().output);
  },
  async "the outcome of a tried stream"(pair) {
    async function askedHere(): Promise<unknown> {
      const stream = pair.faces.try["tail"]?.(1) as ReturnType<CallPair["stream"]>;
      await stream.next();
      const outcome = (await stream.output) as { readonly error: unknown };
      return outcome.error;
    }
    return askedHere();
  },
  async "a call that its own side gives up"(pair) {
    async function askedHere(): Promise<unknown> {
      const answer = await pair.call("hang", 1, { signal: AbortSignal.abort() });
      return answer;
    }
    return rejection(askedHere());
  },
  async "a call that the end of its connection fails"(pair) {
    async function askedHere(): Promise<unknown> {
      const answer = await pair.call("hang", 1);
      return answer;
    }
    const error = rejection(askedHere());
    pair.cut();
    return error;
  },
};

describe("The stack of a CallError", () => {
  test.each(Object.entries(callers))("begins at the caller of %s", async (_, make) => {
    const pair = pairOf();
    const failing = make(pair);
    await pair.settle();
    const error = await failing;
    // `call`, `try` and `stream` of the pair stand between the program and the functions under test, where they are
    // no tail calls.
    const frames = framesOf(error).filter((frame) => !frame.includes("call-pair.ts"));
    expect(frames[0]).toContain("askedHere");
    expect(frames[0]).toContain(import.meta.path);
  });

  test("is noted while few calls are open, waiting ones included, and costs the others nothing", async () => {
    const pair = pairOf();
    const errors: unknown[] = [];
    for (let open = 0; open <= MOST_OPEN_NOTED; open += 1) {
      const made = pair.call("hang", 1);
      errors.push(rejection(made));
    }
    pair.cut();
    const stacks = (await Promise.all(errors)).map((error) => framesOf(error).join("\n"));
    // What has no site has the stack of the machine that failed it.
    for (const stack of stacks.slice(0, -1)) expect(stack).not.toContain("endedBy");
    expect(stacks.at(-1)).toContain("endedBy");
    expect(await errors.at(-1)).toMatchObject({ call: "hang", code: "connection-lost" });
  });

  test.each([
    ["gives frames as objects", () => [1, 2]],
    [
      "throws",
      () => {
        throw new Error("of the program");
      },
    ],
  ] as const)(
    "is no reason for a call not to fail, where the program's prepareStackTrace %s",
    async (_, prepare) => {
      const pair = pairOf();
      const before: unknown = Reflect.get(Error, "prepareStackTrace");
      const failing = rejection(pair.call("quote", 1));
      try {
        Reflect.set(Error, "prepareStackTrace", prepare);
        await pair.settle();
      } finally {
        Reflect.set(Error, "prepareStackTrace", before);
      }
      const error = await failing;
      expect(error).toMatchObject({ code: "unknownSymbol", ran: "yes" });
    },
  );

  test("has no frames where the program asks for none", async () => {
    const pair = pairOf();
    const before = Error.stackTraceLimit;
    try {
      Error.stackTraceLimit = 0;
      const failing = rejection(pair.call("quote", 1));
      await pair.settle();
      expect(framesOf(await failing)).toEqual([]);
    } finally {
      Error.stackTraceLimit = before;
    }
  });

  test("of what the items that are sent throw is left as it is, another call's error included", async () => {
    const sends = { hasInput: false, sends: true };
    const pair = new CallPair([shape("upload", sends), shape("chat", { ...sends, yields: true })], {
      upload: () => new Promise(() => {}),
      async *chat() {
        await new Promise(() => {});
        yield 1;
      },
    });
    const others = new CallError("internal", "of another call", { ran: "yes", call: "upload" });
    const { stack } = others;
    function* throwing(): Generator<string> {
      yield "a";
      throw others;
    }
    const unready = {
      [Symbol.iterator](): never {
        throw others;
      },
    };
    for (const items of [throwing, () => unready]) {
      const failing = [rejection(pair.call("upload", items()))];
      failing.push(rejection(pair.stream("chat", items()).next()));
      await pair.settle();
      expect(await Promise.all(failing)).toEqual([others, others]);
      expect(others.stack).toBe(stack);
    }
  });
});
