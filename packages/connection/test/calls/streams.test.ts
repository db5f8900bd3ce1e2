// Streams: what is held, what is pulled, who waits for whom, and that each ends with all of its `finally`s.

import { describe, expect, test } from "bun:test";

import { SLICE_BYTES } from "../../src/calls/item-pump.ts";
import { CallPair, rejection, shape, type Stream } from "../support/call-pair.ts";

const WINDOW = 65_536;
const tail = shape("tail", { yields: true, hasOutput: false });
const put = shape("put", { hasInput: false, sends: true });
const chat = shape("chat", { hasInput: false, sends: true, yields: true, hasOutput: false });
const echo = shape("echo");
const echoed = (input: unknown) => input;
/** Each item is a payload of 100 bytes. */
const endlessly = async function* () {
  for (;;) yield "x".repeat(79);
};

type Handled = { readonly signal: AbortSignal; readonly items: AsyncIterable<string> };

const untilAborted = ({ signal }: Handled) =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });

const cancels = (pair: CallPair): number =>
  pair.caller.sent.filter(({ type }) => type === "$cancel").length;

describe("A stream that its caller leaves", () => {
  const leave: Readonly<Record<string, (pair: CallPair, abort: AbortController) => Promise<void>>> =
    {
      async "by break"(pair) {
        for await (const _ of pair.stream("tail", 1)) break;
      },
      async "by its signal"(pair, abort) {
        const stream = pair.stream("tail", 1, { signal: abort.signal });
        await stream.next();
        const pending = stream.next();
        abort.abort();
        expect(await rejection(pending)).toMatchObject({ code: "cancelled", ran: "maybe" });
      },
      async "by await using"(pair) {
        await using stream = pair.stream("tail", 1);
        await stream.next();
      },
      async "by break within await using"(pair) {
        await using stream = pair.stream("tail", 1);
        for await (const _ of stream) break;
      },
      async "by return, with a next() that waits"(pair) {
        const stream = pair.stream("tail", 1);
        await stream.next();
        const pending = stream.next();
        await stream.return?.();
        expect(await pending).toEqual({ value: undefined, done: true });
      },
      async "by a throw in its loop"(pair) {
        const loop = async () => {
          for await (const item of pair.stream("tail", 1))
            throw new Error(`enough of ${String(item)}`);
        };
        expect(String(await rejection(loop()))).toContain("enough of");
      },
    };
  const sources: Readonly<
    Record<string, (done: () => void) => (_: unknown, call: Handled) => unknown>
  > = {
    "that waits on its signal": (done) =>
      async function* (_, call) {
        try {
          yield 1;
          await untilAborted(call);
        } finally {
          done();
        }
      },
    "that waits at a yield": (done) =>
      async function* () {
        try {
          // As much as the window has room for, and no more is pulled.
          for (;;) yield "x".repeat(40_000);
        } finally {
          done();
        }
      },
    "that is no generator": (done) => () => {
      let items = 1;
      const next = () =>
        items-- > 0 ? Promise.resolve({ value: 1, done: false }) : new Promise(() => {});
      return {
        [Symbol.asyncIterator]: () => ({
          next,
          return: () => (done(), Promise.resolve({ done: true })),
        }),
      };
    },
  };
  for (const [how, leaving] of Object.entries(leave)) {
    for (const [source, handlerOf] of Object.entries(sources)) {
      test(`${how}, of a source ${source}: one $cancel, its finally has run, one $result`, async () => {
        let done = 0;
        const pair = new CallPair([tail], { tail: handlerOf(() => (done += 1)) });
        const left = leaving(pair, new AbortController());
        await pair.settle();
        await left;
        expect(cancels(pair)).toBe(1);
        // Its `$cancel` arrives, and one turn passes.
        pair.passToCallee();
        await new Promise(setImmediate);
        expect(done).toBe(1);
        await pair.settle();
        expect(cancels(pair)).toBe(1);
        expect(done).toBe(1);
        const results = pair.callee.sent.filter(({ type }) => type === "$result");
        expect(results).toMatchObject([{ error: { code: "cancelled" } }]);
        expect(pair.callee.failures).toEqual([]);
        expect(pair.taken).toBe(0);
      });
    }
  }

  test("closes what it sends, at once, also where a next() of that waits", async () => {
    let returned = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => ((returned += 1), Promise.resolve({ value: undefined, done: true as const })),
      }),
    };
    const pair = new CallPair([chat], {
      async *chat(_: unknown, call: Handled) {
        yield 1;
        for await (const item of call.items) yield item;
      },
    });
    const stream = pair.stream("chat", source);
    const first = stream.next();
    await pair.settle();
    await first;
    await stream.return?.();
    expect(returned).toBe(1);
    await pair.settle();
    expect(pair.taken).toBe(0);
  });
});

describe("Items", () => {
  test("of 1 MiB pass a window of 64 KiB, both ways, and credit comes back for each", async () => {
    const big = new Uint8Array(1 << 20);
    const pair = new CallPair([chat], {
      async *chat(_: unknown, call: Handled) {
        for await (const item of call.items) yield item;
      },
    });
    let got = 0;
    let most = 0;
    const stream = pair.stream(
      "chat",
      Array.from({ length: 20 }, () => big),
    );
    const reading = (async () => {
      for await (const item of stream) {
        got += (item as Uint8Array).length;
        most = Math.max(most, pair.near.heldBytes, pair.far.heldBytes);
      }
    })();
    await pair.settle(2_000);
    await reading;
    expect(got).toBe(20 << 20);
    expect(most).toBeLessThanOrEqual(WINDOW + big.length + 21);
    expect(pair.taken).toBe(0);
  });

  test("that nobody takes are a window and one frame; another stream and small calls go on at full speed", async () => {
    let pulled = 0;
    const pair = new CallPair([tail, echo, shape("count", { yields: true })], {
      async *tail() {
        for (; pulled < 100_000; pulled += 1) yield "x".repeat(1_000);
      },
      async *count(input: number) {
        for (let index = 0; index < input; index += 1) yield index;
      },
      echo: echoed,
    });
    // A window of 64 streams is full, and stays so.
    const idle = Array.from({ length: 63 }, () => pair.stream("tail", 1));
    for (const stream of idle) void stream.next();
    await pair.settle(2_000);
    expect(pulled).toBeLessThanOrEqual(63 * 66);
    expect(pair.near.heldBytes).toBeLessThanOrEqual(63 * (WINDOW + 1_021));
    const before = pulled;
    const alone = await roundsOf(
      new CallPair([shape("count", { yields: true })], {
        async *count(input: number) {
          for (let index = 0; index < input; index += 1) yield index;
        },
      }),
    );
    const beside = await roundsOf(pair);
    // In slices of 2 KiB instead of 16, and no slice of the others between.
    expect(beside).toBeLessThanOrEqual(alone + Math.ceil((2_000 * 22) / 2_048));
    const small = pair.call("echo", 1);
    await pair.settle(3);
    expect(await small).toBe(1);
    expect(pulled).toBe(before);
    for (const stream of idle) await stream.return?.();
    await pair.settle(2_000);
    expect(pair.taken).toBe(0);
  });

  test.each([["text"], [""], [5], [undefined], [null], [{}], [() => "text"]])(
    "are not what is no iterable, or is one item: %p",
    async (items) => {
      const pair = new CallPair([put, chat], { put: untilAborted, chat: untilAborted });
      const advice = typeof items === "string" ? "write [text] for one item" : "async iterable";
      for (const attempt of [
        pair.call("put", items),
        pair.try("put", items),
        pair.stream("chat", items).next(),
      ]) {
        const error = await rejection(attempt);
        expect(error).toMatchObject({ code: "option-invalid" });
        expect(String(error)).toContain("expected the items to send");
        expect(String(error)).toEndWith(advice);
      }
      expect(pair.caller.sent).toEqual([]);
    },
  );

  test("of streams that all want to go on take turns", async () => {
    const order: number[] = [];
    const pair = new CallPair([tail], {
      *tail(input: number) {
        for (let index = 0; index < 20; index += 1) {
          order.push(input);
          yield "x".repeat(1_000);
        }
      },
    });
    const streams = [1, 2, 3].map((input) => pair.stream("tail", input));
    for (const stream of streams) void stream.next();
    await pair.settle(20);
    // Slices of 2 KiB: three items at most, one of which may be in hand.
    for (let at = 0; at + 12 < order.length; at += 1) {
      expect(new Set(order.slice(at, at + 12)).size).toBeGreaterThan(1);
    }
    for (const stream of streams) await stream.return?.();
  });

  test("of a handler begin in the order of the calls: a generator's body runs up to its first item", async () => {
    const order: string[] = [];
    const pair = new CallPair(
      [tail, shape("sync", { yields: true }), shape("own", { yields: true }), shape("echo")],
      {
        async *tail() {
          order.push("tail");
          yield 1;
          order.push("too far");
          yield 2;
        },
        *sync() {
          order.push("sync");
          yield 1;
          order.push("too far");
        },
        own: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () => (order.push("own"), new Promise(() => {})),
          }),
        }),
        echo: (input: unknown) => order.push("echo") + Number(input),
      },
    );
    const names = ["tail", "echo", "sync", "echo", "own", "echo"];
    // More waits than may for items to be sent: each has one in hand, and goes no further.
    pair.callee.queuedTo = WINDOW + 1;
    for (const [index, call] of names.entries()) {
      pair.far.receive({ type: "$call", call, id: index + 1, input: 1 }, 30);
    }
    expect(order).toEqual(names);
    await new Promise(setImmediate);
    pair.clock.advance(0);
    await new Promise(setImmediate);
    expect(order).toEqual(names);
    expect(pair.callee.sent.filter(({ type }) => type === "$item")).toEqual([]);
  });

  test("stop while more than 64 KiB waits for the peer, and go on as it drains", async () => {
    const pair = new CallPair([put], {
      put: async (_: unknown, call: Handled) => {
        let bytes = 0;
        for await (const item of call.items) bytes += item.length;
        return bytes;
      },
    });
    const answers = Array.from({ length: 4 }, () =>
      pair.call(
        "put",
        Array.from({ length: 100 }, () => "x".repeat(10_000)),
      ),
    );
    // Nothing is delivered. Each has a window of its own, and together they stop behind the frame that exceeds one.
    for (let turn = 0; turn < 50; turn += 1) pair.clock.advance(0);
    expect(pair.caller.queuedBytes).toBeGreaterThan(WINDOW);
    expect(pair.caller.queuedBytes).toBeLessThanOrEqual(WINDOW + 10_100);
    await pair.settle(2_000);
    expect(await Promise.all(answers)).toEqual(answers.map(() => 1_000_000));
  });

  test.each([
    [WINDOW, WINDOW / 4],
    [1 << 20, SLICE_BYTES],
  ])(
    "of a generator that never waits let the event loop turn: with a window of %p bytes, after %p of them",
    async (windowBytes, sliceBytes) => {
      const pair = new CallPair([tail], { tail: endlessly });
      const { callee, far } = pair;
      far.receive({ type: "$call", call: "tail", id: 1, input: 1 }, 30);
      if (windowBytes > WINDOW) {
        far.receive({ type: "$credit", id: 1, bytes: windowBytes - WINDOW }, 27);
      }
      for (let slice = 1; slice <= 2; slice += 1) {
        const before = callee.sent.length;
        pair.clock.advance(0);
        // All microtasks run, and no turn of the clock comes.
        await new Promise(setImmediate);
        const bytes = (callee.sent.length - before) * 100;
        expect(bytes).toBeGreaterThan(sliceBytes - 100);
        expect(bytes).toBeLessThanOrEqual(sliceBytes + 100);
        callee.leftTo = callee.queuedTo;
      }
    },
  );

  test("leave as soon as their slice is full, or the credit is used up; others wait for the end of the turn", async () => {
    const pair = new CallPair([tail], {
      async *tail(items: number) {
        for (let index = 0; index < items; index += 1) yield "x".repeat(79);
        await new Promise(() => {});
      },
    });
    const afterTurns = async (items: number, turns: number): Promise<boolean> => {
      const { callee, far, clock } = pair;
      far.receive({ type: "$call", call: "tail", id: items, input: items }, 30);
      for (let turn = 0; turn < turns; turn += 1) {
        clock.advance(0);
        await new Promise(setImmediate);
      }
      const { isCorked } = callee;
      callee.leftTo = callee.queuedTo;
      clock.advance(0);
      far.receive({ type: "$cancel", id: items }, 18);
      clock.advance(200);
      return isCorked;
    };
    expect(await afterTurns(1, 1)).toBe(true);
    expect(await afterTurns(WINDOW / 4 / 100 + 1, 1)).toBe(false);
    expect(await afterTurns(WINDOW / 100 + 1, 5)).toBe(false);
  });

  test("that waited for credit go on in the turn in which it comes, one slice of them", async () => {
    const pair = new CallPair([tail], { tail: endlessly });
    const { callee, far } = pair;
    const bytes = (): number => (callee.sent.length - 1) * 100;
    far.receive({ type: "$call", call: "tail", id: 1, input: 1 }, 30);
    for (let turn = 0; turn < 10; turn += 1) {
      pair.clock.advance(0);
      await new Promise(setImmediate);
      callee.leftTo = callee.queuedTo;
    }
    const before = bytes();
    // No turn of the clock comes.
    for (let grant = 0; grant < 3; grant += 1) {
      far.receive({ type: "$credit", id: 1, bytes: WINDOW / 2 }, 27);
      await new Promise(setImmediate);
      expect(bytes() - before).toBeGreaterThan(WINDOW / 4 - 100);
      expect(bytes() - before).toBeLessThanOrEqual(WINDOW / 4 + 100);
    }
  });

  test("leave in small slices beside a call, and for a while after it, since the next one would wait for a large one", async () => {
    const pair = new CallPair([tail, echo], { tail: endlessly, echo: echoed });
    const stream = pair.stream("tail", 1);
    const read = (async () => {
      for await (const _ of stream);
    })();
    /** The most that one of some slices brings out; in others there may be no credit. */
    const sliceBytes = async (): Promise<number> => {
      let most = 0;
      for (let turn = 0; turn < 8; turn += 1) {
        const before = pair.callee.sent.length;
        pair.clock.advance(0);
        await new Promise(setImmediate);
        most = Math.max(most, (pair.callee.sent.length - before) * 100);
        await pair.settle(1);
      }
      return most;
    };
    expect(await sliceBytes()).toBeGreaterThan(10_000);
    const answer = pair.call("echo", 1);
    await pair.settle(4);
    expect(await answer).toBe(1);
    expect(await sliceBytes()).toBeLessThanOrEqual(2 * 1024 + 100);
    pair.clock.advance(100);
    await pair.settle(4);
    expect(await sliceBytes()).toBeGreaterThan(10_000);
    await stream.return?.();
    await pair.settle();
    await read;
    expect(pair.taken).toBe(0);
  });

  test("of a source that never waits are not pulled once the connection takes nothing more", async () => {
    let pulled = 0;
    const endless = function* () {
      // Bounded here, so that a pump which goes on fails and does not hang.
      while (pulled < 100_000) yield (pulled += 1);
    };
    const pair = new CallPair([put], { put: (_: unknown, call: Handled) => untilAborted(call) });
    const outcome = pair.try("put", endless());
    await pair.settle(1);
    const before = pulled;
    expect(before).toBeGreaterThan(0);
    // A close of this side's that the peer has not answered yet.
    pair.caller.ended = "closing";
    await pair.settle(20);
    expect(pulled - before).toBeLessThanOrEqual(2);
    pair.cut();
    expect(await outcome).toMatchObject({ error: { code: "connection-lost" } });
  });

  test.each([
    ["an array", () => ["a", "b"]],
    [
      "a generator",
      async function* () {
        yield "a";
      },
    ],
  ])("of %s, opened and cancelled faster than turns come, leave nothing to do", async (_, give) => {
    // One callback a turn, where the other clock runs all that are due.
    const due: (() => void)[] = [];
    const clock = {
      now: () => 0,
      after(delayMs: number, callback: () => void) {
        if (delayMs === 0) due.push(callback);
        return () => {};
      },
    };
    const pair = new CallPair([tail], { tail: give }, { clock });
    let id = 0;
    for (let batch = 0; batch < 100; batch += 1) {
      for (let index = 0; index < 60; index += 1) {
        pair.far.receive({ type: "$call", call: "tail", id: (id += 1), input: 1 }, 30);
        pair.far.receive({ type: "$cancel", id }, 18);
      }
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
    expect(pair.far.inFlight).toBe(0);
    pair.callee.sent.length = 0;
    pair.callee.leftTo = pair.callee.queuedTo;
    // The next stream's turn is the next one.
    pair.far.receive({ type: "$call", call: "tail", id: id + 1, input: 1 }, 30);
    for (let turn = 0; turn < 3; turn += 1) {
      due.shift()?.();
      for (let step = 0; step < 10; step += 1) await Promise.resolve();
    }
    expect(pair.callee.sent[0]).toMatchObject({ type: "$item", item: "a" });
  });

  test("a $credit right behind the $call opens the window, also where a middleware waits before the handler", async () => {
    const use = [
      async (_: never, next: () => Promise<unknown>) => (await Promise.resolve(), next()),
    ];
    for (const options of [{}, { use }]) {
      for (const isAsync of [false, true]) {
        let pulled = 0;
        function* items() {
          for (; pulled < 20; pulled += 1) yield "x".repeat(10_000);
        }
        const pair = new CallPair(
          [tail],
          { tail: () => (isAsync ? Promise.resolve(items()) : items()) },
          options,
        );
        pair.far.receive({ type: "$call", call: "tail", id: 1, input: 1 }, 30);
        pair.far.receive({ type: "$credit", id: 1, bytes: 1 << 20 }, 27);
        for (let turn = 0; turn < 100; turn += 1) {
          await new Promise(setImmediate);
          pair.clock.advance(0);
          // It has left; nobody takes it.
          pair.callee.leftTo = pair.callee.queuedTo;
          pair.far.drained();
        }
        expect(pair.callee.sent.at(-1)).toEqual({ type: "$result", id: 1 });
        expect(pulled).toBe(20);
      }
    }
  });

  test.each([65_536, 65_537, 1 << 20])(
    "that nobody takes wait in a window of 64 KiB, though it may open to %p: there is no $credit",
    async (windowBytes) => {
      let pulled = 0;
      const items = function* () {
        for (; pulled < 100; pulled += 1) yield "x".repeat(20_000);
      };
      const limits = { windowBytes };

      const down = new CallPair([tail], { tail: items }, { limits });
      const stream = down.stream("tail", 1);
      void stream.next();
      await down.settle();
      expect(down.caller.sent.map(({ type }) => type)).toEqual(["$call"]);
      // The last item overdraws the window; the first is taken, which is less than half of it.
      expect(down.near.heldBytes).toBe(3 * 20_021);
      await stream.return?.();

      pulled = 0;
      const up = new CallPair([put], { put: async () => new Promise(() => {}) }, { limits });
      const answer = up.try("put", items());
      await up.settle();
      expect(up.callee.sent).toEqual([]);
      expect(up.far.heldBytes).toBe(4 * 20_021);
      up.cut();
      expect(await answer).toMatchObject({ error: { code: "connection-lost", ran: "maybe" } });
    },
  );

  test.each([65_536, 262_144, 1 << 20])(
    "that were taken as they came wait in a window of %p once the reader stops, and in one of 64 KiB while it is behind",
    async (windowBytes) => {
      const pair = new CallPair(
        [tail],
        {
          *tail() {
            for (;;) yield "x".repeat(10_000);
          },
        },
        { limits: { windowBytes } },
      );
      const stream = pair.stream("tail", 1);
      const reading = (async () => {
        for (let taken = 0; taken < 500; taken += 1) await stream.next();
      })();
      await pair.settle(2_000);
      await reading;
      await pair.settle(2_000);
      expect(pair.near.heldBytes).toBeGreaterThan(windowBytes / 2);
      expect(pair.near.heldBytes).toBeLessThanOrEqual(windowBytes + 10_021);
      // There is always one that waits.
      for (let taken = 0; taken < (3 * windowBytes) / 10_021; taken += 1) {
        await stream.next();
        await pair.settle(3);
      }
      await pair.settle(2_000);
      expect(pair.near.heldBytes).toBeGreaterThan(WINDOW / 2);
      expect(pair.near.heldBytes).toBeLessThanOrEqual(WINDOW + 10_021);
      await stream.return?.();
      await pair.settle();
      expect(pair.taken).toBe(0);
    },
  );

  test.each(["before the handler yields", "while it yields"])(
    "credit that comes %s saturates: 2^53 − 1 four times is no more than once",
    async (when) => {
      const granted = Promise.withResolvers<void>();
      const items = async function* () {
        yield 1;
        await granted.promise;
        for (;;) yield 2;
      };
      const pair = new CallPair([tail], {
        tail: async () => {
          if (when === "before the handler yields") await granted.promise;
          return items();
        },
      });
      const { callee, far, clock } = pair;
      const sent: unknown[] = [];
      // Two items of so many bytes are one more than all credit that there can be.
      callee.send = (message) => {
        if (message.type !== "$item") return 20;
        sent.push(message.item);
        return message.item === 1 ? 1 : 2 ** 52;
      };
      const pass = async (): Promise<void> => {
        for (let turn = 0; turn < 20; turn += 1) {
          clock.advance(0);
          await new Promise(setImmediate);
        }
      };
      far.receive({ type: "$call", call: "tail", id: 1, input: 1 }, 30);
      await pass();
      for (let times = 0; times < 4; times += 1) {
        far.receive({ type: "$credit", id: 1, bytes: Number.MAX_SAFE_INTEGER }, 27);
      }
      granted.resolve();
      await pass();
      expect(sent).toEqual([1, 2, 2]);
    },
  );

  test("after $end, or of a call that sends none, do no harm", async () => {
    const taken: unknown[] = [];
    const pair = new CallPair([put, echo], {
      put: async (_: unknown, call: Handled) => {
        for await (const item of call.items) taken.push(item);
        await new Promise(() => {});
      },
      echo: () => new Promise(() => {}),
    });
    pair.far.receive({ type: "$call", call: "put", id: 1 }, 30);
    pair.far.receive({ type: "$item", id: 1, item: "a" }, 30);
    pair.far.receive({ type: "$end", id: 1 }, 18);
    pair.far.receive({ type: "$item", id: 1, item: "b" }, 30);
    pair.far.receive({ type: "$end", id: 1 }, 18);
    pair.far.receive({ type: "$call", call: "echo", id: 2, input: 1 }, 30);
    pair.far.receive({ type: "$end", id: 2 }, 18);
    pair.far.receive({ type: "$credit", id: 2, bytes: 5 }, 18);
    await pair.settle();
    expect(taken).toEqual(["a"]);
    expect(pair.callee.sent).toEqual([]);
    expect(pair.far.heldBytes).toBe(0);
  });

  test("that a handler leaves are not read again as if there were none; those of one iterator are", async () => {
    const pair = new CallPair([put], {
      put: async (_: unknown, call: Handled) => {
        for await (const _first of call.items) break;
        let rest = 0;
        for await (const _other of call.items) rest += 1;
        return rest;
      },
    });
    const left = pair.try("put", ["a", "b", "c"]);
    await pair.settle();
    expect(await left).toMatchObject({ error: { code: "internal" } });
    expect(String(pair.callee.failures[0])).toContain("read once");
    const other = new CallPair([put], {
      put: async (_: unknown, call: Handled) => {
        const items = call.items[Symbol.asyncIterator]() as AsyncIterableIterator<string>;
        const header = await items.next();
        let rest = "";
        for await (const item of items) rest += item;
        return `${header.value as string}:${rest}`;
      },
    });
    const read = other.call("put", ["a", "b", "c"]);
    await other.settle();
    expect(await read).toBe("a:bc");
  });

  test("that a source gives as its call is aborted within: the source is closed", async () => {
    const abort = new AbortController();
    let returned = 0;
    const source = {
      [Symbol.iterator]() {
        abort.abort();
        return {
          next: () => ({ value: "a", done: false }),
          return: () => ((returned += 1), { value: undefined, done: true }),
        };
      },
    };
    const pair = new CallPair([put], { put: (_: unknown, call: Handled) => untilAborted(call) });
    const outcome = pair.try("put", source, { signal: abort.signal });
    await pair.settle();
    expect(await outcome).toMatchObject({ error: { code: "cancelled" } });
    expect(returned).toBe(1);
    expect(pair.caller.sent.map(({ type }) => type)).toEqual(["$call", "$cancel"]);
    expect(pair.taken).toBe(0);
  });
});

describe("A generator that awaits for ever and ignores its signal", () => {
  test("is logged as stuck once, and the others go on", async () => {
    const pair = new CallPair([tail, echo], {
      async *tail() {
        yield 1;
        await new Promise(() => {});
      },
      echo: echoed,
    });
    const stream = pair.stream("tail", 1);
    const first = stream.next();
    await pair.settle();
    await first;
    await stream.return?.();
    await pair.settle();
    pair.clock.advance(59_999);
    expect(pair.callee.stuck).toEqual([]);
    pair.clock.advance(1);
    pair.clock.advance(600_000);
    expect(pair.callee.stuck).toEqual(["tail"]);
    expect(pair.near.inFlight).toBe(1);
    const small = pair.call("echo", 1);
    await pair.settle();
    expect(await small).toBe(1);
    expect(pair.callee.ended).toBeUndefined();
  });
});

/** How many rounds of delivery 2 000 items take. */
async function roundsOf(pair: CallPair): Promise<number> {
  let isDone = false;
  const stream: Stream = pair.stream("count", 2_000);
  const reading = (async () => {
    for await (const _ of stream);
    isDone = true;
  })();
  let rounds = 0;
  for (; rounds < 5_000 && !isDone; rounds += 1) {
    await pair.settle(1);
    await new Promise(setImmediate);
  }
  await reading;
  return rounds;
}
