// Writes figures as Prometheus reads them: its text format, version 0.0.4. Knows no server.

import type { Histogram } from "./histogram.ts";

export type Labels = Readonly<Record<string, string>>;

/** One text, family by family. */
export class Exposition {
  readonly #lines: string[] = [];

  /** A figure that goes up and down. */
  gauge(name: string, help: string, value: number): this {
    return this.#family(name, "gauge", help).#sample(name, {}, value);
  }

  /** A gauge whose only news are its labels. */
  info(name: string, help: string, labels: Labels): this {
    return this.#family(name, "gauge", help).#sample(name, labels, 1);
  }

  /** A figure that only grows; its name ends in `_total`. */
  counter(name: string, help: string, value: number): this {
    return this.#family(name, "counter", help).#sample(name, {}, value);
  }

  /** One counter for each of the values that one label has. */
  counterBy(
    name: string,
    help: string,
    label: string,
    values: Readonly<Record<string, number>>,
  ): this {
    this.#family(name, "counter", help);
    for (const [key, value] of Object.entries(values)) this.#sample(name, { [label]: key }, value);
    return this;
  }

  /** One counter for each set of labels. */
  counterOf(name: string, help: string, samples: Iterable<readonly [Labels, number]>): this {
    this.#family(name, "counter", help);
    for (const [labels, value] of samples) this.#sample(name, labels, value);
    return this;
  }

  /** One histogram for each set of labels, in cumulative buckets. */
  histograms(name: string, help: string, of: Iterable<readonly [Labels, Histogram]>): this {
    this.#family(name, "histogram", help);
    for (const [labels, histogram] of of) {
      const { bounds, cumulative, count, sum } = histogram;
      for (const [at, bound] of bounds.entries()) {
        this.#sample(`${name}_bucket`, { ...labels, le: `${bound}` }, cumulative[at] ?? 0);
      }
      this.#sample(`${name}_bucket`, { ...labels, le: "+Inf" }, count);
      this.#sample(`${name}_sum`, labels, sum);
      this.#sample(`${name}_count`, labels, count);
    }
    return this;
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #family(name: string, type: string, help: string): this {
    this.#lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    return this;
  }

  #sample(name: string, labels: Labels, value: number): this {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
    this.#lines.push(`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`);
    return this;
  }
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
