// `bun run soak`: well-behaved clients and every kind of bad one on one server with messages, calls and streams, for
// minutes or hours, with `--tls` over TLS. Samples every second, prints a table, writes a picture and JSON. Exits 1 when a well-behaved
// client lost a message or the server's memory grew.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { pickSeed, SeededRandom } from "@typewire/testkit";

import { startServer } from "../arena.ts";
import { Crowd } from "../crowd.ts";
import { processFigures } from "../process-figures.ts";
import { makeCertificates } from "../tls.ts";
import { Attackers } from "./attackers.ts";
import { drawPicture } from "./picture.ts";
import { type Sample, type SoakResult, summarise } from "./result.ts";
import { SoakServer } from "./soak-server.ts";
import { toMarkdown, toTable } from "./text.ts";

const OUTPUT = join(import.meta.dir, "..", "..", "dist");
const SAMPLE_MS = 1000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    clients: { type: "string", default: "50" },
    cgroup: { type: "string" },
    tls: { type: "boolean", default: false },
    svg: { type: "string", default: join(OUTPUT, "soak.svg") },
    json: { type: "string", default: join(OUTPUT, "soak.json") },
    markdown: { type: "string" },
  },
});
const minutes = positive("--minutes", values.minutes);
const clients = positive("--clients", values.clients);
const seed = pickSeed();
if (values.cgroup !== undefined) process.env["TYPEWIRE_FAULTS_CGROUP"] = values.cgroup;
const secured = values.tls ? makeCertificates() : undefined;
Object.assign(process.env, secured?.env);
using _certificates = secured?.certificates;

await using server = await SoakServer.start();
await using control = await startServer();
await using crowd = await Crowd.connect(server.port, clients, control.port, { calls: true });
using attackers = new Attackers(server.port, new SeededRandom(seed));
attackers.start();

const samples: Sample[] = [];
const startedAtMs = performance.now();
const transport = values.tls ? "TLS" : "plain TCP";
console.log(
  `soak: ${minutes} min over ${transport}, ${clients} well-behaved clients, seed ${seed}`,
);
while (performance.now() - startedAtMs < minutes * 60_000) {
  await Bun.sleep(SAMPLE_MS);
  const report = await crowd.report();
  const { rssBytes, descriptors, cpuMs } = processFigures(server.pid);
  samples.push({
    atSeconds: (performance.now() - startedAtMs) / 1000,
    rssBytes,
    descriptors,
    cpuMs,
    attackers: attackers.connected,
    attacks: attackers.count,
    closed: server.closed,
    ...report,
    errors: report.errors.length,
  });
}
attackers[Symbol.dispose]();

const result: SoakResult = summarise(samples, {
  minutes,
  clients,
  transport,
  seed,
  bun: Bun.version,
  closedByReason: server.closedByReason,
});
write(values.svg, drawPicture(result));
write(values.json, `${JSON.stringify(result, undefined, 1)}\n`);
if (values.markdown !== undefined) insert(values.markdown, toMarkdown(result, values.svg));
console.log(toTable(result));
for (const failure of result.failures) console.error(`soak: failed: ${failure}`);
process.exitCode = result.failures.length === 0 ? 0 : 1;

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  console.error(`soak: ${flag}: expected a positive number, got ${text}`);
  process.exit(2);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Replaces what stands between the two marks of the page. */
function insert(path: string, text: string): void {
  const page = readFileSync(path, "utf8");
  const marks = /(<!-- soak -->\n)[\s\S]*(<!-- \/soak -->)/;
  if (!marks.test(page)) throw new Error(`${path} has no place for it: <!-- soak -->`);
  writeFileSync(
    path,
    page.replace(marks, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`),
  );
}
