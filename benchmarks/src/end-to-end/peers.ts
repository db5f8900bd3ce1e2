// The systems that are compared end to end, in the order of the tables, and how to start a peer of each.
// The first is the one that the ratios are about.

import { basename, join, resolve } from "node:path";

import packageJson from "../../package.json" with { type: "json" };

import { workloadOf } from "./workload.ts";

/** A system and how to run it. */
export interface PeerSpec {
  readonly name: string;
  readonly runtime: "bun" | "node" | "python";
  /** A file in `peers/`, of this folder or of the one of the calls; or a whole path. */
  readonly program: string;
  readonly args?: readonly string[];
  /** What the receiver has checked of a message when the program sees it. */
  readonly checks: string;
}

const FULL_CHECK = "all of the schema";

export const peers: readonly PeerSpec[] = [
  { name: "typewire", runtime: "bun", program: "typewire.ts", checks: FULL_CHECK },
  { name: "raw Bun TCP", runtime: "bun", program: "raw.ts", checks: "nothing: bytes" },
  {
    name: "typewire, reference path",
    runtime: "bun",
    program: "typewire.ts",
    args: ["reference"],
    checks: FULL_CHECK,
  },
  { name: "Bun WebSocket, JSON", runtime: "bun", program: "bun-websocket.ts", checks: FULL_CHECK },
  { name: "ws, JSON", runtime: "node", program: "ws.ts", checks: FULL_CHECK },
  { name: "Socket.IO", runtime: "bun", program: "socket-io.ts", checks: FULL_CHECK },
  { name: "gRPC (grpc-js)", runtime: "bun", program: "grpc.ts", checks: FULL_CHECK },
  { name: "tRPC over WebSocket", runtime: "bun", program: "trpc.ts", checks: FULL_CHECK },
  { name: "Effect RPC", runtime: "bun", program: "effect-rpc.ts", checks: FULL_CHECK },
  { name: "replit/river", runtime: "bun", program: "river.ts", checks: FULL_CHECK },
  {
    name: "NATS, JSON",
    runtime: "bun",
    program: "nats.ts",
    args: [join(import.meta.dir, "peers", "nats.conf")],
    checks: FULL_CHECK,
  },
  {
    name: "the tutorial in Python",
    runtime: "python",
    program: "tutorial.py",
    args: [JSON.stringify(workloadOf("posted").messages)],
    checks: "nothing: pickle",
  },
];

/** Another ceiling, for one-way streams: what a codec that takes no time would come to. */
const framed: PeerSpec = {
  name: "raw Bun TCP, frame by frame",
  runtime: "bun",
  program: "framed.ts",
  checks: "nothing: frames",
};

/** The peers of the benchmark of one-way streams. */
export const streamPeers: readonly PeerSpec[] = peers.toSpliced(2, 0, framed);

/** The ceiling and what a user would think of first, for the growth pictures. */
export const growthPeers: readonly PeerSpec[] = peers.slice(0, 4);
export const growthStreamPeers: readonly PeerSpec[] = streamPeers.slice(0, 5);

const PEERS = join(import.meta.dir, "peers");
const BUILT = join(import.meta.dir, "..", "..", "dist");

/**
 * The command that starts a peer whose program is in `folder`. Node gets its program in JavaScript, built
 * here when it is asked for.
 */
export async function commandOf(
  { runtime, program, args = [] }: PeerSpec,
  folder: string = PEERS,
): Promise<readonly string[]> {
  const path = resolve(folder, program);
  switch (runtime) {
    case "bun":
      return [process.execPath, path, ...args];
    case "node":
      return ["node", "--expose-gc", await buildForNode(path), ...args];
    case "python":
      return ["python3", path, ...args];
  }
}

async function buildForNode(path: string): Promise<string> {
  const program = basename(path);
  const { success, logs } = await Bun.build({
    entrypoints: [path],
    outdir: BUILT,
    target: "node",
    format: "esm",
    naming: "[name].mjs",
    // The systems themselves come from node_modules, as they are; our own packages are TypeScript.
    external: Object.keys(packageJson.dependencies),
  });
  if (!success)
    throw new Error(
      `${program}: cannot be built for Node: ${logs.map(({ message }) => message).join("; ")}`,
    );
  return join(BUILT, program.replace(/\.ts$/, ".mjs"));
}
