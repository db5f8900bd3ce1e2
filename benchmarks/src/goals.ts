// What was to be reached, as arithmetic on the comparisons of a run, and what was.

import { callGoalRows } from "./calls/goals.ts";
import { costGoalRows } from "./cost/goals.ts";
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
  ...["cluster/fan-out/10", "cluster/fan-out/100"].flatMap((scope) => [
    goal(`published to the clients of others, ${scope}`, scope, "NATS, JSON", 3),
    goal(`published to the clients of others, ${scope}`, scope, "Socket.IO with Redis", 30),
  ]),
  goal("there and back over NATS, p50", "cluster/latency", "NATS, the same bytes", 1 / 1.3),
  goal("broadcast to 10 000", "end-to-end/broadcast/10000", "raw Bun TCP", 1 / 1.3),
];

const MEMORY_GOAL_BYTES = 2048;

function goal(what: string, scope: string, side: string, atLeast: number): Goal {
  return { what, against: side, in: scope, side, atLeast };
}

/** A row for each goal: what was wanted, what was measured, and whether that is enough. */
export function goalCells(comparisons: readonly Comparison[]): Cells {
  const head = ["goal", "wanted", "measured", "", "against"];
  const rows = GOALS.map(({ what, against, in: scope, side, atLeast }) => {
    const reached = measured(comparisons, scope, side);
    const verdict = reached === undefined ? "" : reached >= atLeast ? "yes" : "no";
    return [what, `≥ ${atLeast.toFixed(2)}`, reached?.toFixed(2) ?? "—", verdict, against];
  });
  // A run of one folder says nothing of the goals of the others.
  const has = (folder: string): boolean =>
    comparisons.some(({ name }) => name.startsWith(`${folder}/`));
  return [
    head,
    ...rows.filter((_, index) => has(GOALS[index]?.in.split("/")[0] ?? "")),
    ...(has("end-to-end") ? [memoryRow(comparisons)] : []),
    ...callGoalRows(comparisons),
    ...costGoalRows(comparisons),
  ];
}

/** How many times better Typewire is than `side`, over all comparisons in `scope`. */
function measured(
  comparisons: readonly Comparison[],
  scope: string,
  side: string,
): number | undefined {
  const ratios = comparisons.flatMap((comparison) => {
    // The repeated value is there for comparison with the varied ones, not to be counted twice.
    const counts = comparison.name === scope || comparison.name.startsWith(`${scope}/`);
    if (!counts || comparison.name.endsWith("-repeated")) return [];
    return ratioBetween(comparison, "typewire", side) ?? [];
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
