// What of calls compiles and what does not. `bun check` is the judge of this file; nothing is called, so what
// stands in a function that is never run only has to compile.

import { describe, expect, expectTypeOf, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import {
  type AnyProtocol,
  type CallError,
  type CallErrorCode,
  type CallHandlers,
  type CallInput,
  type CallItemSent,
  type CallItemYielded,
  type CallNames,
  type CallOutput,
  type CallStream,
  type ClientCalls,
  type ClientTries,
  defineProtocol,
  type HostAbortSignal,
  type ServerCallOf,
} from "../src/index.ts";

const Line = Type.Object({ seq: Type.Integer(), text: Type.String() });

const market = defineProtocol({
  name: "market",
  version: 1,
  server: { said: Type.Object({ text: Type.String() }) },
  client: { say: Type.Object({ text: Type.String() }) },
  auth: Type.Object({ token: Type.String() }),
  calls: {
    quote: {
      input: Type.Object({ symbol: Type.String() }),
      output: Type.Object({ price: Type.Number(), at: Type.Date() }),
      errors: { unknownSymbol: Type.Object({ symbol: Type.String() }), closed: Type.Undefined() },
      idempotent: true,
    },
    tail: { input: Type.Object({ after: Type.Integer() }), yields: Line },
    upload: {
      input: Type.Object({ name: Type.String() }),
      sends: Type.Uint8Array({ maxByteLength: 65536 }),
      output: Type.Object({ bytes: Type.Integer() }),
    },
    chat: { sends: Type.String(), yields: Type.String() },
    sum: { yields: Type.Integer(), output: Type.BigInt() },
    join: { input: Type.Object({ room: Type.String() }) },
    now: { output: Type.Date() },
  },
});

type Market = typeof market;

interface Peer {
  subscribe(topic: string): void;
}
interface Context {
  readonly user: string;
}

/** As `serve` takes handlers. */
function serve<P extends AnyProtocol>(
  ...given: [protocol: P, handlers: CallHandlers<P, Peer, Context>]
): void {
  expect(given).toHaveLength(2);
}

/** Compiles; is not run. */
function compiles(program: () => unknown): void {
  expect(program).toBeFunction();
}

declare const call: ClientCalls<Market>;
declare const attempt: ClientTries<Market>;

describe("the types of a call", () => {
  test("are those of its schemas", () => {
    expectTypeOf<CallNames<Market>>().toEqualTypeOf<
      "quote" | "tail" | "upload" | "chat" | "sum" | "join" | "now"
    >();
    expectTypeOf<CallInput<Market, "quote">>().toEqualTypeOf<{ symbol: string }>();
    expectTypeOf<CallInput<Market, "chat">>().toEqualTypeOf<undefined>();
    expectTypeOf<CallOutput<Market, "quote">>().toEqualTypeOf<{ price: number; at: Date }>();
    expectTypeOf<CallOutput<Market, "join">>().toEqualTypeOf<undefined>();
    expectTypeOf<CallItemSent<Market, "upload">>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<CallItemSent<Market, "quote">>().toBeNever();
    expectTypeOf<CallItemYielded<Market, "tail">>().toEqualTypeOf<{ seq: number; text: string }>();
    expectTypeOf<HostAbortSignal>().toEqualTypeOf<AbortSignal>();
  });

  test("are none where a protocol has no calls", () => {
    const plain = defineProtocol({ name: "plain", version: 1, server: {}, client: {} });
    expectTypeOf<CallNames<typeof plain>>().toBeNever();
    expectTypeOf<keyof ClientCalls<typeof plain>>().toBeNever();
    serve(plain, {});
    expect(plain.calls).toEqual({});
    expect(plain.hasAuth).toBe(false);
  });
});

describe("client.call", () => {
  test("takes the input, the items and options, and gives a promise or a stream", () => {
    compiles(async () => {
      expectTypeOf(call.quote({ symbol: "x" })).toEqualTypeOf<
        Promise<{ price: number; at: Date }>
      >();
      expectTypeOf(call.tail({ after: 1 })).toEqualTypeOf<
        CallStream<{ seq: number; text: string }, undefined>
      >();
      expectTypeOf(call.sum().output).toEqualTypeOf<Promise<bigint>>();
      expectTypeOf(call.join({ room: "x" })).toEqualTypeOf<Promise<undefined>>();
      await call.now();
      await call.now({ timeoutMs: 5, signal: new AbortController().signal });
      await call.quote({ symbol: "x" }, { timeoutMs: 5 });
      await call.upload({ name: "x" }, [new Uint8Array(1)], { timeoutMs: 0 });
      for await (const line of call.tail({ after: 1 })) expectTypeOf(line.seq).toBeNumber();
      await using chat = call.chat(["a"]);
      for await (const said of chat) expectTypeOf(said).toBeString();
    });
  });

  test("does not take what the schemas do not", () => {
    compiles(() => {
      // @ts-expect-error: `symbol` is text.
      void call.quote({ symbol: 5 });
      // @ts-expect-error: `symbol` is required.
      void call.quote({});
      // @ts-expect-error: there is an input.
      void call.quote();
      // @ts-expect-error: there is no input.
      void call.now({ room: "x" });
      // @ts-expect-error: items are bytes.
      void call.upload({ name: "x" }, ["text"]);
      // @ts-expect-error: there are items.
      void call.upload({ name: "x" });
      // @ts-expect-error: a text is one item.
      void call.chat("text");
      void call.chat(new Set(["text"]));
      // @ts-expect-error: there is no such option.
      void call.now({ timeout: 5 });
      // @ts-expect-error: there is no such call.
      void call.cote({ symbol: "x" });
    });
  });
});

describe("client.try", () => {
  test("gives the outcome, in which the code tells the type of the data", () => {
    compiles(async () => {
      const outcome = await attempt.quote({ symbol: "x" });
      if (outcome.ok) {
        expectTypeOf(outcome.output.price).toBeNumber();
        // @ts-expect-error: there is no error.
        void outcome.error;
        return;
      }
      const { error } = outcome;
      expectTypeOf(error.code).toEqualTypeOf<CallErrorCode | "unknownSymbol" | "closed">();
      if (error.code === "unknownSymbol")
        expectTypeOf(error.data).toEqualTypeOf<{ symbol: string }>();
      else expectTypeOf(error.data).toBeUndefined();
      // @ts-expect-error: there is no such code.
      if (error.code === "unknownSimbol") void 0;
      const stream = attempt.sum();
      for await (const item of stream) expectTypeOf(item).toBeNumber();
      const end = await stream.output;
      if (end.ok) expectTypeOf(end.output).toBeBigInt();
      else expectTypeOf(end.error.code).toEqualTypeOf<CallErrorCode>();
    });
  });
});

describe("handlers", () => {
  const say = () => {};
  const quote = () => ({ price: 1, at: new Date() });
  async function* tail() {}
  const upload = () => ({ bytes: 1 });
  async function* chat() {}
  // oxlint-disable-next-line require-yield -- only its output matters
  async function* sum() {
    return 1n;
  }
  const join = () => {};
  const now = () => new Date();

  test("are inferred, of messages and of calls", () => {
    compiles(() =>
      serve(market, {
        say(message, connection) {
          expectTypeOf(message).toEqualTypeOf<{ type: "say"; text: string }>();
          expectTypeOf(connection).toEqualTypeOf<Peer>();
        },
        async quote(input, call) {
          expectTypeOf(input).toEqualTypeOf<{ symbol: string }>();
          expectTypeOf(call.name).toEqualTypeOf<"quote">();
          expectTypeOf(call.connection).toEqualTypeOf<Peer>();
          expectTypeOf(call.context).toEqualTypeOf<Context>();
          expectTypeOf(call.signal).toEqualTypeOf<AbortSignal>();
          if (call.remainingMs < 5) throw call.error("unknownSymbol", { symbol: input.symbol });
          if (call.remainingMs < 6) throw call.error("closed");
          expectTypeOf(call.error("closed")).toEqualTypeOf<CallError<"closed", undefined>>();
          // @ts-expect-error: there is no such code.
          call.error("unknownSimbol", { symbol: "x" });
          // @ts-expect-error: its data is missing.
          call.error("unknownSymbol");
          // @ts-expect-error: its data is other.
          call.error("unknownSymbol", { symbol: 5 });
          await Promise.resolve();
          return { price: 1, at: new Date() };
        },
        async *tail({ after }, call) {
          expectTypeOf(after).toBeNumber();
          // @ts-expect-error: it declares no errors.
          call.error("unknownSymbol", { symbol: "x" });
          yield { seq: after, text: "x" };
        },
        async upload(info, call) {
          let bytes = info.name.length;
          for await (const chunk of call.items) {
            expectTypeOf(chunk).toEqualTypeOf<Uint8Array>();
            bytes += chunk.length;
          }
          return { bytes };
        },
        async *chat(input, call) {
          expectTypeOf(input).toBeUndefined();
          for await (const line of call.items) yield line.toUpperCase();
        },
        async *sum(_, call) {
          for await (const none of call.items) expectTypeOf(none).toBeNever();
          yield 1;
          return 2n;
        },
        async join({ room }, call) {
          call.connection.subscribe(`room.${room}`);
        },
        now: () => new Date(),
      }),
    );
  });

  test("may be written elsewhere, with the types of the call", () => {
    const elsewhere = async (
      { symbol }: CallInput<Market, "quote">,
      call: ServerCallOf<Market, "quote", Peer, Context>,
    ): Promise<CallOutput<Market, "quote">> => {
      if (symbol === "") throw call.error("unknownSymbol", { symbol });
      return { price: 1, at: new Date() };
    };
    compiles(() => serve(market, { quote: elsewhere, tail, upload, chat, sum, join, now }));
  });

  test("may give any async iterable, or its promise", () => {
    const iterable: AsyncIterable<string> = { [Symbol.asyncIterator]: () => chat() };
    compiles(() => serve(market, { quote, tail, upload, chat: () => iterable, sum, join, now }));
    compiles(() =>
      serve(market, { quote, tail, upload, chat: async () => iterable, sum, join, now }),
    );
  });

  test("are complete, and return what the schemas say", () => {
    compiles(() => {
      // @ts-expect-error: `now` is missing.
      serve(market, { say, quote, tail, upload, chat, sum, join });
      // @ts-expect-error: there is no `cote`.
      serve(market, { quote, tail, upload, chat, sum, join, now, cote: quote });
      // @ts-expect-error: the output is a date.
      serve(market, { quote, tail, upload, chat, sum, join, now: () => 5 });
      // @ts-expect-error: the output is there.
      serve(market, { quote, tail, upload, chat, sum, join, now: async () => {} });
      // @ts-expect-error: items are text.
      // prettier-ignore
      serve(market, { quote, tail, upload, chat: async function* () { yield 5; }, sum, join, now });
      // @ts-expect-error: items are given one by one.
      serve(market, { quote, tail, upload, chat: async () => "text", sum, join, now });
      // @ts-expect-error: the output is a big integer.
      // prettier-ignore
      serve(market, { quote, tail, upload, chat, sum: async function* () { yield 1; return 1; }, join, now });
      // @ts-expect-error: the output of a call that yields comes with its end.
      serve(market, { quote, tail, upload, chat, sum: async () => 1n, join, now });
    });
    expect(Object.keys(market.calls)).toEqual([
      "quote",
      "tail",
      "upload",
      "chat",
      "sum",
      "join",
      "now",
    ]);
  });
});
