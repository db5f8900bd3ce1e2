// The systems that are called, in the order of the tables: Typewire with what a program may add to a call, the same by
// hand, the ceiling, and what else a user would pick.

import { peers, type PeerSpec } from "../end-to-end/peers.ts";

const FULL_CHECK = "all of the schema";

/** A peer of Typewire's whose program is `typewire-calls.ts`. */
function ours(name: string, ...args: readonly string[]): PeerSpec {
  return { name, runtime: "bun", program: "typewire-calls.ts", args, checks: FULL_CHECK };
}

function named(name: string): PeerSpec {
  const spec = peers.find((each) => each.name === name);
  if (spec === undefined) throw new Error(`${name}: expected among the peers`);
  return spec;
}

const calls = ours("typewire");
const raw = named("raw Bun TCP");
const byHand: PeerSpec = {
  name: "typewire, ids by hand",
  runtime: "bun",
  program: "typewire-ids.ts",
  checks: FULL_CHECK,
};
const connectRpc: PeerSpec = {
  name: "Connect (HTTP/2)",
  runtime: "bun",
  program: "connect-rpc.ts",
  checks: FULL_CHECK,
};
const rivals: readonly PeerSpec[] = [
  named("gRPC (grpc-js)"),
  connectRpc,
  named("tRPC over WebSocket"),
  { name: "oRPC over WebSocket", runtime: "bun", program: "orpc.ts", checks: FULL_CHECK },
  named("Effect RPC"),
  named("replit/river"),
  { name: "Cap'n Web", runtime: "bun", program: "capnweb.ts", checks: FULL_CHECK },
  named("NATS, JSON"),
  named("Socket.IO"),
];

/** All of them. */
export const callPeers: readonly PeerSpec[] = [calls, raw, byHand, ...rivals];

/** For the picture: the ceiling, and the fastest of the others. */
export const growthCallPeers: readonly PeerSpec[] = [
  calls,
  raw,
  byHand,
  named("gRPC (grpc-js)"),
  named("Effect RPC"),
  named("NATS, JSON"),
  named("Socket.IO"),
];

/** What a program may add to each call. */
export const addedPeers: readonly PeerSpec[] = [
  calls,
  ours("typewire, with signal", "signal"),
  ours("typewire, try", "try"),
  ours("typewire, three middlewares", "middlewares"),
];

const wide = ours("typewire, window of 1 MiB", "nothing", String(1024 * 1024));
const messages: PeerSpec = { ...named("typewire"), name: "typewire, one-way messages" };

/** Those that have streams from the server. */
export const streamPeers: readonly PeerSpec[] = [
  calls,
  wide,
  messages,
  ...rivals.filter(({ name }) => !["Cap'n Web", "NATS, JSON", "Socket.IO"].includes(name)),
];

/** Those whose streams leave room for calls on the same connection. */
export const besidePeers: readonly PeerSpec[] = streamPeers.filter((spec) => spec !== messages);

/** Those that carry bytes as they are. */
export const chunkPeers: readonly PeerSpec[] = [calls, wide, raw, messages];

/** The same server's messages to all, through a topic or without. */
export const publishPeers: readonly PeerSpec[] = [
  ours("typewire", "topic"),
  ours("typewire, broadcast", "broadcast"),
];

/** An idle connection, where the protocol has calls and where it has none. */
export const idlePeers: readonly PeerSpec[] = [
  ours("typewire", "broadcast"),
  { ...messages, name: "typewire, without calls" },
];
