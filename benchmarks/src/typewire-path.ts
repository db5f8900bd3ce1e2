// The switch that puts Typewire on its reference path. One place, so that the benchmarks say the same
// everywhere.

/** What to spread into a protocol's definition. */
export function codecOption(path: "compiled" | "reference"): { readonly codec?: "reference" } {
  return path === "reference" ? { codec: "reference" } : {};
}
