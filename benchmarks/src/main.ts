// The command: `bun run bench [FILTER…] [--json FILE] [--markdown FILE] [--quick] …`. Chooses benchmarks,
// runs them one after the other, prints a table of each and writes the files that were asked for.

import { parseArgs } from "node:util";

import { type Benchmark, type Effort, matches } from "./benchmark.ts";
import { callBenchmarks } from "./calls/benchmarks.ts";
import { clusterBenchmarks } from "./cluster/benchmarks.ts";
import { costBenchmarks } from "./cost/benchmarks.ts";
import { codecBenchmarks } from "./codec/benchmarks.ts";
import { endToEndBenchmarks } from "./end-to-end/benchmarks.ts";
import { growthBenchmarks } from "./growth.ts";
import { describeMachine } from "./machine.ts";
import { goalCells } from "./goals.ts";
import { writeMarkdown } from "./markdown.ts";
import type { Report } from "./report.ts";
import { cellsOf, failuresOf, toText } from "./table.ts";

const HELP = `bun run bench [FILTER…] [options]

Runs all benchmarks, or those whose names begin with a FILTER: codec, codec/decode, calls/rate …

  --list            print the names and stop
  --quick           a smoke run of seconds; its figures mean nothing
  --rounds N        timed rounds of each side (default 9; quick: 1)
  --together        codecs in one process instead of one each (quick: always)
  --before REVISION for cost/before: the revision that this tree is compared with
  --sides A,B       only the sides with A or B in their names
  --json FILE       write all results as JSON
  --from FILE       take the results from such a file instead of running anything
  --markdown FILE   write the results as a page, with its pictures beside it
  --help            this text`;

const benchmarks: readonly Benchmark[] = [
  ...codecBenchmarks,
  ...endToEndBenchmarks,
  ...growthBenchmarks,
  ...callBenchmarks,
  ...clusterBenchmarks,
  ...costBenchmarks,
];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      before: { type: "string" },
      from: { type: "string" },
      help: { type: "boolean", default: false },
      json: { type: "string" },
      list: { type: "boolean", default: false },
      markdown: { type: "string" },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      sides: { type: "string" },
      together: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const isChosen = ({ name, isRepetition = false, needsBefore = false }: Benchmark): boolean => {
    if (needsBefore && values.before === undefined) return positionals.includes(name);
    if (positionals.length === 0) return !(values.quick && isRepetition);
    return positionals.some((filter) => matches(name, filter));
  };
  const chosen = benchmarks.filter(isChosen);
  if (values.list || chosen.length === 0) {
    console.log(benchmarks.map(({ name }) => name).join("\n"));
    return values.list ? 0 : 2;
  }
  const effort: Effort = {
    quick: values.quick,
    together: values.together || values.quick,
    rounds: positiveInteger("--rounds", values.rounds) ?? (values.quick ? 1 : 9),
    sides: values.sides?.split(",").filter((part) => part !== "") ?? [],
    ...(values.before !== undefined && { before: values.before }),
  };
  const report =
    values.from === undefined
      ? await runAll(chosen, effort)
      : ((await Bun.file(values.from).json()) as Report);
  if (values.json !== undefined) {
    await Bun.write(values.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (values.markdown !== undefined) await writeMarkdown(report, values.markdown);
  return report.failures.length === 0 ? 0 : 1;
}

async function runAll(chosen: readonly Benchmark[], effort: Effort): Promise<Report> {
  const machine = describeMachine();
  console.log(
    Object.entries(machine)
      .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(" ") : value}`)
      .join("\n"),
  );
  const report: Report = { machine, effort, comparisons: [], failures: [] };
  for (const { name, run } of chosen) {
    try {
      const comparison = await run(effort);
      report.comparisons.push(comparison);
      const text = [toText(cellsOf(comparison)), ...failuresOf(comparison)].join("\n");
      console.log(`\n${name} — ${comparison.about}\n${text}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      report.failures.push({ name, reason });
      console.error(`\n${name}: ${reason}`);
    }
  }
  console.log(`\ngoals\n${toText(goalCells(report.comparisons))}`);
  return report;
}

function positiveInteger(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`${flag}: expected a whole number from 1, got ${text}`);
}

process.exitCode = await main();
