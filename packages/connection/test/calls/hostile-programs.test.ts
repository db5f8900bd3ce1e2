// Handlers, middlewares and items that give or throw what nobody would: each call still ends once, at both ends, and
// nothing is thrown where no program would catch it.

import { describe, expect, test } from "bun:test";

import { CallPair, shape } from "../support/call-pair.ts";

type Make = () => unknown;

const boom = (what: string): never => {
  throw new Error(what);
};

const values: readonly (readonly [name: string, make: Make])[] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["a symbol", () => Symbol("s")],
  ["a function", () => () => {}],
  ["an object without a prototype", () => Object.create(null)],
  [
    "a revoked proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  [
    "a proxy that throws at every question",
    () =>
      new Proxy(
        {},
        {
          getPrototypeOf: () => boom("prototype"),
          get: () => boom("get"),
          has: () => boom("has"),
          ownKeys: () => boom("keys"),
        },
      ),
  ],
  [
    "an error whose parts throw",
    () => {
      const get = () => boom("part");
      return Object.defineProperties(new Error("e"), {
        cause: { get },
        name: { get },
        code: { get },
        message: { get },
      });
    },
  ],
  [
    "a then that cannot be read",
    () =>
      // oxlint-disable-next-line unicorn/no-thenable -- that is the attack
      Object.defineProperty({}, "then", {
        get: () => boom("then"),
      }),
  ],
  [
    "a promise that throws",
    () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- that is the attack
      then: () => boom("then"),
    }),
  ],
  [
    "a promise that settles thrice",
    () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- that is the attack
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve(1);
        reject(new Error("x"));
        boom("y");
      },
    }),
  ],
  [
    "a promise whose constructor cannot be read",
    () =>
      Object.defineProperty(Promise.resolve(1), "constructor", { get: () => boom("constructor") }),
  ],
];

const asyncOf = (iterator: object): object => ({ [Symbol.asyncIterator]: () => iterator });

/** Iterables that do `make` their way; `endless` are those that go on until they are left. */
const iterables: readonly (readonly [name: string, of: (make: Make) => unknown])[] = [
  ["it", (make) => make()],
  ["next() gives it", (make) => asyncOf({ next: make })],
  [
    "next() throws it",
    (make) =>
      asyncOf({
        next() {
          throw make();
        },
      }),
  ],
  [
    "next() rejects with it",
    (make) =>
      asyncOf({
        async next() {
          throw make();
        },
      }),
  ],
  ["its iterator is it", (make) => ({ [Symbol.asyncIterator]: make })],
  [
    "asking for its iterator throws it",
    (make) => ({
      [Symbol.asyncIterator]() {
        throw make();
      },
    }),
  ],
  [
    "a generator throws it",
    async function* (make) {
      yield* [];
      throw make();
    },
  ],
  [
    "a generator returns it",
    async function* (make) {
      yield* [];
      return make();
    },
  ],
  [
    "whether it is done cannot be read",
    () =>
      asyncOf({
        next: async () => ({
          get done() {
            return boom("done");
          },
        }),
      }),
  ],
  ["return() gives it", (make) => asyncOf({ next: () => new Promise(() => {}), return: make })],
  [
    "return() throws it",
    (make) =>
      asyncOf({
        next: () => new Promise(() => {}),
        return() {
          throw make();
        },
      }),
  ],
  [
    "return() rejects with it",
    (make) =>
      asyncOf({
        next: () => new Promise(() => {}),
        async return() {
          throw make();
        },
      }),
  ],
];

const handlers: readonly (readonly [name: string, of: (make: Make) => unknown])[] = [
  ["returns it", (make) => make],
  ["resolves with it", (make) => async () => make()],
  [
    "throws it",
    (make) => () => {
      throw make();
    },
  ],
  [
    "rejects with it",
    (make) => async () => {
      throw make();
    },
  ],
  [
    "declares it",
    (make) => (_: unknown, call: { error(code: string, data: unknown): Error }) => {
      throw call.error("e", make());
    },
  ],
];

type Next = () => Promise<unknown>;
type Middlewares = readonly ((call: never, next: Next) => unknown)[];

const middlewares: readonly (readonly [name: string, of: (make: Make) => Middlewares])[] = [
  ["alone", () => []],
  ["in a middleware", () => [async (_, next) => next()]],
  [
    "under a middleware that gives it",
    (make) => [
      (_, next) => {
        next().catch(() => {});
        return make();
      },
    ],
  ],
  [
    "under two middlewares, the first of which does not wait for the second",
    (make) => [
      (_, next) => {
        void next();
        return make();
      },
      async (_, next) => next(),
    ],
  ],
  [
    "under a middleware that goes on twice, and waits for neither",
    (make) => [
      (_, next) => {
        void next();
        void next();
        return make();
      },
    ],
  ],
  [
    "under a middleware that goes on too late",
    (make) => [
      (_, next) => {
        setImmediate(() => void next());
        return make();
      },
    ],
  ],
  [
    "under a middleware that throws it",
    (make) => [
      () => {
        throw make();
      },
    ],
  ],
];

const call = shape("call", { errors: ["e"] });
const tail = shape("tail", { yields: true });
const put = shape("put", { sends: true });

/** Lets everything happen that will. */
async function settle(pair: CallPair): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    pair.pass();
    pair.clock.advance(0);
    await new Promise(setImmediate);
  }
}

const resultsOf = (pair: CallPair): number =>
  pair.callee.sent.filter(({ type }) => type === "$result").length;

/** Runs `body`, in which nothing may be thrown past every program. */
async function withoutStrays(body: () => Promise<void>): Promise<void> {
  const strays: unknown[] = [];
  const note = (error: unknown): void => void strays.push(error);
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  try {
    await body();
    await new Promise(setImmediate);
  } finally {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
  }
  expect(strays).toHaveLength(0);
}

describe.each(values)("With %s", (_, make) => {
  test.each(middlewares)("a handler %s ends its call once", async (__, around) => {
    await withoutStrays(async () => {
      for (const isCancelled of [false, true]) {
        for (const [name, of] of handlers) {
          const pair = new CallPair([call], { call: of(make) }, { use: around(make) });
          pair.far.receive({ type: "$call", call: "call", id: 1, input: 1 }, 30);
          if (isCancelled) pair.far.receive({ type: "$cancel", id: 1 }, 18);
          for (let step = 0; step < 10; step += 1) await Promise.resolve();
          await new Promise(setImmediate);
          expect([name, pair.far.inFlight, resultsOf(pair)]).toEqual([name, 0, 1]);
        }
      }
    });
  });

  test.each(iterables)("what a handler yields: %s", async (__, of) => {
    await withoutStrays(async () => {
      for (const [name, around] of middlewares) {
        const given = () => of(make);
        const pair = new CallPair([tail], { tail: given }, { use: around(make) });
        pair.far.receive({ type: "$call", call: "tail", id: 1, input: 1 }, 30);
        pair.clock.advance(0);
        await new Promise(setImmediate);
        pair.far.receive({ type: "$cancel", id: 1 }, 18);
        await new Promise(setImmediate);
        expect([name, pair.far.inFlight, resultsOf(pair)]).toEqual([name, 0, 1]);
      }
    });
  });

  test.each(iterables)("what a caller sends: %s", async (__, of) => {
    await withoutStrays(async () => {
      const heeding = (_input: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason)),
        );
      const pair = new CallPair([put], { put: heeding });
      const abort = new AbortController();
      let outcomes = 0;
      const ended = (): void => void (outcomes += 1);
      pair.try("put", 1, of(make), { signal: abort.signal }).then(ended, ended);
      await settle(pair);
      abort.abort();
      await settle(pair);
      expect([outcomes, pair.taken]).toEqual([1, 0]);
    });
  });
});

describe("A source that ends its own call in its next()", () => {
  type Ending = (end: () => void, done: () => void) => Iterable<unknown> | AsyncIterable<unknown>;
  const sources: readonly (readonly [name: string, of: Ending])[] = [
    [
      "a generator",
      function* (end, done) {
        try {
          yield "a";
          end();
          yield "b";
        } finally {
          done();
        }
      },
    ],
    [
      "an async generator",
      async function* (end, done) {
        try {
          yield "a";
          end();
          yield "b";
        } finally {
          done();
        }
      },
    ],
    [
      "an iterator",
      (end, done) => ({
        [Symbol.iterator]: () => ({
          next: () => (end(), { value: "a", done: false }),
          return: () => (done(), { value: undefined, done: true }),
        }),
      }),
    ],
  ];

  test.each(sources)("is closed, as what a caller sends: %s", async (_, of) => {
    await withoutStrays(async () => {
      let done = 0;
      const pair = new CallPair([put], { put: () => new Promise(() => {}) });
      const abort = new AbortController();
      const items = of(
        () => abort.abort(),
        () => void (done += 1),
      );
      const outcome = pair.try("put", 1, items, { signal: abort.signal });
      await settle(pair);
      expect(await outcome).toMatchObject({ error: { code: "cancelled" } });
      expect(done).toBe(1);
    });
  });

  test.each(sources)("is closed, as what a handler yields: %s", async (_, of) => {
    await withoutStrays(async () => {
      let done = 0;
      const end = (): void => pair.far.receive({ type: "$cancel", id: 1 }, 18);
      const pair: CallPair = new CallPair([tail], { tail: () => of(end, () => void (done += 1)) });
      pair.far.receive({ type: "$call", call: "tail", id: 1, input: 1 }, 30);
      pair.clock.advance(0);
      await new Promise(setImmediate);
      expect([done, pair.far.inFlight, resultsOf(pair)]).toEqual([1, 0, 1]);
      expect(pair.callee.failures).toEqual([]);
    });
  });
});
