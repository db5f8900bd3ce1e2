// A soak run in words: a table for the terminal, a passage for docs/reliability.md.

import { basename } from "node:path";

import type { Sample, SoakResult } from "./result.ts";

const MOST_ROWS = 30;
const MIB = 1024 ** 2;

/** At most thirty rows, evenly spread, and the verdict. */
export function toTable(result: SoakResult): string {
  const { samples } = result;
  const step = Math.max(1, Math.ceil(samples.length / MOST_ROWS));
  const rows = samples.filter((_, index) => index % step === step - 1).map(cells);
  const heads = ["s", "MiB", "fds", "closed", "lost", "errors", "p99 ms", "worst ms"];
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ");
  return [line(heads), ...rows.map(line), "", ...facts(result)].join("\n");
}

/** For a page that the picture stands beside. */
export function toMarkdown(result: SoakResult, svgPath: string): string {
  const reasons = Object.entries(result.closedByReason)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `| \`${code}\` | ${count} |`);
  return [
    `![Memory, descriptors, delay and closes over ${result.minutes} minutes](${basename(svgPath)})`,
    "",
    ...facts(result).map((fact) => `- ${fact}`),
    "",
    "| closed with | connections |",
    "| --- | ---: |",
    ...reasons,
    "",
  ].join("\n");
}

function facts(result: SoakResult): readonly string[] {
  const { samples, minutes, clients, transport, seed, bun } = result;
  const last = samples.at(-1);
  const rss = samples.map(({ rssBytes }) => rssBytes / MIB);
  const cpuShare = (last?.cpuMs ?? 0) / 10 / (last?.atSeconds ?? 1);
  return [
    `${minutes} min over ${transport}, ${clients} well-behaved clients, ${last?.attacks ?? 0} attacks, ${last?.closed ?? 0} connections closed; Bun ${bun}, seed ${seed}`,
    `well-behaved clients: ${result.delivered} messages delivered, ${result.lost} lost, ${result.answered} calls and streams answered, ${result.errors} errors; delay p99 ${result.typicalP99Ms.toFixed(1)} ms (median of the seconds), worst ${result.worstMs.toFixed(0)} ms`,
    `server: ${Math.min(...rss).toFixed(0)} to ${Math.max(...rss).toFixed(0)} MiB, ${cpuShare.toFixed(0)} % of a core; median of the second fifth ${result.earlyMiB.toFixed(0)}, of the last ${result.lateMiB.toFixed(0)} MiB`,
  ];
}

function cells(sample: Sample): readonly string[] {
  return [
    sample.atSeconds.toFixed(0),
    (sample.rssBytes / MIB).toFixed(1),
    `${sample.descriptors}`,
    `${sample.closed}`,
    `${sample.lost}`,
    `${sample.errors}`,
    sample.p99Ms.toFixed(1),
    sample.worstMs.toFixed(1),
  ];
}
