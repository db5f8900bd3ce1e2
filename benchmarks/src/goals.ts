// What was to be reached, as arithmetic on the comparisons of a run, and what was.

import { type Comparison, ratioBetween } from "./comparison.ts";
import { geometricMean } from "./statistics.ts";
import type { Cells } from "./table.ts";

interface Goal {
  readonly what: string;
  readonly against: string;
  /** A prefix of the comparisons that count; of several, the geometric mean. */
  readonly in: string;
  readonly side: string;
  /** At least so many times better than `side`; below 1, the share of it that is to be reached. */
  readonly atLeast: number;
  /** What is put against `side`; of Typewire's own rows, the one that it is a goal for. Default: the first. */
  readonly of?: string;
  /** The goal is for `side`, as a share of Typewire without. */
  readonly isShare?: boolean;
}

const CORPUS = "codec/decode";
const MEDIUM = "codec/decode/medium";
const STREAM = "end-to-end/stream";

const RIVALS = [
  "ws, JSON",
  "Socket.IO",
  "gRPC (grpc-js)",
  "tRPC over WebSocket",
  "Effect RPC",
  "replit/river",
  "NATS, JSON",
];

const STREAMING = [
  "gRPC (grpc-js)",
  "Connect (HTTP/2)",
  "tRPC over WebSocket",
  "oRPC over WebSocket",
  "Effect RPC",
  "replit/river",
];
const CALLED = [...STREAMING, "Cap'n Web", "NATS, JSON", "Socket.IO"];
const ONE_WAY = "typewire, one-way messages";

const GOALS: readonly Goal[] = [
  goal("decode, seven fields", MEDIUM, "cbor-x + check", 8),
  goal("decode, all corpora", CORPUS, "cbor-x + check", 6),
  goal("decode, all corpora", CORPUS, "JSON + check", 2),
  ...["protobufjs + check", "@bufbuild/protobuf + check", "avsc + check", "msgpackr + check"].map(
    (side) => goal("decode, all corpora", CORPUS, side, 3),
  ),
  goal("encode, all corpora", "codec/encode", "cbor-x + check", 3),
  goal("one-way stream", STREAM, "typewire, reference path", 4),
  goal("one-way stream", STREAM, "Bun WebSocket, JSON", 5),
  ...RIVALS.map((side) => goal("one-way stream", STREAM, side, 1)),
  goal("one-way stream, share of the ceiling", STREAM, "raw Bun TCP", 0.3),
  goal("the same, of the ceiling with frames", STREAM, "raw Bun TCP, frame by frame", 0.3),
  goal("request and answer, p50", "end-to-end/request/1", "raw Bun TCP", 1 / 1.3),
  goal("broadcast to 10 000", "end-to-end/broadcast/10000", "raw Bun TCP", 1 / 1.3),
  goal("call, one in flight, p50", "calls/one", "raw Bun TCP", 1 / 1.3),
  goal("call, one in flight, p50", "calls/one", "typewire, ids by hand", 1 / 1.1),
  goal("calls/s, 64 in flight", "calls/many", "raw Bun TCP", 0.7),
  ...CALLED.map((side) => goal("calls/s, 64 in flight", "calls/many", side, 8)),
  goal("the same with a signal, share of it", "calls/added", "typewire, with signal", 0.7, true),
  goal("the same with try, share of it", "calls/added", "typewire, try", 0.95, true),
  goal(
    "the same with three middlewares, share of it",
    "calls/added",
    "typewire, three middlewares",
    0.8,
    true,
  ),
  goal("items/s of a stream", "calls/items", ONE_WAY, 0.3),
  {
    ...goal("items/s of a stream, window of 1 MiB", "calls/items", ONE_WAY, 0.4),
    of: "typewire, window of 1 MiB",
  },
  ...STREAMING.map((side) => goal("items/s of a stream", "calls/items", side, 3)),
  goal("bytes/s in chunks of 32 KiB", "calls/chunks", "raw Bun TCP", 0.6),
  ...STREAMING.map((side) => goal("a call beside a full stream, p50", "calls/beside", side, 1)),
  goal("publish to 10 000 in a topic", "calls/publish", "typewire, broadcast", 1 / 1.05),
];

const MEMORY_GOAL_BYTES = 2048;

function goal(what: string, scope: string, side: string, atLeast: number, isShare = false): Goal {
  return { what, against: isShare ? "typewire" : side, in: scope, side, atLeast, isShare };
}

/** A row for each goal of a folder that was run: what was wanted, what was measured, and whether that is enough. */
export function goalCells(comparisons: readonly Comparison[]): Cells {
  const head = ["goal", "wanted", "measured", "", "against"];
  const folders = new Set(comparisons.map(({ name }) => folderOf(name)));
  const chosen = GOALS.filter(({ in: scope }) => folders.has(folderOf(scope)));
  const rows = chosen.map((each) => {
    const { what, against, atLeast } = each;
    const reached = measured(comparisons, each);
    const verdict = reached === undefined ? "" : reached >= atLeast ? "yes" : "no";
    return [what, `≥ ${atLeast.toFixed(2)}`, reached?.toFixed(2) ?? "—", verdict, against];
  });
  return [head, ...rows, ...(folders.has("end-to-end") ? [memoryRow(comparisons)] : [])];
}

function folderOf(name: string): string {
  return name.split("/")[0] ?? "";
}

/** How many times better Typewire is than the other side, over all comparisons of the goal. */
function measured(
  comparisons: readonly Comparison[],
  { in: scope, side, of = "typewire", isShare = false }: Goal,
): number | undefined {
  const ratios = comparisons.flatMap((comparison) => {
    // The repeated value is there for comparison with the varied ones, not to be counted twice.
    const counts = comparison.name === scope || comparison.name.startsWith(`${scope}/`);
    if (!counts || comparison.name.endsWith("-repeated")) return [];
    const [first, second] = isShare ? [side, of] : [of, side];
    return ratioBetween(comparison, first, second) ?? [];
  });
  return ratios.length === 0 ? undefined : geometricMean(ratios);
}

function memoryRow(comparisons: readonly Comparison[]): readonly string[] {
  const idle = comparisons.find(({ name }) => name === "end-to-end/idle-memory");
  const bytesOf = (side: string): number | undefined =>
    idle?.rows.find((row) => row.side === side)?.figure?.median;
  const own = bytesOf("typewire");
  const raw = bytesOf("raw Bun TCP");
  const more = own === undefined || raw === undefined ? undefined : own - raw;
  const verdict = more === undefined ? "" : more <= MEMORY_GOAL_BYTES ? "yes" : "no";
  const text = more === undefined ? "—" : `+${Math.round(more)}`;
  return ["bytes per idle connection", `≤ +${MEMORY_GOAL_BYTES}`, text, verdict, "raw Bun TCP"];
}
