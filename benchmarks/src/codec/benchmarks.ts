// The codec benchmarks by name. Every side has a process of its own, and they are measured in turns. In
// one process together most are slower, and not to the same degree (JSON by 2 per cent, typewire by 15,
// protobufjs by 40), because they share an engine that specialises on what it has seen.

import { join } from "node:path";

import type { Benchmark, Effort } from "../benchmark.ts";
import { type Comparison, compare } from "../comparison.ts";
import { JsonProcess } from "../json-process.ts";
import { interleave } from "../measure.ts";
import { corpora } from "./corpora.ts";
import type { Corpus } from "./corpus.ts";
import type { CodecCommand, CodecReplies } from "./program.ts";
import { type Direction, sidesOf } from "./sides.ts";

const PROGRAM = join(import.meta.dir, "program.ts");
const WARM_UP_MS = 500;
const BATCH_MS = 100;
const QUICK_WARM_UP_MS = 4;
const QUICK_BATCH_MS = 1;

export const codecBenchmarks: readonly Benchmark[] = (["decode", "encode"] as const).flatMap(
  (direction) =>
    corpora.map((corpus) => ({
      name: `codec/${direction}/${corpus.name}`,
      isRepetition:
        corpus.name.endsWith("-repeated") || (direction === "encode" && corpus.name === "large"),
      run: (effort: Effort) => runCodec(direction, corpus, effort),
    })),
);

/** A process with one side, or with all of them. */
class CodecProcess extends JsonProcess {
  constructor() {
    super([process.execPath, PROGRAM]);
  }

  async ask<Do extends CodecCommand["do"]>(
    command: Extract<CodecCommand, { do: Do }>,
  ): Promise<CodecReplies[Do]> {
    return (await this.command(command)) as CodecReplies[Do];
  }
}

async function runCodec(direction: Direction, corpus: Corpus, effort: Effort): Promise<Comparison> {
  const names = sidesOf(direction)
    .map(({ name }) => name)
    .filter(
      (name) => effort.sides.length === 0 || effort.sides.some((part) => name.includes(part)),
    );
  const groups = effort.together ? [names] : names.map((name) => [name]);
  await using processes = new AsyncDisposableStack();
  const processOf = new Map<string, CodecProcess>();
  const facts: Record<string, CodecReplies["prepare"][string]> = {};
  for (const sides of groups) {
    const child = processes.use(new CodecProcess());
    for (const side of sides) processOf.set(side, child);
    Object.assign(facts, await child.ask(preparation(direction, corpus, sides, effort)));
  }
  const series = await interleave(
    names.map((side) => ({
      name: side,
      sample: async () => (await processOf.get(side)?.ask({ do: "sample", side }))?.perCallNs ?? 0,
    })),
    { warmUp: 1, timed: effort.rounds },
  );
  for (const child of new Set(processOf.values())) await child.ask({ do: "finish" });
  return compare(
    {
      name: `codec/${direction}/${corpus.name}`,
      about: `${direction} ${corpus.about}; ${variety(corpus)}`,
      unit: "ns/message",
      better: "lower",
    },
    series,
    (name) => facts[name] ?? {},
  );
}

function preparation(
  direction: Direction,
  corpus: Corpus,
  sides: readonly string[],
  { quick }: Effort,
): Extract<CodecCommand, { do: "prepare" }> {
  return {
    do: "prepare",
    direction,
    corpus: corpus.name,
    sides,
    warmUpMs: quick ? QUICK_WARM_UP_MS : WARM_UP_MS,
    batchMs: quick ? QUICK_BATCH_MS : BATCH_MS,
  };
}

function variety({ messages }: Corpus): string {
  return messages.length === 1 ? "one value" : `${messages.length} different messages in turn`;
}
