// Line charts as SVG, both axes logarithmic, because the figures span decades. Enough for the growth
// pictures and nothing else: no other chart library writes this little.

import type { Growth, GrowthLine } from "./growth.ts";
import { formatCount } from "./table.ts";

const WIDTH = 800;
const HEIGHT = 400;
const PLOT = { left: 96, right: 572, top: 46, bottom: 342 } as const;
/** Told apart without seeing all colours, and by their order. */
const COLOURS = ["#0b6e4f", "#8d99ae", "#e09f3e", "#3a6ea5", "#9e2a2b", "#6a4c93"] as const;

/** Where a value lies between two pixels. */
interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

export function renderGrowth({ title, xLabel, yLabel, lines }: Growth): string {
  const points = lines.flatMap((line) => line.points);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const x = logScale(xs, xs, PLOT.left + 12, PLOT.right - 12);
  const ys = points.map(({ y }) => y);
  const y = logScale(ys, decades(ys), PLOT.bottom, PLOT.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"`,
    `  font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(PLOT.left, 24, title, 'font-size="15" font-weight="600"'),
    text(PLOT.left, HEIGHT - 14, `${xLabel} (logarithmic)`),
    text(PLOT.left, 40, `${yLabel} (logarithmic)`),
    ...y.ticks.map((tick) => horizontalTick(y.at(tick), formatCount(tick))),
    ...x.ticks.map((tick) => verticalTick(x.at(tick), formatCount(tick))),
    ...lines.map((line, index) => renderLine(line, index, x, y)),
    ...legend(lines, y),
    "</svg>",
    "",
  ].join("\n");
}

function logScale(
  values: readonly number[],
  ticks: readonly number[],
  from: number,
  to: number,
): Scale {
  const all = [...values, ...ticks].map(Math.log10);
  const least = Math.min(...all);
  const span = Math.max(...all) - least || 1;
  const at = (value: number): number =>
    Math.round((from + ((Math.log10(value) - least) / span) * (to - from)) * 10) / 10;
  return { at, ticks };
}

/** The powers of ten around the values. */
function decades(values: readonly number[]): readonly number[] {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const most = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index));
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0];
}

function renderLine({ points }: GrowthLine, index: number, x: Scale, y: Scale): string {
  const colour = colourOf(index);
  const path = points.map((point) => `${x.at(point.x)},${y.at(point.y)}`).join(" ");
  const dots = points.map(
    (point) => `<circle cx="${x.at(point.x)}" cy="${y.at(point.y)}" r="3" fill="${colour}"/>`,
  );
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...dots,
  ].join("\n");
}

/** Names beside the ends of their lines, pushed apart where they would overlap. */
function legend(lines: readonly GrowthLine[], y: Scale): readonly string[] {
  const labels = lines
    .map(({ side, points }, index) => ({ side, index, at: y.at(points.at(-1)?.y ?? 1) }))
    .sort((a, b) => a.at - b.at);
  let lowest = Number.NEGATIVE_INFINITY;
  return labels.map(({ side, index, at }) => {
    lowest = Math.max(at + 4, lowest + 16);
    return text(PLOT.right + 12, lowest, side, `fill="${colourOf(index)}" font-weight="600"`);
  });
}

function horizontalTick(at: number, label: string): string {
  return [
    `<line x1="${PLOT.left}" y1="${at}" x2="${PLOT.right}" y2="${at}" stroke="#e3e6ea"/>`,
    text(PLOT.left - 8, at + 4, label, 'text-anchor="end" fill="#555"'),
  ].join("\n");
}

function verticalTick(at: number, label: string): string {
  return [
    `<line x1="${at}" y1="${PLOT.top}" x2="${at}" y2="${PLOT.bottom}" stroke="#f0f2f4"/>`,
    text(at, PLOT.bottom + 18, label, 'text-anchor="middle" fill="#555"'),
  ].join("\n");
}

function text(x: number, y: number, content: string, attributes = 'fill="#333"'): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
