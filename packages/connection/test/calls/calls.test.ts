// Calls between two machines joined back to back.

import { describe, expect, test } from "bun:test";

import { CallPair, shape, type Stream } from "../support/call-pair.ts";

const types = (link: { sent: { type: string }[] }): string[] => link.sent.map(({ type }) => type);

describe("Calls", () => {
  test.each([
    [256, 0],
    [257, 1],
    [300, 44],
  ])(
    "%p calls against 256 slots: %p wait, none is refused, all are answered",
    async (calls, wait) => {
      const pair = new CallPair([shape("echo")], { echo: async (input: unknown) => input });
      const answers = Array.from({ length: calls }, (_, index) => pair.faces.call["echo"]?.(index));
      expect(pair.outgoing.waiting).toBe(wait);
      await pair.settle();
      expect(await Promise.all(answers)).toEqual(
        Array.from({ length: calls }, (_, index) => index),
      );
      const results = pair.callee.sent.map((message) =>
        "error" in message ? message.error : "output",
      );
      expect(results).toEqual(answers.map(() => "output"));
      expect(pair.near.inFlight + pair.far.inFlight + pair.quota.inFlight).toBe(0);
    },
  );

  test("yields items in order, then the output, and one $result", async () => {
    const pair = new CallPair([shape("tail", { yields: true })], {
      async *tail(input: number) {
        for (let index = 0; index < input; index += 1) yield index;
        return "end";
      },
    });
    const stream = pair.faces.call["tail"]?.(5) as AsyncIterable<number> & {
      output: Promise<string>;
    };
    const items: number[] = [];
    const reading = (async () => {
      for await (const item of stream) items.push(item);
    })();
    await pair.settle();
    await reading;
    expect(items).toEqual([0, 1, 2, 3, 4]);
    expect(await stream.output).toBe("end");
    expect(types(pair.callee).filter((type) => type === "$result")).toHaveLength(1);
  });

  test("a stream is made by reading its output too, and its items are kept until they are iterated", async () => {
    const pair = new CallPair([shape("upper", { hasInput: false, sends: true, yields: true })], {
      async *upper(_: unknown, call: { items: AsyncIterable<string> }) {
        for await (const item of call.items) {
          yield item.toUpperCase();
          if (item === "b") break;
        }
        return "end";
      },
    });
    // What the second sends is made of what it yields.
    const streams: Stream[] = [pair.stream("upper", ["a", "b"]), pair.stream("upper", made())];
    async function* made() {
      yield "a";
      for await (const item of streams[1] ?? []) if (item === "A") yield "b";
    }
    const outputs = streams.map(({ output }) => output);
    await pair.settle();
    expect(await Promise.all(outputs)).toEqual(["end", "end"]);
    expect(await Array.fromAsync(streams[0] ?? [])).toEqual(["A", "B"]);
    expect(types(pair.caller).filter((type) => type === "$call")).toHaveLength(2);
  });

  test("sends items, and the handler takes them", async () => {
    const pair = new CallPair([shape("sum", { hasInput: false, sends: true })], {
      async sum(_: unknown, call: { items: AsyncIterable<number> }) {
        let sum = 0;
        for await (const item of call.items) sum += item;
        return sum;
      },
    });
    const answer = pair.faces.call["sum"]?.([1, 2, 3]);
    await pair.settle();
    expect(await answer).toBe(6);
  });

  test("a consumer that never takes holds a window and one frame at most", async () => {
    let pulled = 0;
    const pair = new CallPair([shape("tail", { yields: true, hasOutput: false })], {
      async *tail() {
        for (; pulled < 100_000; pulled += 1) yield "x".repeat(1000);
      },
    });
    const stream = pair.faces.call["tail"]?.(1) as AsyncIterator<string>;
    void stream.next();
    await pair.settle(500);
    expect(pair.near.heldBytes).toBeLessThanOrEqual(65_536 + 1_021);
    expect(pulled).toBeLessThan(70);
    await stream.return?.();
    await pair.settle();
    expect(pair.near.inFlight + pair.far.inFlight + pair.near.heldBytes).toBe(0);
  });

  test("a deadline rejects on time, cancels, and keeps the slot until the handler settles", async () => {
    let finish: (output: string) => void = () => {};
    let reason: unknown;
    const pair = new CallPair([shape("slow")], {
      slow(_: unknown, call: { signal: AbortSignal }) {
        call.signal.addEventListener("abort", () => (reason = call.signal.reason));
        return new Promise((resolve) => (finish = resolve));
      },
    });
    const outcome = pair.faces.try["slow"]?.(1, { timeoutMs: 50 });
    await pair.settle(5);
    pair.clock.advance(50);
    await pair.settle(5);
    expect(await outcome).toMatchObject({
      ok: false,
      error: { code: "deadline-exceeded", ran: "maybe" },
    });
    expect(types(pair.caller)).toEqual(["$call", "$cancel"]);
    expect(reason).toMatchObject({ name: "CallError" });
    expect(pair.near.inFlight).toBe(1);
    finish("late");
    await pair.settle(5);
    expect(pair.near.inFlight + pair.far.inFlight).toBe(0);
  });

  test("a handler that fails ends its own call, and its text stays here", async () => {
    const secret = new Error("secret");
    const pair = new CallPair([shape("bad"), shape("good", { errors: ["no"] })], {
      bad: () => {
        throw secret;
      },
      good(_: unknown, call: { error(code: string, data: unknown): Error }) {
        throw call.error("no", { why: 1 });
      },
    });
    const bad = pair.faces.try["bad"]?.(1);
    const good = pair.faces.try["good"]?.(1);
    await pair.settle(5);
    expect(await bad).toMatchObject({ ok: false, error: { code: "internal", ran: "yes" } });
    expect(await good).toMatchObject({ ok: false, error: { code: "no", data: { why: 1 } } });
    expect(JSON.stringify(pair.callee.sent)).not.toContain("secret");
    expect(pair.callee.failures).toEqual([secret]);
  });

  test("a lost connection settles both ends in the same turn", async () => {
    const pair = new CallPair([shape("slow")], { slow: () => new Promise(() => {}) });
    const sent = pair.faces.try["slow"]?.(1);
    await pair.settle(3);
    const queued = pair.faces.try["slow"]?.(2);
    pair.near.ended("cut");
    pair.far.ended("cut");
    expect(await sent).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
    expect(await queued).toMatchObject({ error: { code: "connection-lost", ran: "no" } });
    expect(pair.near.inFlight).toBe(0);
    expect(pair.callee.failures).toEqual([]);
  });

  test("the first middleware is outermost, for streams after the last item", async () => {
    const log: string[] = [];
    const around = (name: string) => async (_: never, next: () => Promise<unknown>) => {
      log.push(`${name} begins`);
      const output = await next();
      log.push(`${name} ends`);
      return output;
    };
    const handlers = {
      async *tail() {
        yield 1;
        log.push("last item");
      },
    };
    const shapes = [shape("tail", { yields: true, hasOutput: false })];
    const pair = new CallPair(shapes, handlers, { use: [around("a"), around("b")] });
    const stream = pair.faces.call["tail"]?.(1) as AsyncIterator<number>;
    const first = stream.next();
    await pair.settle(10);
    expect(await first).toEqual({ value: 1, done: false });
    expect(log).toEqual(["a begins", "b begins", "last item", "b ends", "a ends"]);
  });

  test("what belongs to the side that an end has not is ignored, and not answered", async () => {
    const pair = new CallPair([shape("echo")], { echo: async (input: unknown) => input });
    const [made, answered] = [pair.caller.sent.length, pair.callee.sent.length];
    for (const id of [0, 1, -1, 77]) {
      pair.far.receive({ type: "$result", id }, 20);
      pair.far.receive(
        { type: "$result", id, error: { code: "unknown-call", message: "no such call" } },
        60,
      );
      pair.near.receive({ type: "$cancel", id }, 20);
      pair.near.receive({ type: "$end", id }, 20);
    }
    await pair.settle();
    expect(pair.caller.sent).toHaveLength(made);
    expect(pair.callee.sent).toHaveLength(answered);
    const answer = pair.faces.call["echo"]?.(5);
    await pair.settle();
    expect(await answer).toBe(5);
  });

  test("an id that goes back is refused, and no other call's", async () => {
    const pair = new CallPair([shape("echo")], { echo: (input: unknown) => input });
    pair.far.receive({ type: "$call", call: "echo", id: 7, input: 1 }, 30);
    for (const id of [7, 3, 0, -1]) {
      const again = () => pair.far.receive({ type: "$call", call: "echo", id, input: 1 }, 30);
      expect(again).toThrow("schema-mismatch");
    }
    expect(() => pair.far.receive({ type: "$cancel", id: 8 }, 18)).toThrow("schema-mismatch");
    pair.far.receive({ type: "$cancel", id: 7 }, 18);
  });
});
