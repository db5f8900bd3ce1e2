// The systems whose calls are compared, in the order of the tables, and how to start a peer of each. The
// first is the one that the ratios are about. The first six are in the picture.

import { join } from "node:path";

import type { PeerSpec } from "../end-to-end/peers.ts";

const FULL_CHECK = "all of the schema";
const NATS_CONFIGURATION = join(import.meta.dir, "..", "end-to-end", "peers", "nats.conf");

function peer(name: string, program: string, args: readonly string[] = []): PeerSpec {
  return { name, runtime: "bun", program, args, checks: FULL_CHECK };
}

export const typewire: PeerSpec = peer("typewire", "typewire.ts");
export const raw: PeerSpec = { ...peer("raw Bun TCP", "raw.ts"), checks: "nothing: bytes" };
export const byHand: PeerSpec = peer("ids made by hand", "by-hand.ts");
export const ownMessages: PeerSpec = peer("one-way messages", "typewire.ts", ["messages"]);
export const wide: PeerSpec = peer("typewire, window of 1 MiB", "typewire.ts", ["wide"]);
export const middlewares: PeerSpec = peer("three middlewares", "typewire.ts", ["middlewares"]);

const grpc = peer("gRPC (grpc-js)", "grpc.ts");
const connect: PeerSpec = { ...peer("Connect", "connect.ts"), runtime: "node" };
const nats = peer("NATS request", "nats.ts", [NATS_CONFIGURATION]);
const trpc = peer("tRPC over WebSocket", "trpc.ts");
const orpc = peer("oRPC over WebSocket", "orpc.ts");
const effect = peer("Effect RPC", "effect-rpc.ts");
const river = peer("replit/river", "river.ts");
const capNWeb = peer("Cap'n Web", "cap-n-web.ts");
const socketIo = peer("Socket.IO", "socket-io.ts");

/** Other systems, by what they can do. */
export const rivals = {
  call: [grpc, nats, effect, connect, trpc, orpc, river, capNWeb, socketIo],
  down: [grpc, connect, effect, river, trpc, orpc, capNWeb],
  both: [grpc, connect, river],
  chunks: [grpc, connect, capNWeb],
  cold: [grpc],
} as const satisfies Record<string, readonly PeerSpec[]>;

/** Where the programs are. */
export const PROGRAMS: string = join(import.meta.dir, "peers");
