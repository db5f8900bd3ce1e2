// One call of which the two ends have different parts, in every combination, as bytes of either path of the codec: it
// fails with a code and a path where they have a part that the other has not, and never ends as if nothing were wrong.

import { describe, expect, test } from "bun:test";

import { type CallDefinition, CallError, defineProtocol, Type } from "@typewire/protocol";
import { compileNow, defineReferenceProtocol } from "@typewire/protocol/internal";

import { CallPair, type Stream } from "../support/call-pair.ts";

const PARTS = ["input", "sends", "yields", "output"] as const;
type Parts = Readonly<Record<(typeof PARTS)[number], boolean>>;

const everyKind: readonly Parts[] = Array.from({ length: 16 }, (_, bits) => ({
  input: (bits & 1) > 0,
  sends: (bits & 2) > 0,
  yields: (bits & 4) > 0,
  output: (bits & 8) > 0,
}));

const nameOf = (parts: Parts): string => PARTS.filter((part) => parts[part]).join("+") || "nothing";

const definitionOf = ({ input, sends, yields, output }: Parts): CallDefinition => ({
  ...(input && { input: Type.Object({ text: Type.String() }) }),
  ...(sends && { sends: Type.String() }),
  ...(yields && { yields: Type.Integer() }),
  ...(output && { output: Type.Object({ count: Type.Integer() }) }),
});

/** A protocol whose call `f` has these parts; `compiled`: with code that is made at once, or without any. */
function protocolOf(parts: Parts, compiled: boolean) {
  const calls = { f: definitionOf(parts) };
  const definition = { name: "parts", version: 1, server: {}, client: {}, calls };
  if (!compiled) return defineReferenceProtocol(definition);
  const protocol = defineProtocol(definition);
  compileNow(protocol.server);
  compileNow(protocol.client);
  return protocol;
}

type Handled = { readonly items: AsyncIterable<unknown> };

/** Yields one item, takes all that come, and gives an output. Does not settle before items of the caller's can come. */
function handlerOf({ sends, yields, output }: Parts): unknown {
  const answer = async (call: Handled) => {
    for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
    let count = 0;
    if (sends) for await (const _ of call.items) count += 1;
    return output ? { count } : undefined;
  };
  if (!yields) return (_: unknown, call: Handled) => answer(call);
  return async function* (_: unknown, call: Handled) {
    for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
    yield 1;
    return await answer(call);
  };
}

/** What the call comes to at its caller. */
async function outcomeOf(pair: CallPair, parts: Parts): Promise<string> {
  const options = { timeoutMs: 1000 };
  const given = [...(parts.input ? [{ text: "x" }] : []), ...(parts.sends ? [["a", "b"]] : [])];
  try {
    const answer: unknown = pair.call("f", ...given, options);
    if (!parts.yields) return `ended: ${JSON.stringify(await answer)}`;
    let count = 0;
    for await (const _ of answer as Stream) count += 1;
    return `ended: ${JSON.stringify(await (answer as Stream).output)}, items: ${count}`;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return `${error.code} ${error.path ?? ""}`.trim();
  }
}

/** What it has to come to. */
function expectedOf(caller: Parts, callee: Parts): string {
  if (caller.input !== callee.input) return "invalid-input /input";
  if (caller.sends && !callee.sends) return "invalid-item /type";
  if (callee.yields && !caller.yields) return "invalid-answer /type";
  // Nothing on the wire tells a callee that no items will come: the caller's deadline ends it.
  if (callee.sends && !caller.sends) return "deadline-exceeded";
  if (caller.output !== callee.output) return "invalid-answer /output";
  const output = caller.output ? `{"count":${caller.sends ? 2 : 0}}` : undefined;
  return caller.yields ? `ended: ${output}, items: ${callee.yields ? 1 : 0}` : `ended: ${output}`;
}

describe.each([
  ["compiled", true],
  ["reference", false],
] as const)("on the %s path", (_, compiled) => {
  const protocols = everyKind.map((kind) => [kind, protocolOf(kind, compiled)] as const);

  test.each(protocols.map(([kind, near]) => [nameOf(kind), kind, near] as const))(
    "a caller whose call has %s, with each kind of callee",
    async (_name, caller, near) => {
      for (const [callee, far] of protocols) {
        const pair = new CallPair(
          Object.values(near.calls),
          { f: handlerOf(callee) },
          {
            calleeShapes: Object.values(far.calls),
            codecs: {
              server: far.server as never,
              client: near.client as never,
              readers: { server: near.server as never, client: far.client as never },
            },
          },
        );
        const coming = outcomeOf(pair, caller);
        await pair.settle();
        pair.clock.advance(1000);
        await pair.settle();
        expect([nameOf(callee), await coming]).toEqual([
          nameOf(callee),
          expectedOf(caller, callee),
        ]);
        expect(pair.taken).toBe(0);
      }
    },
  );
});
