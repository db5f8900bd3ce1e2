// How calls fail: each code with its `ran`, as the caller gets it; what the peer may know of it, and what not.

import { describe, expect, test } from "bun:test";

import { CallError, CallMisfit, TypewireError } from "@typewire/protocol";

import { type EndCode, endedBy } from "../../src/calls/call-failures.ts";
import { OTHER_CODES } from "../../src/calls/call-tally.ts";
import { CallPair, rejection, shape, type Stream } from "../support/call-pair.ts";

const never = () => new Promise(() => {});

type Handled = {
  readonly signal: AbortSignal;
  readonly items: AsyncIterable<unknown>;
  error(code: string, data?: unknown): Error;
};

async function failureOf(pair: CallPair, name: string, ...given: unknown[]): Promise<unknown> {
  const outcome = pair.try(name, ...given);
  await pair.settle();
  const settled = (await outcome) as { ok: boolean; error?: unknown };
  expect(settled.ok).toBe(false);
  return settled.error;
}

describe("The message of a call that has failed", () => {
  const sentences: Readonly<Record<EndCode, string>> = {
    cancelled: 'The call "quote" was cancelled by its caller',
    "deadline-exceeded": 'The call "quote" ran out of time',
    "connection-lost": 'The connection ended before the call "quote" was answered',
    "shutting-down": 'The side that answers the call "quote" shuts down',
    "item-beyond-credit": 'An item of the call "quote" came beyond its credit',
    "invalid-item": 'An item of the call "quote" does not fit',
  };

  test.each(Object.entries(sentences))("names the call: %s", (code, sentence) => {
    const { message } = endedBy(code as EndCode, "quote", "maybe");
    expect(message).toBe(sentence);
    const detailed = endedBy(code as EndCode, "quote", "maybe", { detail: "it was the last" });
    expect(detailed.message).toBe(`${sentence}: it was the last`);
  });
});

describe("A call that the callee refuses or ends", () => {
  const answers: readonly (readonly [string, object, "no" | "maybe" | "yes"])[] = [
    ["unknown-call", {}, "no"],
    ["invalid-input", { path: "/input/a" }, "no"],
    ["too-many-calls", {}, "no"],
    ["too-many-calls", { retryAfterMs: 1000 }, "no"],
    ["shutting-down", { retryAfterMs: 0 }, "no"],
    ["shutting-down", {}, "maybe"],
    ["auth-required", {}, "no"],
    ["auth-failed", {}, "no"],
    ["auth-expired", {}, "no"],
    ["deadline-exceeded", {}, "maybe"],
    ["cancelled", {}, "maybe"],
    ["item-beyond-credit", {}, "yes"],
    ["invalid-item", { path: "/item" }, "yes"],
    ["internal", {}, "yes"],
    ["declared", { data: { why: 1 } }, "yes"],
  ];
  test.each(answers)("with %p %p has ran %p", async (code, more, ran) => {
    const pair = new CallPair([shape("hang", { errors: ["declared"] })], { hang: never });
    const outcome = pair.try("hang", 1);
    pair.near.receive(
      { type: "$result", id: 1, error: { code, message: "why\n\u001b[2J", ...more } },
      40,
    );
    const error = expect.objectContaining({ name: "CallError", code, ran, call: "hang", ...more });
    expect(await outcome).toEqual({ ok: false, error });
    const { message } = ((await outcome) as { error: Error }).error;
    expect(message.split("\n")).toHaveLength(1);
    expect(message.split("\u001b")).toHaveLength(1);
    expect(pair.near.inFlight).toBe(0);
  });

  test("with a code that its protocol does not declare has no data", async () => {
    const pair = new CallPair([shape("hang", { errors: ["known"] })], { hang: never });
    const outcome = pair.try("hang", 1);
    pair.near.receive(
      { type: "$result", id: 1, error: { code: "newer", message: "m", data: 5 } },
      40,
    );
    expect(await outcome).toMatchObject({
      ok: false,
      error: { code: "newer", ran: "yes", data: undefined },
    });
  });

  test("with whatever codes, makes no count grow: those that are not known are counted as one", async () => {
    const pair = new CallPair([shape("hang", { errors: ["known"] })], { hang: never });
    const codes = ["known", "internal", "newer", "newest", "__proto__", "x".repeat(1_000)];
    const outcomes = codes.map(() => pair.try("hang", 1));
    for (const [index, code] of codes.entries()) {
      pair.near.receive({ type: "$result", id: index + 1, error: { code, message: "m" } }, 40);
    }
    await Promise.all(outcomes);
    expect(pair.made.failedByCode).toEqual({ known: 1, internal: 1, [OTHER_CODES]: 4 });
    expect(pair.made.answered).toBe(0);
  });
});

describe("A call that this side ends", () => {
  test("before it has left: cancelled and deadline-exceeded are ran no, and nothing is sent", async () => {
    const pair = new CallPair([shape("hang")], { hang: never }, { limits: { maxCalls: 1 } });
    void pair.try("hang", 1, { timeoutMs: 0 });
    const abort = new AbortController();
    const cancelled = pair.try("hang", 2, { signal: abort.signal });
    const expired = pair.try("hang", 3, { timeoutMs: 50 });
    await pair.settle();
    abort.abort("enough");
    pair.clock.advance(50);
    expect(await cancelled).toMatchObject({
      error: { code: "cancelled", ran: "no", cause: "enough" },
    });
    expect(await expired).toMatchObject({ error: { code: "deadline-exceeded", ran: "no" } });
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call"]);
    expect(pair.outgoing.waiting).toBe(0);
  });

  test("after it has left: maybe", async () => {
    const pair = new CallPair([shape("hang")], { hang: never });
    const abort = new AbortController();
    const cancelled = pair.try("hang", 2, { signal: abort.signal });
    const expired = pair.try("hang", 3, { timeoutMs: 50 });
    await pair.settle();
    abort.abort();
    pair.clock.advance(50);
    expect(await cancelled).toMatchObject({ error: { code: "cancelled", ran: "maybe" } });
    expect(await expired).toMatchObject({ error: { code: "deadline-exceeded", ran: "maybe" } });
  });

  test("with a signal that has aborted before: cancelled, ran no, nothing sent", async () => {
    const pair = new CallPair([shape("hang"), shape("tail", { yields: true })], {
      hang: never,
      tail: never,
    });
    const signal = AbortSignal.abort("before");
    expect(await pair.try("hang", 1, { signal })).toMatchObject({
      error: { code: "cancelled", ran: "no", cause: "before" },
    });
    expect(await rejection(pair.stream("tail", 1, { signal }).next())).toMatchObject({ ran: "no" });
    expect(pair.caller.sent).toEqual([]);
    expect(pair.taken).toBe(0);
  });

  test("because its input does not fit: invalid-input, ran no; the next call is made", async () => {
    const pair = new CallPair([shape("echo")], { echo: (input: unknown) => input });
    expect(await pair.try("echo", "unfit")).toMatchObject({
      error: { code: "invalid-input", ran: "no", path: "/item" },
    });
    const next = pair.try("echo", 1);
    await pair.settle();
    expect(await next).toEqual({ ok: true, output: 1 });
    expect(pair.taken).toBe(0);
  });

  test("because an output does not fit: invalid-answer, ran yes, and its slot is free", async () => {
    const pair = new CallPair([shape("hang")], { hang: never });
    const outcome = pair.try("hang", 1);
    pair.near.misfit(
      new CallMisfit("invalid-answer", "no", { id: 1, path: "/output", of: "$result" }),
    );
    expect(await outcome).toMatchObject({
      error: { code: "invalid-answer", ran: "yes", path: "/output" },
    });
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call"]);
    expect(pair.near.inFlight).toBe(0);
  });

  test("because an item does not fit: invalid-answer, ran yes, cancelled, its slot held", async () => {
    const pair = new CallPair([shape("tail", { yields: true })], { tail: never });
    const stream = pair.stream("tail", 1);
    const first = stream.next();
    pair.near.misfit(new CallMisfit("invalid-answer", "no", { id: 1, path: "/item", of: "$item" }));
    expect(await rejection(first)).toMatchObject({ code: "invalid-answer", ran: "yes" });
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call", "$cancel"]);
    expect(pair.near.inFlight).toBe(1);
    pair.near.receive({ type: "$late", id: 1, of: "$result" }, 20);
    expect(pair.near.inFlight).toBe(0);
  });

  test("because the callee sent beyond the credit: item-beyond-credit, ran yes, that call alone", async () => {
    const shapes = [shape("tail", { yields: true }), shape("echo")];
    const pair = new CallPair(shapes, { tail: never, echo: (input: unknown) => input });
    const stream = pair.stream("tail", 1);
    void stream.next();
    for (let index = 0; index < 3; index += 1) {
      pair.near.receive({ type: "$item", id: 1, item: index }, 32_768);
    }
    // The first was taken, and half a window given back.
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call", "$credit"]);
    expect(pair.near.heldBytes).toBe(65_536);
    pair.near.receive({ type: "$item", id: 1, item: 4 }, 20);
    expect(await rejection(stream.output)).toMatchObject({
      code: "item-beyond-credit",
      ran: "yes",
    });
    const small = pair.call("echo", 1);
    await pair.settle();
    expect(await small).toBe(1);
    expect(pair.near.heldBytes).toBe(0);
  });

  test("because an item that it sends does not fit: invalid-item, with the path, and cancelled", async () => {
    let returned = 0;
    function* items() {
      try {
        yield 1;
        yield "unfit";
        yield 2;
      } finally {
        returned += 1;
      }
    }
    const pair = new CallPair([shape("put", { hasInput: false, sends: true })], {
      put: async (_: unknown, call: Handled) => {
        for await (const item of call.items) void item;
      },
    });
    // What the callee never got it cannot have refused; that its handler has run is not known here.
    expect(await failureOf(pair, "put", items())).toMatchObject({
      code: "invalid-item",
      ran: "maybe",
      path: "/item",
    });
    expect(returned).toBe(1);
    expect(pair.taken).toBe(0);
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call", "$item", "$cancel"]);
  });

  test("because the items that it sends throw: rejects with that, and cancels", async () => {
    const thrown = new Error("no file");
    const pair = new CallPair([shape("put", { hasInput: false, sends: true })], {
      put: async (_: unknown, call: Handled) => {
        for await (const item of call.items) void item;
      },
    });
    const sources = [
      function* () {
        yield 1;
        throw thrown;
      },
      async function* () {
        yield 1;
        throw thrown;
      },
      () => ({
        [Symbol.asyncIterator]() {
          throw thrown;
        },
      }),
      () => ({
        [Symbol.iterator]: () => ({
          next() {
            throw thrown;
          },
        }),
      }),
    ];
    for (const source of sources) {
      const answer = pair.call("put", source());
      answer.catch(() => {});
      await pair.settle();
      expect(await rejection(answer)).toBe(thrown);
      expect(pair.taken).toBe(0);
    }
    expect(pair.caller.sent.filter(({ type }) => type === "$cancel")).toHaveLength(sources.length);
  });

  test("because its items throw another call's error: client.try says cancelled, and maybe, of this one", async () => {
    const sends = { hasInput: false, sends: true, errors: ["bad"] };
    const pair = new CallPair([shape("put", sends), shape("chat", { ...sends, yields: true })], {
      put: () => never(),
      chat: () => never(),
    });
    const refused = new CallError("bad", "of another call", { ran: "no", data: 1, call: "list" });
    const mistaken = new TypewireError("option-invalid", "of another call's options");
    for (const thrown of [refused, mistaken]) {
      const items = function* () {
        yield 1;
        throw thrown;
      };
      const stream = pair.faces.try["chat"]?.(items()) as Stream;
      const outcomes = [pair.try("put", items()), stream.next().then(() => stream.output)];
      await pair.settle();
      for (const outcome of await Promise.all(outcomes)) {
        expect(outcome).toMatchObject({
          ok: false,
          error: { code: "cancelled", ran: "maybe", data: undefined, cause: thrown },
        });
      }
    }
    expect(pair.made.failedByCode).toEqual({ cancelled: 4 });
  });

  test("because an option throws as it is read: client.try says cancelled, and that nothing has run", async () => {
    const pair = new CallPair([shape("echo"), shape("tail", { yields: true })], {
      echo: never,
      tail: never,
    });
    const thrown = new CallError("bad", "of another call", { ran: "yes", call: "list" });
    const options = {
      get timeoutMs(): number {
        throw thrown;
      },
    };
    const stream = pair.faces.try["tail"]?.(1, options) as Stream;
    const outcomes = [pair.try("echo", 1, options), stream.next().then(() => stream.output)];
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome).toMatchObject({ error: { code: "cancelled", ran: "no", cause: thrown } });
    }
    expect(pair.caller.sent).toEqual([]);
  });

  test("where the peer answers no calls: calls-unsupported, nothing sent", async () => {
    const pair = new CallPair([shape("echo")], { echo: (input: unknown) => input });
    pair.near.ready(undefined);
    expect(await pair.try("echo", 1)).toMatchObject({
      error: { code: "calls-unsupported", ran: "no" },
    });
    expect(pair.caller.sent).toEqual([]);
    pair.outgoing.close("closed by this side");
    expect(await pair.try("echo", 1)).toMatchObject({
      error: { code: "connection-closed", ran: "no" },
    });
  });

  test("where the peer answers streams alone: calls-unsupported at once, and the stream goes", async () => {
    const pair = new CallPair([shape("echo"), shape("tail", { yields: true })], {
      echo: never,
      tail: () => [1],
    });
    pair.near.ready({ maxCalls: 0, maxStreams: 1 });
    expect(await pair.try("echo", 1, { timeoutMs: 0 })).toMatchObject({
      error: { code: "calls-unsupported", ran: "no" },
    });
    expect(pair.caller.sent).toEqual([]);
    const first = pair.stream("tail", 1).next();
    await pair.settle();
    expect(await first).toEqual({ value: 1, done: false });
  });

  test("left before it was made: cancelled, ran no, by both faces", async () => {
    const pair = new CallPair([shape("tail", { yields: true })], { tail: never });
    const stream = pair.stream("tail", 1);
    await stream.return?.();
    expect(await rejection(stream.output)).toMatchObject({
      name: "CallError",
      code: "cancelled",
      ran: "no",
    });
    const tried = pair.faces.try["tail"]?.(1) as ReturnType<CallPair["stream"]>;
    await tried.return?.();
    expect(await tried.output).toMatchObject({
      ok: false,
      error: { code: "cancelled", ran: "no" },
    });
    expect(pair.caller.sent).toEqual([]);
  });
});

describe("A handler of a call", () => {
  const secret = new Error("secret");
  const raise = (thrown: unknown): never => {
    throw thrown as Error;
  };
  const having = (key: string, value: unknown): object => Object.fromEntries([[key, value]]);
  const unprintable = Object.create(null) as object;
  const hostile = {
    get message() {
      throw new Error("secret getter");
    },
  };
  const cases: readonly (readonly [string, (input: unknown, call: Handled) => unknown])[] = [
    [
      "throws",
      () => {
        throw secret;
      },
    ],
    ["rejects", () => Promise.reject(secret)],
    ["throws nothing", () => raise(undefined)],
    ["throws what cannot be printed", () => raise(unprintable)],
    ["throws what throws", () => raise(hostile)],
    ["returns what does not fit", () => "unfit"],
    ["resolves with what does not fit", async () => "unfit"],
    [
      "throws an undeclared code",
      (_, call) => {
        throw call.error("secret-code", 1);
      },
    ],
    [
      "throws a declared error with data that does not fit",
      (_, call) => {
        throw call.error("declared", "unfit");
      },
    ],
    ["returns a thenable that throws", () => having("then", () => raise(secret))],
    [
      "throws a DOMException of its own",
      () => {
        throw new DOMException("secret", "AbortError");
      },
    ],
  ];
  test.each(cases)(
    "that %s: internal, nothing of it on the wire, others go on",
    async (_, handler) => {
      const shapes = [shape("bad", { errors: ["declared"] }), shape("echo")];
      const pair = new CallPair(shapes, { bad: handler, echo: (input: unknown) => input });
      const small = pair.call("echo", 1);
      expect(await failureOf(pair, "bad", 1)).toMatchObject({
        code: "internal",
        ran: "yes",
        message: 'The handler of the call "bad" failed',
        data: undefined,
      });
      expect(await small).toBe(1);
      expect(JSON.stringify(pair.callee.sent)).not.toContain("secret");
      expect(pair.callee.failures).toHaveLength(1);
      expect(pair.callee.ended).toBeUndefined();
      const after = pair.call("echo", 2);
      await pair.settle();
      expect(await after).toBe(2);
      expect(pair.taken).toBe(0);
    },
  );

  test.each([
    [["declared", "gone"], "secret-code", '(declared, gone), got "secret-code"'],
    [[], "internal", '(none, since the call declares none), got "internal"'],
    [["declared"], undefined, "(declared), got undefined"],
  ] as const)(
    "that declares %j and asks for %p is told what there is",
    async (errors, code, said) => {
      const pair = new CallPair([shape("bad", { errors: [...errors] })], {
        bad: (_: unknown, call: Handled) => {
          throw call.error(code as string, 1);
        },
      });
      expect(await failureOf(pair, "bad", 1)).toMatchObject({ code: "internal", ran: "yes" });
      expect(pair.callee.failures).toEqual([
        expect.objectContaining({
          code: "option-invalid",
          message: `call.error: expected an error of the call "bad" ${said}`,
        }),
      ]);
    },
  );

  const generators: readonly (readonly [string, (input: unknown, call: Handled) => unknown])[] = [
    [
      "yields what does not fit",
      async function* () {
        yield 1;
        yield "unfit";
        yield 2;
      },
    ],
    [
      "throws after an item",
      async function* () {
        yield 1;
        throw secret;
      },
    ],
    [
      "throws in its finally, asked to end",
      async function* () {
        try {
          yield "unfit";
        } finally {
          raise(secret);
        }
      },
    ],
    [
      "ends with what does not fit",
      async function* () {
        yield 1;
        return "unfit";
      },
    ],
    ["returns no iterable", () => 5],
    ["returns text", async () => "abc"],
    ["returns nothing", async () => undefined],
    [
      "returns an iterable that throws",
      () => ({
        [Symbol.asyncIterator]() {
          throw secret;
        },
      }),
    ],
    [
      "gives a step that is none",
      () => ({ [Symbol.asyncIterator]: () => ({ next: async () => 5 }) }),
    ],
    ["gives no step", () => ({ [Symbol.asyncIterator]: () => ({ next: () => undefined }) })],
    ["returns an iterable without an iterator", () => ({ [Symbol.asyncIterator]: () => 5 })],
    ["returns an iterable of no steps", () => ({ [Symbol.asyncIterator]: () => ({}) })],
    ["returns an iterable of nothing", () => ({ [Symbol.iterator]: () => undefined })],
    [
      "throws before its first item",
      async function* () {
        yield raise(secret);
      },
    ],
  ];
  test.each(generators)("that %s: internal, after the items before it", async (_, handler) => {
    const pair = new CallPair([shape("bad", { yields: true })], { bad: handler });
    const items: unknown[] = [];
    const stream = pair.stream("bad", 1);
    const reading = (async () => {
      for await (const item of stream) items.push(item);
    })();
    reading.catch(() => {});
    await pair.settle();
    expect(await rejection(reading)).toMatchObject({ code: "internal", ran: "yes" });
    expect(items.length).toBeLessThanOrEqual(1);
    expect(JSON.stringify(pair.callee.sent)).not.toContain("secret");
    expect(pair.callee.failures.length).toBeGreaterThan(0);
    // The log tells the program of its own mistake, and of no field of ours.
    for (const failure of pair.callee.failures) expect(String(failure)).not.toContain("#");
    expect(pair.callee.sent.filter(({ type }) => type === "$result")).toHaveLength(1);
    expect(pair.taken).toBe(0);
  });

  test("with a declared error: typed, with its data and without", async () => {
    const pair = new CallPair([shape("no", { errors: ["plain", "dated"] })], {
      no(input: unknown, call: Handled) {
        throw input === 1 ? call.error("plain") : call.error("dated", { at: 5 });
      },
    });
    expect(await failureOf(pair, "no", 1)).toMatchObject({
      code: "plain",
      ran: "yes",
      data: undefined,
    });
    expect(await failureOf(pair, "no", 2)).toMatchObject({
      code: "dated",
      ran: "yes",
      data: { at: 5 },
    });
    expect(pair.callee.failures).toEqual([]);
  });

  test("that passes on the declared error of another call fails with internal", async () => {
    const inner = new CallPair([shape("no", { errors: ["declared"] })], {
      no(_: unknown, call: Handled) {
        throw call.error("declared", { secret: 1 });
      },
    });
    const pair = new CallPair([shape("no", { errors: ["declared"] })], {
      no: () => inner.call("no", 1),
    });
    const outcome = pair.try("no", 1);
    await pair.settle(3);
    await inner.settle();
    await pair.settle();
    expect(await outcome).toMatchObject({ error: { code: "internal" } });
    expect(JSON.stringify(pair.callee.sent)).not.toContain("secret");
  });

  test("whose next() comes after its call has ended runs nothing", async () => {
    let next: () => Promise<unknown> = never;
    let runs = 0;
    const use = [(_: never, given: () => Promise<unknown>) => void (next = given)];
    const pair = new CallPair([shape("echo")], { echo: () => (runs += 1) }, { use });
    const answer = pair.call("echo", 1);
    await pair.settle();
    expect(await answer).toBeUndefined();
    expect(String(await rejection(next()))).toContain("after the call had ended");
    expect(runs).toBe(0);
    expect(pair.callee.sent).toHaveLength(1);
  });

  test("is not begun where a middleware lets a call through that was cancelled meanwhile", async () => {
    let go: () => void = () => {};
    let runs = 0;
    const waiting = new Promise<void>((resolve) => (go = resolve));
    const use = [async (_: never, next: () => Promise<unknown>) => (await waiting, next())];
    const pair = new CallPair([shape("echo")], { echo: () => (runs += 1) }, { use });
    const abort = new AbortController();
    const outcome = pair.try("echo", 1, { signal: abort.signal });
    await pair.settle(3);
    abort.abort();
    await pair.settle(3);
    go();
    await pair.settle();
    expect(await outcome).toMatchObject({ error: { code: "cancelled" } });
    expect(runs).toBe(0);
    expect(pair.callee.failures).toEqual([]);
    expect(pair.callee.sent).toMatchObject([{ type: "$result", error: { code: "cancelled" } }]);
    expect(pair.taken).toBe(0);
  });
});
