// All eight kinds of calls, as the bytes of either path of the codec, with the keys in any order.

import { describe, expect, test } from "bun:test";

import { type CallDefinitions, defineProtocol, Type } from "@typewire/protocol";
import { compileNow, defineReferenceProtocol } from "@typewire/protocol/internal";
import { pickSeed, SeededRandom } from "@typewire/testkit";

import { CallPair, type PairOptions, type Stream } from "../support/call-pair.ts";
import { shuffledKeys } from "../support/shuffled-keys.ts";

interface Kind {
  readonly sends: boolean;
  readonly yields: boolean;
  readonly output: boolean;
}

const kinds: readonly Kind[] = [false, true].flatMap((sends) =>
  [false, true].flatMap((yields) => [false, true].map((output) => ({ sends, yields, output }))),
);

const nameOf = ({ sends, yields, output }: Kind): string =>
  ["call", sends && "sends", yields && "yields", output && "output"].filter(Boolean).join(".");

const calls: CallDefinitions = Object.fromEntries(
  kinds.map((kind) => [
    nameOf(kind),
    {
      input: Type.Object({ times: Type.Integer() }),
      ...(kind.sends && { sends: Type.Object({ text: Type.String() }) }),
      ...(kind.yields && { yields: Type.Date() }),
      ...(kind.output && { output: Type.Array(Type.String()) }),
    },
  ]),
);

type HandledCall = { readonly items: AsyncIterable<{ text: string }> };

const day = (index: number): Date => new Date(Date.UTC(2026, 0, 1 + index));

/** Yields so many days as its input says, and ends with the texts that came. */
const handlers = Object.fromEntries(
  kinds.map((kind) => {
    const take = async (call: HandledCall): Promise<string[]> => {
      const texts: string[] = [];
      for await (const { text } of call.items) texts.push(text);
      return texts;
    };
    const plain = (_: unknown, call: HandledCall) => take(call);
    async function* generator({ times }: { times: number }, call: HandledCall) {
      for (let index = 0; index < times; index += 1) yield day(index);
      return take(call);
    }
    return [nameOf(kind), kind.yields ? generator : plain];
  }),
);

const TIMES = 300;
const texts = Array.from({ length: TIMES }, (_, index) => `item ${index}`);

/** What one call of `kind` comes to: its items and its output. */
async function callOf(pair: CallPair, kind: Kind): Promise<{ items: unknown[]; output: unknown }> {
  const items: unknown[] = [];
  const given = kind.sends ? [texts.map((text) => ({ text }))] : [];
  const answer = pair.call(nameOf(kind), { times: TIMES }, ...given) as unknown;
  if (!kind.yields) return { items, output: await answer };
  for await (const item of answer as Stream) items.push(item);
  return { items, output: await (answer as Stream).output };
}

const seed = pickSeed();
const definition = { name: "kinds", version: 1, server: {}, client: {}, calls };
const compiled = defineProtocol(definition);
compileNow(compiled.server);
compileNow(compiled.client);
const paths = { compiled, reference: defineReferenceProtocol(definition) };
const shapes = Object.values(compiled.calls);

describe.each(Object.entries(paths))("on the %s path", (path, { server, client }) => {
  test.each([false, true])(
    `every kind of call, keys in any order: %p (seed ${seed})`,
    async (any) => {
      const random = new SeededRandom(seed);
      const rearrange = (payload: Uint8Array) => (any ? shuffledKeys(payload, random) : payload);
      const codecs: PairOptions["codecs"] = {
        server: server as never,
        client: client as never,
        rearrange,
      };
      for (const kind of kinds) {
        const pair = new CallPair(shapes, handlers, { codecs });
        const coming = callOf(pair, kind);
        await pair.settle(2_000);
        expect({ path, ...kind, ...(await coming) }).toEqual({
          path,
          ...kind,
          items: kind.yields ? texts.map((_, index) => day(index)) : [],
          output: kind.output ? (kind.sends ? texts : []) : undefined,
        });
        const results = pair.callee.sent.filter(({ type }) => type === "$result");
        expect(results).toHaveLength(1);
        expect(pair.caller.sent.filter(({ type }) => type === "$end")).toHaveLength(
          kind.sends ? 1 : 0,
        );
        expect(pair.taken).toBe(0);
      }
    },
  );
});

test("middlewares are around every kind: the first begins first, and ends last, after the last item", async () => {
  for (const kind of kinds) {
    const log: string[] = [];
    const around =
      (name: string) => async (call: { name: string }, next: () => Promise<unknown>) => {
        log.push(`${name} begins ${call.name}`);
        try {
          return await next();
        } finally {
          log.push(`${name} ends after ${pair.callee.sent.length}`);
        }
      };
    const pair: CallPair = new CallPair(shapes, handlers, { use: [around("a"), around("b")] });
    const coming = callOf(pair, kind);
    await pair.settle(2_000);
    const { items } = await coming;
    expect(items).toHaveLength(kind.yields ? TIMES : 0);
    // All but its `$result` has left by then.
    const before = pair.callee.sent.length - 1;
    expect(log).toEqual([
      `a begins ${nameOf(kind)}`,
      `b begins ${nameOf(kind)}`,
      `b ends after ${before}`,
      `a ends after ${before}`,
    ]);
    expect(pair.taken).toBe(0);
  }
});
