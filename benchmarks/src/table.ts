// A comparison as text: aligned columns for a terminal, or Markdown. Every row says its figure, the spread
// of its rounds and how many times better the first side is.

import type { Comparison, Row } from "./comparison.ts";
import type { Summary } from "./statistics.ts";

/** Rows of cells; the first is the head. */
export type Cells = readonly (readonly string[])[];

export function cellsOf({ rows, unit }: Comparison): Cells {
  const [base] = rows;
  const factNames = [...new Set(rows.flatMap((row) => Object.keys(row.facts)))];
  const head = ["", unit, "min–max", `${base?.side ?? ""} is … × better`, ...factNames];
  return [head, ...rows.map((row) => cellsOfRow(row, row === base, factNames))];
}

function cellsOfRow(row: Row, isBase: boolean, factNames: readonly string[]): readonly string[] {
  const facts = factNames.map((name) => String(row.facts[name] ?? ""));
  if (row.figure === undefined) return [row.side, "—", "", "", ...facts];
  const { figure, ratio } = row;
  const ratioText = isBase || ratio === undefined ? "" : formatRatio(ratio);
  return [row.side, formatFigure(figure.median), formatSpread(figure), ratioText, ...facts];
}

/** Why sides have no figure, a line for each. */
export function failuresOf({ rows }: Comparison): readonly string[] {
  return rows.flatMap(({ side, failure }) =>
    failure === undefined ? [] : [`${side}: ${failure}`],
  );
}

/** Three significant digits and no more decimals than they need. */
export function formatFigure(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return groupThousands(Math.round(value));
  return magnitude >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A whole number, such as a tick of a picture. */
export function formatCount(value: number): string {
  return value < 1 ? String(value) : groupThousands(Math.round(value));
}

function groupThousands(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}

function formatSpread({ min, max }: Summary): string {
  return `${formatFigure(min)}–${formatFigure(max)}`;
}

function formatRatio({ median, min, max }: Summary): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

/** Columns padded to one width: figures to the right, names and texts to the left. */
export function toText(cells: Cells): string {
  const widths = columnWidths(cells);
  const figures = figureColumns(cells);
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return figures[column] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

/** The same as a Markdown table, aligned so that its source can be read as well. */
export function toMarkdown(cells: Cells): string {
  const escaped = cells.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = columnWidths(escaped).map((width) => Math.max(width, 3));
  const figures = figureColumns(escaped);
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return figures[column] === true ? cell.padStart(width) : cell.padEnd(width);
  };
  const line = (row: readonly string[]): string => `| ${row.map(pad).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    figures[column] === true ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  const [head = [], ...rows] = escaped;
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** The columns that hold figures, ratios or nothing. */
function figureColumns(cells: Cells): readonly boolean[] {
  const [head = [], ...rows] = cells;
  return head.map((_, column) => {
    const filled = rows.map((row) => row[column] ?? "").filter((cell) => cell !== "");
    return column > 0 && filled.length > 0 && filled.every((cell) => /^[-+≤≥—\d]/.test(cell));
  });
}

function columnWidths(cells: Cells): readonly number[] {
  const columns = Math.max(...cells.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
}
