// What a cluster costs: processor time of one server and of the bus, from unit costs. Pure arithmetic.

/**
 * What it costs to begin to work after a rest, in microseconds of a second with `perSecond` of it: `us` × perSecond ^
 * `power`. The power is below 1: what rests for less time has lost less of its caches.
 */
export interface WakeLaw {
  readonly us: number;
  readonly power: number;
}

/** Microseconds of one core. */
export interface Units {
  /** A server that does nothing but beat, for each second. */
  readonly idle: number;
  /** A beat of another server, and each topic that it tells of. */
  readonly beat: number;
  readonly toldTopic: number;
  /** A batch handed to the bus, and each message in it. */
  readonly batchOut: number;
  readonly messageOut: number;
  /** A batch of another server, and each message in it. */
  readonly batchIn: number;
  readonly messageIn: number;
  /** A recipient: a write to its socket, and each message in that. */
  readonly write: number;
  readonly delivery: number;
  /** A server that wakes for what has come, or to publish, with the first write to a client. */
  readonly wake: WakeLaw;
  /** NATS: a message in, one copy of it out, and each KiB of those. */
  readonly busIn: number;
  readonly busOut: number;
  readonly busKib: number;
  /** NATS: a write to one server, of the copies that are for it then. */
  readonly busWrite: number;
  /** NATS wakes for what one server has published at once. */
  readonly busWake: WakeLaw;
  /** Bytes of one message, of a beat without topics, and of each topic in it. */
  readonly messageBytes: number;
}

/** A cluster whose servers all do the same. */
export interface Cluster {
  readonly servers: number;
  /** Batches that each server publishes in a second, and messages in each. */
  readonly batchesPerSecond: number;
  readonly burst: number;
  /** Recipients of a message, on all servers. */
  readonly members: number;
  /** Topics that each server has members of, or publishes to. */
  readonly topicsPerServer: number;
  /** Cores that all servers share. Default: each has its own. */
  readonly sharedCores?: number;
}

/** Of a second, in microseconds. */
export interface Cost {
  readonly publish: number;
  readonly receive: number;
  readonly deliver: number;
  readonly beats: number;
  readonly wakes: number;
  readonly server: number;
  readonly bus: number;
}

/** Each server beats so often (docs/cluster.md). */
const BEATS_PER_SECOND = 4;
/** Topics in turn that each beat tells of, beside those that have changed, twice each. */
const TOLD_IN_TURN = 64;
const MOST_TOLD = 8192;
const BEAT_BYTES = 120;
const TOPIC_BYTES = 14;

/** `shareOfServers` that have a member of a topic; by default members are spread by chance. */
export function costOf(units: Units, cluster: Cluster, shareOfServers?: number): Cost {
  const { servers, batchesPerSecond, burst, members, topicsPerServer } = cluster;
  const others = servers - 1;
  const share = shareOfServers ?? 1 - (1 - 1 / servers) ** members;
  const inPerSecond = batchesPerSecond * others * share;
  const localMembers = members / servers;
  const published = batchesPerSecond * servers;
  const publish = batchesPerSecond * (units.batchOut + burst * units.messageOut);
  const receive = inPerSecond * (units.batchIn + burst * units.messageIn);
  // Every batch, of this server or another, goes to the members that are here.
  const deliver = published * localMembers * (units.write + burst * units.delivery);
  const changed = Math.min(topicsPerServer, (2 * batchesPerSecond) / BEATS_PER_SECOND);
  const told = Math.min(topicsPerServer, MOST_TOLD + TOLD_IN_TURN, changed + TOLD_IN_TURN);
  const beatsIn = BEATS_PER_SECOND * others;
  const beats = units.idle + beatsIn * (units.beat + told * units.toldTopic);
  const work = publish + receive + deliver + beats;
  const turns = Math.max(0, servers / (cluster.sharedCores ?? servers) - 1) / 2;
  const wakes = wakesOf(units.wake, batchesPerSecond + inPerSecond + beatsIn, { work, turns });
  const beatKib = (BEAT_BYTES + told * TOPIC_BYTES) / 1024;
  const batchKib = (burst * units.messageBytes) / 1024;
  const copy = units.busOut + units.busWrite;
  const beatsOut = servers * BEATS_PER_SECOND;
  const bus =
    published * (units.busIn + others * share * (copy + batchKib * units.busKib)) +
    beatsOut * (units.busIn + others * (copy + beatKib * units.busKib)) +
    units.busWake.us * (published + beatsOut) ** units.busWake.power;
  return { publish, receive, deliver, beats, wakes, server: work + wakes, bus };
}

/**
 * What a server spends on waking. It wakes for what comes while it rests; with what comes while it works, or while it
 * waits for the `turns` of others at a core, it goes on without a rest. (Of random arrivals as large a share comes during
 * rest as there is rest.)
 */
function wakesOf(
  { us, power }: WakeLaw,
  arrivals: number,
  { work, turns }: { readonly work: number; readonly turns: number },
): number {
  const costWith = (guess: number): number => {
    const load = (work + guess) / 1e6;
    const single = arrivals * Math.max(0, 1 - load);
    // A turn takes as long as an arrival costs.
    return us * (single / (1 + turns * load)) ** power;
  };
  let low = 0;
  let high = us * arrivals ** power;
  for (let step = 0; step < 50; step += 1) {
    const guess = (low + high) / 2;
    if (costWith(guess) > guess) low = guess;
    else high = guess;
  }
  return high;
}

export type Part = "publish" | "receive" | "deliver" | "beats" | "wakes" | "bus";

/** What is scarce first: a server has one core, NATS has `busCores`. */
export function bottleneckOf(
  cost: Cost,
  busCores: number,
): { readonly part: Part; readonly load: number } {
  const busLoad = cost.bus / 1e6 / busCores;
  const serverLoad = cost.server / 1e6;
  if (busLoad > serverLoad) return { part: "bus", load: busLoad };
  const parts = ["publish", "receive", "deliver", "beats", "wakes"] as const;
  const part = parts.reduce((most, each) => (cost[each] > cost[most] ? each : most));
  return { part, load: serverLoad };
}

/** The most servers, up to a million, with which nothing is loaded above `most`; 0 where one is too much. */
export function mostServers(
  units: Units,
  clusterOf: (servers: number) => Cluster,
  { busCores, most }: { readonly busCores: number; readonly most: number },
): number {
  const fits = (servers: number): boolean =>
    bottleneckOf(costOf(units, clusterOf(servers)), busCores).load <= most;
  let low = 0;
  let high = 1_000_000;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
