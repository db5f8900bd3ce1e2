// The switch that puts Typewire on its reference path. One place, so that the benchmarks say the same
// everywhere.

import { defineProtocol } from "@typewire/protocol";
import { defineReferenceProtocol } from "@typewire/protocol/internal";

/** What defines a protocol for each of the codec's two paths. */
export const defineFor: Readonly<Record<"compiled" | "reference", typeof defineProtocol>> = {
  compiled: defineProtocol,
  reference: defineReferenceProtocol,
};
