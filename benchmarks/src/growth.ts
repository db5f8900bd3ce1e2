// How figures change with the number of connections and with the size of messages: one comparison for
// each point, and what the pictures and tables need to put them together.

import type { Benchmark } from "./benchmark.ts";
import type { Comparison } from "./comparison.ts";
import { growthPeers as peers, growthStreamPeers } from "./end-to-end/peers.ts";
import { requestBenchmark } from "./end-to-end/request.ts";
import { streamBenchmark } from "./end-to-end/stream.ts";

const CONNECTIONS = [1, 10, 100, 1000] as const;
const BYTES = [16, 256, 4096, 65_536, 1_048_576] as const;

/** Enough for a smoke run: the least and the second point of each picture. */
const isRepetition = (index: number): boolean => index >= 2;

export const growthBenchmarks: readonly Benchmark[] = [
  ...CONNECTIONS.flatMap((connections, index): readonly Benchmark[] => {
    const folder = `growth/connections/${connections}`;
    const common = { workload: "posted", connections, peers } as const;
    const points = [
      streamBenchmark({
        ...common,
        peers: growthStreamPeers,
        name: `${folder}/throughput`,
        about: `seven-field messages to ${connections} connections, all together`,
      }),
      requestBenchmark({
        ...common,
        name: `${folder}/p99`,
        about: `message and answer on ${connections} connections, one in flight on each`,
        inFlight: connections,
        figure: "p99Us",
      }),
    ];
    return points.map((point) => ({ ...point, isRepetition: isRepetition(index) }));
  }),
  ...BYTES.flatMap((bytes, index): readonly Benchmark[] => {
    const folder = `growth/size/${bytes}`;
    const common = { workload: `text/${bytes}`, connections: 1, peers } as const;
    const points = [
      streamBenchmark({
        ...common,
        peers: growthStreamPeers,
        name: `${folder}/throughput`,
        about: `texts of ${bytes} bytes, one connection`,
      }),
      requestBenchmark({
        ...common,
        name: `${folder}/p99`,
        about: `a text of ${bytes} bytes and its answer, one in flight`,
        inFlight: 1,
        figure: "p99Us",
      }),
    ];
    return points.map((point) => ({ ...point, isRepetition: isRepetition(index) }));
  }),
];

/** One picture: a figure of every side, over a quantity that grows. */
export interface Growth {
  /** `growth-size-throughput`: the name of its file. */
  readonly slug: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly GrowthLine[];
}

export interface GrowthLine {
  readonly side: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** The name of each picture's file, the comparisons that are its points, its title, what grows. */
const PICTURES = [
  [
    "growth-connections-throughput",
    /^growth\/connections\/(\d+)\/throughput$/,
    "One-way throughput over connections",
    "connections",
  ],
  [
    "growth-connections-p99",
    /^growth\/connections\/(\d+)\/p99$/,
    "p99 of message and answer over connections",
    "connections",
  ],
  [
    "growth-size-throughput",
    /^growth\/size\/(\d+)\/throughput$/,
    "One-way throughput over message size",
    "bytes of text in a message",
  ],
  [
    "growth-size-p99",
    /^growth\/size\/(\d+)\/p99$/,
    "p99 of message and answer over message size",
    "bytes of text in a message",
  ],
  ["calls-rate", /^calls\/rate\/(\d+)$/, "Calls a second over calls in flight", "calls in flight"],
] as const;

/** The pictures that the comparisons of a run are enough for: those with at least two points. */
export function growthsOf(comparisons: readonly Comparison[]): readonly Growth[] {
  return PICTURES.flatMap(([slug, name, title, xLabel]) => {
    const points = comparisons.flatMap((comparison) => {
      const x = name.exec(comparison.name)?.[1];
      return x === undefined ? [] : [{ x: Number(x), comparison }];
    });
    const [first] = points;
    if (first === undefined || points.length < 2) return [];
    const sides = [...new Set(points.flatMap(({ comparison }) => comparison.rows.map(sideOf)))];
    return [
      {
        slug,
        title,
        xLabel,
        yLabel: first.comparison.unit,
        lines: sides
          .map((side) => ({ side, points: points.flatMap(pointOf(side)) }))
          .filter((line) => line.points.length > 1),
      },
    ];
  });
}

function sideOf({ side }: Comparison["rows"][number]): string {
  return side;
}

function pointOf(side: string) {
  return ({ x, comparison }: { x: number; comparison: Comparison }): GrowthLine["points"] => {
    const y = comparison.rows.find((row) => row.side === side)?.figure?.median;
    return y === undefined ? [] : [{ x, y }];
  };
}
