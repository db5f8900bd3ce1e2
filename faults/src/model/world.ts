// The model's world: a client of the library, a proxy, a server process, and a record of what each side
// sent and received in each life of a connection. Steps act on it; `verify` says whether anything was lost
// in silence, twice, or out of order.

import { join } from "node:path";

import { type Client, connect } from "@typewire/client";
import type { ConnectionLimits } from "@typewire/connection";
import { FaultProxy, Program, type SeededRandom, within } from "@typewire/testkit";

import { isWhole, type Item, makeItem, model } from "./protocol.ts";

/** Short, so that a run sees many of them. */
const LIMITS: Partial<ConnectionLimits> = {
  heartbeatIntervalMs: 150,
  writeStallMs: 400,
  frameDeadlineMs: 400,
  lingerMs: 200,
};

/** One direction in one life. */
interface Flow {
  sent: number;
  readonly received: number[];
  readonly undelivered: number[];
}

type Flows = Map<number, Flow>;

export class World implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly fromClient: Flows = new Map();
  readonly fromServer: Flows = new Map();
  /** Ends of lives, as the client saw them. */
  readonly ends: string[] = [];
  readonly #random: SeededRandom;
  #server: Program;
  #client: Client<typeof model> | undefined;
  #life = 0;
  #serversStarted = 1;
  #hasFlipped = false;
  #faults: string[] = [];

  private constructor(server: Program, port: number, random: SeededRandom) {
    this.#server = server;
    this.#random = random;
    this.proxy = new FaultProxy({ port, seed: random.seed });
    this.#listen(server);
  }

  static async create(random: SeededRandom): Promise<World> {
    const server = startProcess(0);
    const world = new World(server, await listeningPort(server), random);
    world.#client = await connect(
      model,
      {
        port: world.proxy.port,
        limits: LIMITS,
        connectTimeoutMs: 500,
        reconnect: { initialDelayMs: 5, maxDelayMs: 40 },
        onStatus: (status) => {
          if (status.state !== "reconnecting") return;
          world.ends.push(status.reason.code);
          world.#life += 1;
        },
        onUndelivered: (messages) => world.#undelivered(messages),
      },
      { item: (item) => world.#received(world.fromServer, item) },
    );
    return world;
  }

  /** Sends items from the client; none while it has no connection. */
  clientSends(count: number, padLength: number): void {
    const flow = flowOf(this.fromClient, this.#life);
    for (let index = 0; index < count; index += 1) {
      if (this.#client?.state !== "connected") return;
      try {
        this.#client.send(makeItem(this.#life, flow.sent, padLength));
      } catch {
        return;
      }
      flow.sent += 1;
    }
  }

  serverSends(count: number, padLength: number): void {
    this.#server.type(`${count} ${padLength}\n`);
  }

  flip(perByte: number): void {
    this.#hasFlipped = true;
    this.proxy.set({ flipsPerByte: perByte });
  }

  /** The server is stopped for a while: a process that the machine has forgotten. */
  async freezeServer(forMs: number): Promise<void> {
    this.#server.signal("SIGSTOP");
    await Bun.sleep(forMs);
    this.#server.signal("SIGCONT");
  }

  /** Another server takes over, after the old one drained or was killed. */
  async restartServer(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#server.signal(signal);
    await this.#server.exit();
    this.#server = startProcess(1000 * this.#serversStarted);
    this.#serversStarted += 1;
    this.proxy.target = await listeningPort(this.#server);
    this.#listen(this.#server);
  }

  /** Lifts every fault, waits until one item has come through each way, and ends in order. */
  async settle(): Promise<void> {
    this.proxy.set({
      latencyMs: 0,
      bytesPerSecond: Infinity,
      mostPieceBytes: Infinity,
      flipsPerByte: 0,
      blackHole: false,
    });
    if (this.#hasFlipped) this.proxy.resetAll();
    await this.#until(() => {
      if (this.#client?.state !== "connected") return false;
      this.clientSends(1, 0);
      this.serverSends(1, 0);
      const { received = [] } = this.fromClient.get(this.#life) ?? {};
      return received.length > 0 && [...this.fromServer.values()].at(-1)?.received.length !== 0;
    });
    await this.#client?.close();
    this.#server.signal("SIGTERM");
    await this.#server.exit();
  }

  /** What went wrong, in sentences; none if all is well. */
  verify(): readonly string[] {
    const lastLife = this.#life;
    for (const [life, flow] of this.fromClient) {
      this.#verifyFlow(`client, life ${life}`, flow, life === lastLife);
    }
    for (const [life, flow] of this.fromServer)
      this.#verifyFlow(`server, life ${life}`, flow, false);
    return this.#faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    void this.#client?.close();
    this.#client?.connection?.destroy();
    this.proxy[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  /**
   * What was received is the beginning of what was sent, what is reported undelivered is its end, and what
   * is neither was on the line when that broke. A life that ended in order has none of the last two.
   */
  #verifyFlow(who: string, { sent, received, undelivered }: Flow, endedInOrder: boolean): void {
    const say = (what: string): void => {
      this.#faults.push(`${who}: ${what} (sent ${sent}, received ${received.length})`);
    };
    const isPrefix = received.every((number, index) => number === index);
    const isRising = received.every((number, index) => number > (received[index - 1] ?? -1));
    // A flipped bit can damage an item in such a way that it is one no longer.
    if (!(isPrefix || (this.#hasFlipped && isRising))) say(`received ${received.join(" ")}`);
    const firstLost = sent - undelivered.length;
    if (!undelivered.every((number, index) => number === firstLost + index)) {
      say(`reported undelivered ${undelivered.join(" ")}`);
    }
    const both = undelivered.filter((number) => received.includes(number));
    if (both.length > 0) say(`received and reported undelivered ${both.join(" ")}`);
    if (endedInOrder && received.length + undelivered.length !== sent) say("lost in silence");
  }

  #received(flows: Flows, item: Item): void {
    if (isWhole(item)) flowOf(flows, item.life).received.push(item.number);
    else if (!this.#hasFlipped) this.#faults.push(`damaged without a flip: ${item.number}`);
  }

  #undelivered(items: readonly Item[]): void {
    for (const { life, number } of items) flowOf(this.fromClient, life).undelivered.push(number);
  }

  #listen(server: Program): void {
    server.stdout.listen((line) => {
      const [what, life = 0, number = 0] = line
        .split(" ")
        .map((word, index) => (index ? Number(word) : word));
      if (what === "received") flowOf(this.fromClient, Number(life)).received.push(Number(number));
      if (what === "sent") flowOf(this.fromServer, Number(life)).sent += 1;
      if (what === "damaged" && !this.#hasFlipped) this.#faults.push("damaged without a flip");
    });
  }

  async #until(isSo: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + 10_000;
    while (!isSo()) {
      if (performance.now() > deadlineMs) {
        throw new Error(
          `Nothing comes through (seed ${this.#random.seed}); the client is ${this.#client?.state}`,
        );
      }
      await Bun.sleep(10);
    }
  }
}

function flowOf(flows: Flows, life: number): Flow {
  const flow = flows.get(life) ?? { sent: 0, received: [], undelivered: [] };
  flows.set(life, flow);
  return flow;
}

function startProcess(firstLife: number): Program {
  const script = join(import.meta.dir, "server-process.ts");
  return new Program([process.execPath, script, `${firstLife}`, JSON.stringify(LIMITS)]);
}

async function listeningPort(server: Program): Promise<number> {
  const listening = Promise.withResolvers<number>();
  server.stdout.listen((line) => {
    const [what, port] = line.split(" ");
    if (what === "listening") listening.resolve(Number(port));
  });
  return within(listening.promise, () => `no server: ${server.stderr.text}`);
}
