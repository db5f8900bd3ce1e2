// A process in which sides of one codec benchmark run, one of them or several. It makes them ready and
// checks what they return, then measures when it is told to.

import { serveJsonLines } from "../json-lines.ts";
import { Competitor } from "./competitor.ts";
import { corpora } from "./corpora.ts";
import type { Corpus } from "./corpus.ts";
import { type Direction, sidesOf } from "./sides.ts";

/** What the process can be told. */
export type CodecCommand =
  | {
      readonly do: "prepare";
      readonly direction: Direction;
      readonly corpus: string;
      readonly sides: readonly string[];
      readonly warmUpMs: number;
      readonly batchMs: number;
    }
  /** Measure one batch of a side. */
  | { readonly do: "sample"; readonly side: string }
  /** Check that what the timed calls returned is right as well. */
  | { readonly do: "finish" };

/** What it answers. */
export interface CodecReplies {
  /** Bytes and checks of each side, by name. */
  prepare: Readonly<Record<string, { readonly bytes: number; readonly checks: string }>>;
  sample: { readonly perCallNs: number };
  finish: Record<never, never>;
}

const competitors = new Map<string, Competitor>();

async function obey(command: CodecCommand): Promise<CodecReplies[CodecCommand["do"]]> {
  switch (command.do) {
    case "prepare":
      return prepare(command);
    case "sample":
      return sample(command.side);
    case "finish":
      for (const competitor of competitors.values()) competitor.assertResultsHeld();
      return {};
  }
}

async function prepare(
  command: Extract<CodecCommand, { do: "prepare" }>,
): Promise<CodecReplies["prepare"]> {
  const { direction, warmUpMs, batchMs } = command;
  const corpus = corpusOf(command.corpus);
  for (const { name, load } of sidesOf(direction)) {
    if (!command.sides.includes(name)) continue;
    const competitor = new Competitor(name, await load(), direction, corpus);
    competitor.assertEqualResults();
    competitors.set(name, competitor);
  }
  for (const { loop } of competitors.values()) loop.warmUp(warmUpMs, batchMs);
  return Object.fromEntries([...competitors].map(([name, { facts }]) => [name, facts]));
}

function sample(name: string): CodecReplies["sample"] {
  const competitor = competitors.get(name);
  if (competitor === undefined) throw new Error(`${name}: no such side was prepared`);
  // What came before is not collected on this batch's time.
  Bun.gc(true);
  competitor.loop.runUp();
  return { perCallNs: competitor.loop.sample() };
}

function corpusOf(name: string): Corpus {
  const corpus = corpora.find((candidate) => candidate.name === name);
  if (corpus === undefined) throw new Error(`${name}: no such corpus`);
  return corpus;
}

if (import.meta.main) await serveJsonLines((command) => obey(command as CodecCommand));
