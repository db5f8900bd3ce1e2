// What every peer written in TypeScript is made of: a `Peer` says how one system listens, connects, sends
// and asks, and `runPeer` obeys the runner with it. Runs on Bun and on Node, so it uses neither's own APIs.
// Nothing here is timed but what the commands say; the messages are counted and their order is checked.

import { setTimeout as sleep } from "node:timers/promises";

import { serveJsonLines } from "../json-lines.ts";
import { quantile } from "../statistics.ts";
import { type Command, epochMs, type Replies } from "./control.ts";
import { Receiver } from "./receiver.ts";
import { pump, type Sender } from "./sender.ts";
import { type Workload, workloadOf } from "./workload.ts";

/** One system, as far as the benchmarks use it, ready for one workload. */
export interface Peer {
  listen(): Promise<PeerServer>;
  /** Connects and resolves when messages can go both ways. What comes unasked goes to `receiver`. */
  connect(port: number, receiver: Receiver): Promise<PeerClient>;
}

/** Makes what a program makes once, whatever the number of its connections: schemas, checks, services. */
export type PeerFactory = (workload: Workload) => Peer;

/** The listening side. It answers every request with the message that came. */
export interface PeerServer {
  readonly port: number;
  /** The process that holds the connections, where it is not this one. */
  readonly pid?: number;
  /** The connections to which messages can be sent. */
  readonly senders: ReadonlySet<Sender>;
  /** Where they are not one sender each. */
  connectionCount?(): number;
  /** Sends to all connections in the way this system does that best. Default: to each in turn. */
  broadcast?(message: Workload["messages"][number]): void;
  /** The same by a topic that all connections have subscribed to, where there is such a thing. */
  readonly publish?: (message: Workload["messages"][number]) => void;
  /** Makes the answer to a scrape, where it is watched. */
  readonly scrape?: () => unknown;
  /** Sends `each` messages to each connection, where there is a better way than one after the other. */
  stream?(each: number): Promise<void>;
  /** Ends what would outlive this process. */
  close?(): void;
}

/** One connection of the dialling side. It ends with its process. */
export interface PeerClient {
  /** Sends a message and resolves with the answer, validated. */
  request(message: Workload["messages"][number]): Promise<unknown>;
}

class PeerSession {
  readonly #factory: PeerFactory;
  #peer: Peer | undefined;
  #workload: Workload = workloadOf("posted");
  #server: PeerServer | undefined;
  readonly #clients: PeerClient[] = [];
  readonly #receivers: Receiver[] = [];

  constructor(factory: PeerFactory) {
    this.#factory = factory;
  }

  async obey(command: Command): Promise<unknown> {
    switch (command.do) {
      case "listen":
        return this.#listen(command.workload);
      case "connect":
        return this.#connect(command);
      case "connected":
        return this.#connected(command.connections);
      case "settle":
        collectGarbage();
        return {};
      case "expect":
        for (const receiver of this.#receivers) receiver.expect(command.each, command.verify);
        return {};
      case "received":
        return this.#received();
      case "stream":
        return this.#stream(command.each);
      case "broadcast":
        return this.#broadcast(command.how);
      case "scrape":
        return this.#scrape(command.times);
      case "request":
        return this.#request(command.requests, command.inFlight);
    }
  }

  /** The runner has gone, or has seen enough. */
  end(): void {
    this.#server?.close?.();
  }

  async #listen(workload: string): Promise<Replies["listen"]> {
    this.#server = await this.#ready(workload).listen();
    return { port: this.#server.port, pid: this.#server.pid ?? process.pid };
  }

  async #connect(command: Extract<Command, { do: "connect" }>): Promise<Replies["connect"]> {
    const peer = this.#ready(command.workload);
    const startedAtMs = epochMs();
    let left = command.connections;
    const dialOn = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const receiver = new Receiver(this.#workload);
        this.#receivers.push(receiver);
        this.#clients.push(await peer.connect(command.port, receiver));
      }
    };
    await Promise.all(Array.from({ length: command.inFlight }, dialOn));
    return { startedAtMs, connectedAtMs: epochMs() };
  }

  /** The peer for this workload; a session has one. */
  #ready(workload: string): Peer {
    if (this.#peer === undefined) {
      this.#workload = workloadOf(workload);
      this.#peer = this.#factory(this.#workload);
    }
    return this.#peer;
  }

  async #connected(connections: number): Promise<Replies["connected"]> {
    while (this.#connectionCount() < connections) await sleep(1);
    return { atMs: epochMs() };
  }

  #connectionCount(): number {
    const server = this.#require(this.#server);
    return server.connectionCount?.() ?? server.senders.size;
  }

  async #received(): Promise<Replies["received"]> {
    const times = await Promise.all(this.#receivers.map((receiver) => receiver.received()));
    return { lastAtMs: times.reduce((latest, time) => Math.max(latest, time), 0) };
  }

  async #stream(each: number): Promise<Replies["stream"]> {
    const server = this.#require(this.#server);
    const startedAtMs = epochMs();
    if (server.stream === undefined) await pump([...server.senders], this.#workload.messages, each);
    else await server.stream(each);
    return { startedAtMs };
  }

  #broadcast(how: "broadcast" | "publish"): Replies["broadcast"] {
    const server = this.#require(this.#server);
    const [message] = this.#workload.messages;
    if (message === undefined) throw new Error("broadcast: the workload has no message");
    const startedAtMs = epochMs();
    if (how === "publish") this.#require(server.publish)(message);
    else if (server.broadcast === undefined)
      for (const sender of server.senders) sender.send(message);
    else server.broadcast(message);
    return { startedAtMs, recipients: this.#connectionCount() };
  }

  async #scrape(times: number): Promise<Replies["scrape"]> {
    const scrape = this.#require(this.#require(this.#server).scrape);
    let longestMs = 0;
    for (let count = 0; count < times; count += 1) {
      const startedAtMs = performance.now();
      scrape();
      longestMs = Math.max(longestMs, performance.now() - startedAtMs);
      await sleep(1);
    }
    return { longestMs };
  }

  async #request(requests: number, inFlight: number): Promise<Replies["request"]> {
    const latenciesMs = new Float64Array(requests);
    const { messages } = this.#workload;
    let next = 0;
    const askOn = async (): Promise<void> => {
      for (let index = next++; index < requests; index = next++) {
        const client = this.#require(this.#clients[index % this.#clients.length]);
        const message = this.#require(messages[index % messages.length]);
        const sentAt = performance.now();
        const answer = (await client.request(message)) as { readonly id?: unknown };
        latenciesMs[index] = performance.now() - sentAt;
        if (answer.id !== message.id) {
          throw new Error(`request: expected the answer ${message.id}, got ${String(answer.id)}`);
        }
      }
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: inFlight }, askOn));
    const elapsedMs = performance.now() - startedAt;
    const all = [...latenciesMs];
    return {
      p50Us: quantile(all, 0.5) * 1000,
      p99Us: quantile(all, 0.99) * 1000,
      perSecond: (requests / elapsedMs) * 1000,
    };
  }

  #require<Value>(value: Value | undefined): Value {
    if (value === undefined) throw new Error("expected to be told to listen or to connect first");
    return value;
  }
}

/** Bun's collector, or Node's where it runs with --expose-gc. */
export function collectGarbage(): void {
  const { Bun: bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };
  if (bun !== undefined) bun.gc(true);
  else gc?.();
}

/** Obeys commands from stdin until it ends. */
export function runPeer(factory: PeerFactory): Promise<void> {
  const session = new PeerSession(factory);
  return serveJsonLines(
    (command) => session.obey(command as Command),
    () => session.end(),
  );
}
