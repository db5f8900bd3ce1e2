// What several servers cost: a publication at one server until the clients of others have it, one client or many, and
// the way between two servers alone. And what they gain: two processes on one port.

import { join } from "node:path";

import type { Benchmark } from "../benchmark.ts";
import { peers, type PeerSpec } from "../end-to-end/peers.ts";
import { requestBenchmark } from "../end-to-end/request.ts";
import { streamBenchmark } from "../end-to-end/stream.ts";
import { reusePortBenchmark } from "./reuse-port.ts";

const CONFIGURATION = join(import.meta.dir, "..", "end-to-end", "peers", "nats.conf");
const FULL_CHECK = "all of the schema";
const BYTES = "nothing: bytes";

function overNats(name: string, program: string, checks: string): PeerSpec {
  return { name, runtime: "bun", program, args: [CONFIGURATION], checks };
}

/** Systems whose servers share what they publish. */
export const sharingPeers: readonly PeerSpec[] = [
  overNats("typewire", "bus.ts", FULL_CHECK),
  ...peers.filter(({ name }) => name === "NATS, JSON"),
  {
    name: "Socket.IO with Redis",
    runtime: "bun",
    program: "socket-io-redis.ts",
    checks: FULL_CHECK,
  },
];

/** From one server to another, and back. */
export const linePeers: readonly PeerSpec[] = [
  overNats("typewire", "bus-line.ts", "frames, names"),
  overNats("NATS, the same bytes", "nats-bytes.ts", BYTES),
];

/** As many connections, and for NATS as many subscribers, as one publication reaches. */
const FAN_OUTS = [10, 100];

export const clusterBenchmarks: readonly Benchmark[] = [
  streamBenchmark({
    name: "cluster/one-to-one",
    about:
      "seven-field messages published at one server, until the one client of another has them; NATS: until a subscriber has them",
    workload: "posted",
    connections: 1,
    peers: sharingPeers,
  }),
  ...FAN_OUTS.map((connections) =>
    streamBenchmark({
      name: `cluster/fan-out/${connections}`,
      about: `seven-field messages published at one server, until each of ${connections} clients of two others has them; NATS: until each of ${connections} subscribers has them; messages that arrive are counted`,
      workload: "posted",
      connections,
      peers: sharingPeers,
    }),
  ),
  requestBenchmark({
    name: "cluster/latency",
    about: "a message from one server to another over NATS, and one back",
    workload: "posted",
    connections: 1,
    inFlight: 1,
    figure: "p50Us",
    peers: linePeers,
  }),
  reusePortBenchmark,
];
