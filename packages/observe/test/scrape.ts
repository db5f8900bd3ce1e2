// A scrape: read by the parser that Prometheus's own Python client has, and line by line for its values alone.

/** A sample by its name and labels: `typewire_messages_total{direction="in",type="say"}`. */
export interface ReadSample {
  readonly key: string;
  readonly value: number;
}

/** What the parser makes of a family. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families as parse

def key(sample):
    pairs = ",".join(f'{k}="{v}"' for k, v in sample.labels.items())
    return sample.name + ("{" + pairs + "}" if pairs else "")

print(json.dumps([{
    "name": family.name,
    "help": family.documentation,
    "type": family.type,
    "samples": [{"key": key(s), "value": s.value} for s in family.samples],
} for family in parse(sys.stdin.read())]))
`;

/** The families of a scrape, as Prometheus's parser for `python` reads them. Throws what it says of a fault. */
export function familiesOf(text: string, python: string): readonly Family[] {
  const { exitCode, stdout, stderr } = Bun.spawnSync([python, "-c", PARSE], {
    stdin: new TextEncoder().encode(text),
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString()) as readonly Family[];
}

/** The value of each sample. */
export function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}
