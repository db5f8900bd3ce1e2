import { describe, expect, test } from "bun:test";

import { matches } from "../src/benchmark.ts";
import { compare } from "../src/comparison.ts";
import { goalCells } from "../src/goals.ts";
import { growthsOf } from "../src/growth.ts";
import { renderPage } from "../src/markdown.ts";
import type { Report } from "../src/report.ts";
import { renderGrowth } from "../src/svg.ts";
import { cellsOf, toMarkdown, toText } from "../src/table.ts";

const medium = compare(
  { name: "codec/decode/medium", about: "decode", unit: "ns/message", better: "lower" },
  [
    { name: "typewire", samples: [100, 100] },
    { name: "cbor-x + check", samples: [900, 900] },
    { name: "lost", samples: [], failure: "no reply" },
  ],
  () => ({ bytes: 12 }),
);

function point(connections: number, rate: number) {
  return compare(
    {
      name: `growth/connections/${connections}/throughput`,
      about: "",
      unit: "messages/s",
      better: "higher",
    },
    [
      { name: "typewire", samples: [rate] },
      { name: "<raw>", samples: [rate * 3] },
    ],
  );
}

const report: Report = {
  machine: {
    cpu: "a processor",
    cores: 2,
    memoryGiB: 24,
    system: "Linux",
    bun: "1.4.5",
    node: "v20",
    python: "3.11",
    commit: "0123456789ab",
    load: [0, 0, 0],
    descriptors: 1024,
    date: "2026-01-01T00:00:00.000Z",
  },
  effort: { quick: false, together: false, rounds: 9, sides: [] },
  comparisons: [medium, point(1, 1000), point(10, 2000)],
  failures: [{ name: "end-to-end/stream", reason: "nobody listened" }],
};

/** A run of the costs: a message takes `times` as long with metrics, and a scrape the longest of `scrapesMs`. */
function costs(times: number, scrapesMs: readonly number[]): Report {
  const rounds = Array.from({ length: 31 }, (_, round) => 1000 + (round % 5));
  return {
    ...report,
    effort: { ...report.effort, rounds: 31 },
    comparisons: [
      compare(
        { name: "cost/metrics/request", about: "handled", unit: "ns/message", better: "lower" },
        [
          { name: "typewire", samples: rounds },
          {
            name: "with metrics",
            samples: rounds.map((ns, round) => ns * (times + (round % 3) / 100)),
          },
        ],
      ),
      compare({ name: "cost/before/stream", about: "sent", unit: "ns/message", better: "lower" }, [
        { name: "typewire", samples: rounds },
        { name: "before", samples: rounds.map((ns) => ns / times) },
      ]),
      compare({ name: "cost/scrape", about: "a scrape", unit: "ms", better: "lower" }, [
        { name: "typewire", samples: scrapesMs },
      ]),
    ],
    failures: [],
  };
}

describe("the page of the costs", () => {
  test("says whether a difference shows, and how long a scrape takes at most", () => {
    const rows = goalCells(costs(0.99, [1, 2, 4.5]).comparisons).slice(1);
    expect(rows.map((row) => row[3])).toEqual(["yes", "yes", "yes"]);
    expect(rows[0]?.[0]).toContain("of 31 ratios");
    expect(rows[2]?.[2]).toBe("4.50, median 2.00");
  });

  test("has no for what costs a twentieth more, and for a scrape of six milliseconds", () => {
    const rows = goalCells(costs(1.05, [1, 2, 6]).comparisons).slice(1);
    expect(rows.map((row) => row[3])).toEqual(["no", "no", "no"]);
    expect(rows[1]?.[2]).toBe("1.050–1.050, median 1.050");
  });

  test("is a page of its own, with the command that makes it", () => {
    const page = renderPage(costs(1, [1]), [], "benchmarks-cost");
    expect(page).toStartWith("# Benchmarks of what is off, or only watches\n");
    expect(page).toContain("bun run bench cost --rounds 31 --before REVISION");
    expect(page).toContain("### cost/before/stream");
  });
});

describe("matches", () => {
  test("takes a filter for a prefix in whole words", () => {
    expect(matches("codec/decode/medium", "codec/decode")).toBe(true);
    expect(matches("codec/decode/medium", "codec/decode/")).toBe(true);
    expect(matches("codec/decode/medium-repeated", "codec/decode/medium")).toBe(false);
  });
});

describe("cellsOf", () => {
  test("has the figure, the spread and the ratio of every side, and a dash for one that failed", () => {
    expect(cellsOf(medium)).toEqual([
      ["", "ns/message", "min–max", "typewire is … × better", "bytes"],
      ["typewire", "100", "100–100", "", "12"],
      ["cbor-x + check", "900", "900–900", "9.00 (9.00–9.00)", "12"],
      ["lost", "—", "", "", "12"],
    ]);
  });
});

describe("toText", () => {
  test("aligns figures to the right and names to the left", () => {
    expect(
      toText([
        ["", "ns"],
        ["a", "1"],
        ["long", "100"],
      ]),
    ).toBe("       ns\na       1\nlong  100");
  });
});

describe("toMarkdown", () => {
  test("escapes what would end a cell", () => {
    expect(toMarkdown([["a"], ["x|y"]])).toBe("| a    |\n| ---- |\n| x\\|y |");
  });
});

describe("goalCells", () => {
  test("says of each goal what was measured and whether that is enough", () => {
    const rows = goalCells([medium]);
    expect(rows[1]).toEqual(["decode, seven fields", "≥ 8.00", "9.00", "yes", "cbor-x + check"]);
  });

  test("has the goals of the folders that were run, measured or not", () => {
    expect(goalCells([medium]).map(([what]) => what)).not.toContain("one-way stream");
    const stream = { ...medium, name: "end-to-end/accept" };
    const rows = goalCells([stream]);
    expect(rows.at(-1)).toEqual(["bytes per idle connection", "≤ +2048", "—", "", "raw Bun TCP"]);
    expect(rows.map(([what]) => what)).not.toContain("decode, seven fields");
  });
});

describe("growthsOf", () => {
  test("puts the points of each side in a line", () => {
    const [growth] = growthsOf(report.comparisons);
    expect(growth?.lines[0]).toEqual({
      side: "typewire",
      points: [
        { x: 1, y: 1000 },
        { x: 10, y: 2000 },
      ],
    });
  });

  test("makes no picture of a single point", () => {
    expect(growthsOf([point(1, 1000)])).toEqual([]);
  });
});

describe("renderGrowth", () => {
  test("draws a line for each side and escapes its name", () => {
    const svg = growthsOf(report.comparisons).map(renderGrowth).join("");
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain("&lt;raw&gt;");
    expect(svg).not.toContain("NaN");
  });
});

describe("renderPage", () => {
  test("has the machine, the goals, every comparison, the pictures and what was not measured", () => {
    const page = renderPage(report, growthsOf(report.comparisons), "benchmarks");
    expect(page).toContain("0123456789ab");
    expect(page).toContain("900 (9.00)");
    expect(page).toContain("- lost: no reply");
    expect(page).toContain("(benchmarks/growth-connections-throughput.svg)");
    expect(page).toContain("- end-to-end/stream: nobody listened");
  });

  test("of a run of calls alone says so, and where the rest is", () => {
    const calls = { ...medium, name: "calls/rate/64" };
    const page = renderPage({ ...report, comparisons: [calls] }, [], "benchmarks-calls");
    expect(page).toContain("# Benchmarks of calls, streams and several servers");
    expect(page).toContain("[benchmarks.md](benchmarks.md)");
    expect(page).toContain("### calls/rate/64");
    expect(page).not.toContain("decode, seven fields");
  });
});
