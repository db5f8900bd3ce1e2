// What was to be reached by what is off or only watches, as rows of the page's table of goals.

import { type Comparison, ratiosBetween } from "../comparison.ts";
import { interval95, median } from "../statistics.ts";
import type { Cells } from "../table.ts";
import { BEFORE } from "./before.ts";
import { UNWATCHED, WATCHED } from "./benchmarks.ts";
import { SCRAPE } from "./scrape.ts";

type Row = Cells[number];

const MOST_HELD_MS = 5;

/** The rows for what a run has measured; none for a run without these benchmarks. */
export function costGoalRows(comparisons: readonly Comparison[]): Cells {
  return comparisons.flatMap((comparison): Row[] => {
    const { name } = comparison;
    if (name === SCRAPE) return [scrapeRow(comparison)];
    // Each says how many times more the second costs than the first.
    if (name.startsWith("cost/metrics/")) {
      return [equalRow(comparison, UNWATCHED, WATCHED, "without metrics")];
    }
    if (name.startsWith("cost/before/")) return [equalRow(comparison, BEFORE, UNWATCHED, BEFORE)];
    return [];
  });
}

/** `watched` costs as much as `plain`, or less, as far as the rounds can tell. */
function equalRow(comparison: Comparison, plain: string, watched: string, against: string): Row {
  const ratios = ratiosBetween(comparison, plain, watched);
  const interval = interval95(ratios);
  const what = `${comparison.name}, cost, interval of 95 % of ${ratios.length} ratios`;
  if (interval === undefined) return [what, "1 in it, or less", "—", "", against];
  const { low, high } = interval;
  const text = `${low.toFixed(3)}–${high.toFixed(3)}, median ${median(ratios).toFixed(3)}`;
  return [what, "1 in it, or less", text, low <= 1 ? "yes" : "no", against];
}

function scrapeRow({ rows: [row] }: Comparison): Row {
  const figure = row?.figure;
  const what = "the longest scrape of all rounds holds the loop, ms";
  if (figure === undefined) return [what, `≤ ${MOST_HELD_MS}`, "—", "", ""];
  const text = `${figure.max.toFixed(2)}, median ${figure.median.toFixed(2)}`;
  return [what, `≤ ${MOST_HELD_MS}`, text, figure.max <= MOST_HELD_MS ? "yes" : "no", ""];
}
