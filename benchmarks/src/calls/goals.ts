// What calls were to reach, as rows of the page's table of goals: what, wanted, measured, whether, against.

import { type Comparison, ratioBetween, ratiosBetween } from "../comparison.ts";
import { interval95 } from "../statistics.ts";
import type { Cells } from "../table.ts";
import { IDLE } from "./beside.ts";
import { WITHOUT_CALLS } from "./memory.ts";
import { byHand, middlewares, ownMessages, raw, rivals, typewire, wide } from "./peers.ts";
import { BROADCAST, PUBLISH } from "./publish.ts";
import { MOST_HELD_KIB } from "./slow.ts";

type Row = Cells[number];

const OWN = typewire.name;
const RIVALS: readonly string[] = rivals.call.map(({ name }) => name);

/** The rows for what a run has measured; none for a run without calls. */
export function callGoalRows(comparisons: readonly Comparison[]): Cells {
  const of = (name: string): Comparison | undefined =>
    comparisons.find((comparison) => comparison.name === `calls/${name}`);
  if (!comparisons.some(({ name }) => name.startsWith("calls/"))) return [];
  const latency = of("latency/p50");
  const rate = of("rate/64");
  const ways = of("ways");
  const down = of("items/down");
  const both = of("items/both");
  const besideP50 = of("beside/p50");
  const besideP99 = of("beside/p99");
  return [
    timesRow("call, one in flight, p50", latency, raw.name, 1.3),
    timesRow("call, one in flight, p50", latency, byHand.name, 1.1),
    shareRow("calls/s, 64 in flight", rate, raw.name, 0.7),
    aheadRow("calls/s, 64 in flight", rate, 8),
    shareRow(
      "the same with a signal of the caller",
      ways,
      OWN,
      0.7,
      "a signal given by the caller",
    ),
    shareRow("with a signal of the handler", ways, OWN, 0.7, "a signal asked for by the handler"),
    shareRow("with `try`", ways, OWN, 0.95, "try"),
    shareRow("with three middlewares", ways, OWN, 0.8, middlewares.name),
    shareRow("items/s of a stream, default window", down, ownMessages.name, 0.3),
    shareRow("the same, window of 1 MiB", down, ownMessages.name, 0.4, wide.name),
    aheadRow("items/s of a stream", down, 3),
    aheadRow("items/s both ways", both, 3),
    shareRow("32 KiB chunks, bytes/s", of("chunks"), raw.name, 0.6),
    timesRow("call beside a saturated stream, p50", besideP50, IDLE, 10),
    atMostRow("the same, p99, ms", figureOf(besideP99, OWN, 1 / 1000), 10),
    aheadRow("call beside a saturated stream, p50", besideP50, 1),
    aheadRow("call beside a saturated stream, p99", besideP99, 1),
    atMostRow("slow consumer, KiB held in all", figureOf(of("slow-consumer"), OWN), MOST_HELD_KIB),
    connectionRow(of("memory/connection")),
    atMostRow("bytes per open call", figureOf(of("memory/call"), OWN), 512),
    atMostRow("bytes per open stream", figureOf(of("memory/stream"), OWN), 1536),
    publishRow(of("publish")),
    aheadRow("short connections with one call", of("cold"), 1),
  ];
}

function row(
  what: string,
  wanted: string,
  measured: string | undefined,
  isEnough: boolean,
  against: string,
): Row {
  if (measured === undefined) return [what, wanted, "—", "", against];
  return [what, wanted, measured, isEnough ? "yes" : "no", against];
}

/** At least so large a share of what `other` reaches. */
function shareRow(
  what: string,
  comparison: Comparison | undefined,
  other: string,
  atLeast: number,
  own: string = OWN,
): Row {
  const reached = comparison && ratioBetween(comparison, own, other);
  const against = other === OWN ? "without" : other;
  return row(
    what,
    `≥ ${atLeast.toFixed(2)}`,
    reached?.toFixed(2),
    (reached ?? 0) >= atLeast,
    against,
  );
}

/** At most so many times what `other` takes. */
function timesRow(
  what: string,
  comparison: Comparison | undefined,
  other: string,
  atMost: number,
): Row {
  const times = comparison && ratioBetween(comparison, other, OWN);
  return row(
    what,
    `≤ ${atMost.toFixed(2)}`,
    times?.toFixed(2),
    (times ?? Infinity) <= atMost,
    other,
  );
}

/** At least so many times better than the best of the other systems. */
function aheadRow(what: string, comparison: Comparison | undefined, atLeast: number): Row {
  const ratios = RIVALS.flatMap((name) => {
    const ratio = comparison && ratioBetween(comparison, OWN, name);
    return ratio === undefined ? [] : [{ name, ratio }];
  });
  const [best] = ratios.sort((a, b) => a.ratio - b.ratio);
  const against = best === undefined ? "the best of the others" : `the best: ${best.name}`;
  const isEnough = (best?.ratio ?? 0) >= atLeast;
  return row(what, `≥ ${atLeast.toFixed(2)}`, best?.ratio.toFixed(2), isEnough, against);
}

function figureOf(comparison: Comparison | undefined, side: string, scale = 1): number | undefined {
  const median = comparison?.rows.find((candidate) => candidate.side === side)?.figure?.median;
  return median === undefined ? undefined : median * scale;
}

function atMostRow(what: string, figure: number | undefined, atMost: number): Row {
  const digits = atMost < 100 ? 1 : 0;
  return row(what, `≤ ${atMost}`, figure?.toFixed(digits), (figure ?? Infinity) <= atMost, "");
}

function connectionRow(comparison: Comparison | undefined): Row {
  const own = figureOf(comparison, OWN);
  const without = figureOf(comparison, WITHOUT_CALLS);
  const more = own === undefined || without === undefined ? undefined : Math.round(own - without);
  const text = more === undefined ? undefined : `${more < 0 ? "-" : "+"}${Math.abs(more)}`;
  const interval = comparison && interval95(ratiosBetween(comparison, WITHOUT_CALLS, OWN));
  return row(
    "bytes per idle connection, with calls in the protocol",
    "≤ +0, to 95 %",
    text,
    interval === undefined ? (more ?? Infinity) <= 0 : interval.low <= 1,
    WITHOUT_CALLS,
  );
}

/** The same speed, as far as the rounds can tell. */
function publishRow(comparison: Comparison | undefined): Row {
  const ratios = comparison === undefined ? [] : ratiosBetween(comparison, PUBLISH, BROADCAST);
  const interval = interval95(ratios);
  const text = interval && `${interval.low.toFixed(3)}–${interval.high.toFixed(3)}`;
  const includesOne = interval !== undefined && interval.low <= 1 && interval.high >= 1;
  return row("publish, interval of 95 %", "1 in it", text, includesOne, BROADCAST);
}
