// The page of a run: `docs/benchmarks.md`, written whole from a report and never by hand, with the growth
// pictures as files beside it.

import { basename, dirname, join } from "node:path";

import type { Comparison } from "./comparison.ts";
import { goalCells } from "./goals.ts";
import { type Growth, growthsOf } from "./growth.ts";
import type { Machine } from "./machine.ts";
import type { Report } from "./report.ts";
import { renderGrowth } from "./svg.ts";
import { type Cells, cellsOf, failuresOf, formatCount, formatFigure, toMarkdown } from "./table.ts";

/** Writes the page to `path` and the pictures into a folder of the page's name. */
export async function writeMarkdown(report: Report, path: string): Promise<void> {
  const folder = basename(path, ".md");
  const growths = growthsOf(report.comparisons);
  await Bun.write(path, renderPage(report, growths, folder));
  for (const growth of growths) {
    await Bun.write(join(dirname(path), folder, `${growth.slug}.svg`), renderGrowth(growth));
  }
}

/** The page's text; `folder` is where its pictures are. */
export function renderPage(report: Report, growths: readonly Growth[], folder: string): string {
  const { comparisons, failures, machine, effort } = report;
  const { title, about, howToRepeat, goalsNote } = pageOf(comparisons);
  const sections = [
    `# ${title}`,
    about,
    INTRODUCTION,
    ...(effort.quick ? ["**A smoke run: the figures below mean nothing.**"] : []),
    howToRepeat,
    "## The run",
    toMarkdown(machineCells(machine, effort.rounds)),
    "## The goals",
    goalsNote,
    toMarkdown(goalCells(comparisons)),
    ...codecSection(comparisons),
    ...endToEndSection(comparisons),
    ...callsSection(comparisons),
    ...clusterSection(comparisons),
    ...costSection(comparisons),
    ...growthSection(growths, folder),
    ...(failures.length === 0
      ? []
      : ["## Not measured", failures.map(({ name, reason }) => `- ${name}: ${reason}`).join("\n")]),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** A page that a run of some folders makes, which has nothing else in it. */
interface Page {
  readonly folders: readonly string[];
  readonly title: string;
  readonly about: string;
  readonly howToRepeat: string;
  readonly goalsNote: string;
}

function pageOf(comparisons: readonly Comparison[]): Page {
  const isOf = ({ folders }: Page): boolean =>
    comparisons.every(({ name }) => folders.some((folder) => name.startsWith(`${folder}/`)));
  return (comparisons.length > 0 ? PAGES.find(isOf) : undefined) ?? THE_REST;
}

const OF_THE_REST =
  "Typewire side by side with what a user would pick instead: the codec, one-way messages, broadcasts, connections. Calls and streams have a page and a run of their own: [benchmarks-calls.md](benchmarks-calls.md). Made by `bun run bench`; no figure here is typed by hand.";

const OF_CALLS =
  "What Typewire's calls, streams and several servers cost, side by side with what a user would pick instead. This page is of a run of these benchmarks alone, which is the one named below; all others are of another run: [benchmarks.md](benchmarks.md). Made by `bun run bench calls cluster`; no figure here is typed by hand.";

const INTRODUCTION = `All sides of a comparison are measured in turns, in an order that rotates, within one run. Figures are medians of the rounds, with the least and the greatest. A ratio is the median of the rounds' own ratios and says how many times better the first side is: below 1 it is the worse one. Before anything is timed, and again when it is over, all sides have to give equal values. On a machine that others use as well, the ratios are worth more than the figures.`;

const HOW_TO_REPEAT = `## How to repeat it

\`\`\`sh
bun install
bun run bench codec end-to-end growth --json benchmarks.json --markdown docs/benchmarks.md # about an hour
bun run bench codec/decode                           # one folder
bun run bench end-to-end/stream --sides typewire,raw # some sides of one benchmark
bun run bench --quick                                # does everything run?
\`\`\`

NATS takes part where \`nats-server\` is in the path (Debian: \`nats-server\`), ws where \`node\` is, and the tutorial's design where \`python3\` is. What each competitor is, and why it is configured as it is: [benchmarks/README.md](../benchmarks/README.md).`;

const HOW_TO_REPEAT_CALLS = `## How to repeat it

\`\`\`sh
bun install
bun run bench calls cluster --json calls.json --markdown docs/benchmarks-calls.md   # all of it: a quarter of an hour
bun run bench calls/rate/64                                                 # one of them
bun run bench calls --quick                                                 # does everything run?
\`\`\`

Each system goes through its own client. All validate what they receive, at both ends; where a system's client does not, the compiled TypeBox check does. What each is, and why it is configured as it is: [benchmarks/README.md](../benchmarks/README.md).`;

const GOALS_NOTE =
  "What was to be reached, as ratios of Typewire to the other side; over several corpora, the geometric mean.";

const CALL_GOALS_NOTE =
  "What was to be reached. “≥”: the share of the other side's figure, or how many times better than the best of the other systems. “≤”: how many times what the other side takes, or the figure itself.";

const OF_COSTS =
  "What a server pays for what is off, or only watches: metrics on against off, a scrape, and this tree against an earlier revision. Of one run, which has no other benchmark in it.";

const HOW_TO_REPEAT_COSTS = `## How to repeat it

\`\`\`sh
bun install
bun run bench cost --rounds 31 --before REVISION --json cost.json --markdown docs/benchmarks-cost.md   # six minutes
bun run bench cost/metrics --rounds 31                                  # without an earlier revision
\`\`\`

REVISION is any name that git has for a commit: it is checked out into a temporary folder, with its dependencies, and runs its own server and client.`;

const COST_GOALS_NOTE =
  "What was to be reached: as far as the rounds can tell, a message costs the server as much as the other side's, or less. A cost is how many times more processor time a message takes; 1 lies in the interval where no difference shows.";

const THE_REST: Page = {
  folders: [],
  title: "Benchmarks",
  about: OF_THE_REST,
  howToRepeat: HOW_TO_REPEAT,
  goalsNote: GOALS_NOTE,
};

const PAGES: readonly Page[] = [
  {
    folders: ["calls", "cluster"],
    title: "Benchmarks of calls, streams and several servers",
    about: OF_CALLS,
    howToRepeat: HOW_TO_REPEAT_CALLS,
    goalsNote: CALL_GOALS_NOTE,
  },
  {
    folders: ["cost"],
    title: "Benchmarks of what is off, or only watches",
    about: OF_COSTS,
    howToRepeat: HOW_TO_REPEAT_COSTS,
    goalsNote: COST_GOALS_NOTE,
  },
];

function machineCells(machine: Machine, rounds: number): Cells {
  const rows = Object.entries(machine).map(([name, value]: [string, unknown]) => [
    name,
    Array.isArray(value) ? value.join(", ") : String(value),
  ]);
  return [["", ""], ...rows, ["timed rounds", String(rounds)]];
}

function codecSection(comparisons: readonly Comparison[]): readonly string[] {
  return ["decode", "encode"].flatMap((direction) => {
    const chosen = comparisons.filter(({ name }) => name.startsWith(`codec/${direction}/`));
    if (chosen.length === 0) return [];
    return [
      `## Codec: ${direction}`,
      `Nanoseconds for one message, and in brackets how many times faster Typewire is.`,
      toMarkdown(matrixOf(chosen)),
      ...chosen.map(details),
    ];
  });
}

/** All comparisons of a direction in one table: a row for each side, a column for each corpus. */
function matrixOf(comparisons: readonly Comparison[]): Cells {
  const sides = [...new Set(comparisons.flatMap(({ rows }) => rows.map(({ side }) => side)))];
  const head = ["", ...comparisons.map(({ name }) => basename(name))];
  return [
    head,
    ...sides.map((side) => [
      side,
      ...comparisons.map(({ rows }) => {
        const row = rows.find((candidate) => candidate.side === side);
        if (row?.figure === undefined) return "—";
        const figure = formatFigure(row.figure.median);
        return row === rows[0] || row.ratio === undefined
          ? figure
          : `${figure} (${row.ratio.median.toFixed(2)})`;
      }),
    ]),
  ];
}

function details(comparison: Comparison): string {
  return `<details><summary>${comparison.name}: ${comparison.about}</summary>\n\n${tableOf(comparison)}\n\n</details>`;
}

function tableOf(comparison: Comparison): string {
  const failures = failuresOf(comparison).map((failure) => `- ${failure}`);
  const notes = failures.length === 0 ? "" : `\n\nWithout a figure:\n\n${failures.join("\n")}`;
  return `${toMarkdown(cellsOf(comparison))}${notes}`;
}

function endToEndSection(comparisons: readonly Comparison[]): readonly string[] {
  const chosen = comparisons.filter(({ name }) => name.startsWith("end-to-end/"));
  if (chosen.length === 0) return [];
  return [
    "## End to end",
    "Server and client are two processes on loopback, and the seven-field message travels. “Raw Bun TCP” is the ceiling: the bytes that Typewire would send, from memory, and nothing done with them.",
    ...chosen.flatMap(sectionOf),
  ];
}

function callsSection(comparisons: readonly Comparison[]): readonly string[] {
  const chosen = comparisons.filter(({ name }) => name.startsWith("calls/"));
  if (chosen.length === 0) return [];
  return [
    "## Calls and streams",
    "Server and client are two processes on loopback, and the seven-field message travels: as input and output of a call, or as the item of a stream. “Raw Bun TCP” is the ceiling: as many bytes as a call of Typewire has, echoed, and nothing done with them.",
    ...chosen.flatMap(sectionOf),
  ];
}

function clusterSection(comparisons: readonly Comparison[]): readonly string[] {
  const chosen = comparisons.filter(({ name }) => name.startsWith("cluster/"));
  if (chosen.length === 0) return [];
  return [
    "## Several servers",
    "The seven-field message is published at a server and goes through NATS, on loopback, to the clients of other servers: four processes with one client, five with many, which are one process and spread over two servers. “NATS, JSON” is a publisher, NATS, and as many subscribers in one process, each with a connection of its own: three processes. “Socket.IO with Redis” has the processes of Typewire. Each client and each subscriber validates each message. `cluster/reuse-port` is without NATS: the processes of [examples/one-port](../examples/one-port/README.md).",
    ...chosen.flatMap(sectionOf),
  ];
}

function costSection(comparisons: readonly Comparison[]): readonly string[] {
  const chosen = comparisons.filter(({ name }) => name.startsWith("cost/"));
  if (chosen.length === 0) return [];
  return [
    "## Costs",
    "Server and client are two processes on loopback with 32 connections, and the seven-field message travels, 256 of them under way where they are answered. Counted is the processor time of all threads of the server's process, divided by its messages.",
    ...chosen.flatMap(sectionOf),
  ];
}

/** A comparison with a heading of its own. */
function sectionOf(comparison: Comparison): readonly string[] {
  const { name, about } = comparison;
  return [`### ${name}`, `${about[0]?.toUpperCase()}${about.slice(1)}.`, tableOf(comparison)];
}

function growthSection(growths: readonly Growth[], folder: string): readonly string[] {
  if (growths.length === 0) return [];
  return [
    "## Growth",
    ...growths.flatMap((growth) => [
      `### ${growth.title}`,
      `![${growth.title}](${folder}/${growth.slug}.svg)`,
      toMarkdown(growthCells(growth)),
    ]),
  ];
}

/** A row for each side, a column for each point. */
function growthCells({ lines, xLabel, yLabel }: Growth): Cells {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))];
  xs.sort((a, b) => a - b);
  const rows = lines.map(({ side, points }) => [
    side,
    ...xs.map((x) => {
      const y = points.find((point) => point.x === x)?.y;
      return y === undefined ? "—" : formatFigure(y);
    }),
  ]);
  return [[`${yLabel}, by ${xLabel}`, ...xs.map(formatCount)], ...rows];
}
