// A soak run as one SVG: a panel for each figure, time below all of them. No library and no script in it.

import type { Sample, SoakResult } from "./result.ts";

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly of: (sample: Sample, before: Sample | undefined) => number;
}

interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
  /** Drawn as a line across: what must not be passed. */
  readonly limit?: number;
}

const WIDTH = 900;
const PANEL_HEIGHT = 130;
const GAP = 46;
const LEFT = 64;
const RIGHT = 16;
const TOP = 58;
const INK = "#24292f";
const FAINT = "#d0d7de";

const perSecond =
  (of: (sample: Sample) => number): Series["of"] =>
  (sample, before) =>
    before === undefined
      ? 0
      : (of(sample) - of(before)) / Math.max(0.001, sample.atSeconds - before.atSeconds);

const panels: readonly Panel[] = [
  {
    title: "memory of the server, MiB",
    series: [{ name: "resident", colour: "#0969da", of: ({ rssBytes }) => rssBytes / 1024 ** 2 }],
  },
  {
    title: "open descriptors of the server",
    series: [
      { name: "descriptors", colour: "#8250df", of: ({ descriptors }) => descriptors },
      { name: "attackers connected", colour: "#bf8700", of: ({ attackers }) => attackers },
    ],
  },
  {
    title: "delay of a well-behaved client's message, ms",
    series: [
      { name: "worst of the second", colour: "#cf222e", of: ({ worstMs }) => worstMs },
      { name: "99th percentile", colour: "#1a7f37", of: ({ p99Ms }) => p99Ms },
    ],
    limit: 250,
  },
  {
    title: "messages lost and errors seen by well-behaved clients, per second",
    series: [
      { name: "lost or failed", colour: "#cf222e", of: ({ lost, errors }) => lost + errors },
    ],
  },
  {
    title: "connections ended by the server or by attackers, per second",
    series: [{ name: "closed", colour: "#57606a", of: perSecond(({ closed }) => closed) }],
  },
];

/** The picture, as text. */
export function drawPicture(result: SoakResult): string {
  const { samples, minutes, clients, failures } = result;
  const height = TOP + panels.length * (PANEL_HEIGHT + GAP);
  const verdict = failures.length === 0 ? "passed" : "failed";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="16" font-weight="600">typewire-server under attack for ${minutes} min, with ${clients} well-behaved clients: ${verdict}</text>`,
    ...panels.map((panel, index) => drawPanel(panel, samples, TOP + index * (PANEL_HEIGHT + GAP))),
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel(
  { title, series, limit }: Panel,
  samples: readonly Sample[],
  top: number,
): string {
  const values = series.map(({ of }) =>
    samples.map((sample, index) => of(sample, samples[index - 1])),
  );
  const most = niceCeiling(Math.max(1, limit ?? 0, ...values.flat()));
  const seconds = Math.max(1, samples.at(-1)?.atSeconds ?? 1);
  const x = (atSeconds: number): number => LEFT + (atSeconds / seconds) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => top + PANEL_HEIGHT - (value / most) * PANEL_HEIGHT;
  const lines = series.map(({ colour }, index) => {
    const points = samples.map(
      ({ atSeconds }, at) => `${x(atSeconds).toFixed(1)},${y(values[index]?.[at] ?? 0).toFixed(1)}`,
    );
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.2" points="${points.join(" ")}"/>`;
  });
  const grid = [0, 0.5, 1].map((share) => {
    const at = y(most * share).toFixed(1);
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="${FAINT}"/><text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${label(most * share)}</text>`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${x(seconds * share).toFixed(1)}" y="${top + PANEL_HEIGHT + 15}" text-anchor="${share === 1 ? "end" : "middle"}" fill="#57606a">${clock(seconds * share)}</text>`,
  );
  const bound =
    limit === undefined
      ? ""
      : `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(limit)}" y2="${y(limit)}" stroke="#cf222e" stroke-dasharray="4 4"/><text x="${WIDTH - RIGHT}" y="${y(limit) - 4}" text-anchor="end" fill="#cf222e">limit ${limit}</text>`;
  const legend = series
    .map(({ name, colour }) => `<tspan fill="${colour}" dx="14">— ${name}</tspan>`)
    .join("");
  return [
    `<text x="${LEFT}" y="${top - 8}" font-weight="600">${title}<tspan font-weight="400">${legend}</tspan></text>`,
    ...grid,
    bound,
    ...lines,
    ...times,
  ].join("\n");
}

/** 1, 2 or 5 times a power of ten, at or above `value`. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function label(value: number): string {
  return value >= 10 || Number.isInteger(value) ? `${Math.round(value)}` : value.toFixed(1);
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
