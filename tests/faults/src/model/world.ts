// The model's world: a client of the library, a proxy, a server process, and a record of what each side
// sent and received on each connection. Steps act on it; `verify` says whether anything was lost in silence,
// twice, or out of order.

import { join } from "node:path";

import { connect } from "@typewire/bun";
import type { ClientOf } from "@typewire/client";
import { type ConnectionLimits, internalLimits } from "@typewire/connection/internal";
import { FaultProxy, Program, type SeededRandom, within } from "@typewire/testkit";

import { ClientRecord } from "./client-record.ts";
import { CLIENT_FLOW, isWhole, type Item, makeItem, model } from "./protocol.ts";
import { ServerRecord } from "./server-record.ts";

/** Short, so that a run sees many of them; but that of the end, which is to be in order on a slow machine too. */
const LIMITS: Partial<ConnectionLimits> = {
  heartbeatIntervalMs: 150,
  writeStallMs: 400,
  frameDeadlineMs: 400,
  lingerMs: 1000,
};

/** What is under way when the last connection ends: large items, then small ones. */
const LAST_BURST: readonly (readonly [count: number, padLength: number])[] = [
  [100, 60_000],
  [10, 0],
];

export class World implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly fromClient: ClientRecord;
  readonly fromServer = new ServerRecord();
  readonly #random: SeededRandom;
  #server: Program;
  #client: ClientOf<typeof model> | undefined;
  #serversStarted = 1;
  #hasFlipped = false;
  /** The flow of the newest item that the client received. */
  #newestFlow: number | undefined;
  /** Whether the client closed the last connection, on a line without faults. */
  #hasClientEnded = false;
  /** The flow whose connection the server closed, on a line without faults. */
  #endedFlow: number | undefined;
  /** A flip in a `$hello` made it one of another protocol, which a client does not come back to. */
  #hasGivenUp = false;
  #heardOfLoss: () => void = () => {};
  #faults: string[] = [];

  private constructor(server: Program, port: number, random: SeededRandom, isResending: boolean) {
    this.#server = server;
    this.#random = random;
    this.fromClient = new ClientRecord({ isResending });
    this.proxy = new FaultProxy({ port, seed: random.seed });
    this.#listen(server);
  }

  /** Every other seed is of a client that resends. */
  static async create(random: SeededRandom): Promise<World> {
    const resend = random.seed % 2 === 0;
    const server = startProcess(0);
    const world = new World(server, await listeningPort(server), random, resend);
    try {
      world.#client = await world.#connect(resend);
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
    return world;
  }

  /** Sends items from the client; none while it has no connection. */
  clientSends(count: number, padLength: number): void {
    const record = this.fromClient;
    for (let index = 0; index < count; index += 1) {
      if (this.#client?.connection?.state !== "open") return;
      this.#client.send(makeItem(CLIENT_FLOW, record.sent, padLength));
      record.sent += 1;
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

  /**
   * Lifts every fault and waits until an item has come through each way on the newest connection, so that
   * no reset is under way to it. Then much is sent, and the connection ends: in order, by one side or the
   * other, and all of it has to arrive; or with a reset, while the client closes.
   */
  async settle(): Promise<void> {
    this.proxy.set({
      latencyMs: 0,
      bytesPerSecond: Infinity,
      mostPieceBytes: Infinity,
      flipsPerByte: 0,
      blackHole: false,
    });
    if (this.#hasFlipped) this.proxy.resetAll();
    if (await this.#comesThrough()) {
      const ends = [() => this.#endByClient(), () => this.#endByServer(), () => this.#endByReset()];
      await ends[this.#random.integer(0, ends.length - 1)]?.();
    }
    await this.#client?.close();
    await this.#drainServer();
  }

  /** What went wrong, in sentences; none if all is well. */
  verify(): readonly string[] {
    return [
      ...this.#faults,
      ...this.fromClient.verify({
        flippedBits: this.proxy.flippedBits("toServer"),
        hasEndedInOrder: this.#hasClientEnded,
      }),
      ...this.fromServer.verify({
        flippedBits: this.proxy.flippedBits("toClient"),
        endedInOrder: this.#endedFlow,
      }),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    void this.#client?.close();
    this.#client?.connection?.destroy();
    this.proxy[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  #connect(resend: boolean): Promise<ClientOf<typeof model>> {
    const { fromClient } = this;
    return connect(
      model,
      {
        port: this.proxy.port,
        limits: internalLimits(LIMITS),
        connectTimeoutMs: 2000,
        reconnect: { initialDelayMs: 5, maxDelayMs: 40 },
        resend,
        onOpen: (connection) => fromClient.opened(connection),
        onClose: (connection) => fromClient.closed(connection),
        onSent: (connection, { number }, _, start, end) =>
          fromClient.sentOn(connection, number, end - start),
        onRefused: (connection) => fromClient.refusedOn(connection),
        onPeerError() {},
        onUndelivered: (_, messages) => {
          fromClient.undelivered.push(...messages.map(({ number }) => number));
        },
        onStatus: (status) => {
          if (status.state === "reconnecting") this.#heardOfLoss();
          if (status.state === "closed" && status.reason.code === "protocol-mismatch") {
            this.#hasGivenUp = this.#hasFlipped;
          }
        },
        onHandlerError: (_, name, error) => this.#faults.push(`${name} failed: ${String(error)}`),
      },
      {
        item: (item) => this.#received(item),
      },
    );
  }

  #received(item: Item): void {
    if (isWhole(item)) {
      this.#newestFlow = item.flow;
      this.fromServer.flow(item.flow).received.push(item.number);
    } else if (!this.#hasFlipped) {
      this.#faults.push(`damaged without a flip: ${item.number}`);
    }
  }

  #listen(server: Program): void {
    server.stdout.listen((line) => {
      const [what, ...words] = line.split(" ");
      const [first = 0, second = 0] = words.map(Number);
      if (what === "received") this.fromClient.received.push(first);
      if (what === "sent") this.fromServer.flow(first).sent += 1;
      if (what === "undelivered") this.fromServer.flow(first).undelivered.push(second);
      if (what === "closed") this.fromServer.flow(first).taken = second;
      if (what === "failed") this.#faults.push(`server: ${line}`);
      if (what === "damaged" && !this.#hasFlipped) this.#faults.push("damaged without a flip");
    });
  }

  /** Sends until one of these items has come through each way on the newest connection. False: the client has given up. */
  async #comesThrough(): Promise<boolean> {
    const { received, sent } = this.fromClient;
    await this.#until(() => {
      const newest = received.at(-1) ?? -1;
      if (newest >= sent && this.fromClient.isOnNewest(newest)) return true;
      this.clientSends(1, 0);
      return this.#hasGivenUp;
    });
    if (this.#hasGivenUp) return false;
    // Whatever comes from now on comes on this connection: the client hears no other.
    this.#newestFlow = undefined;
    await this.#until(() => {
      if (this.#newestFlow === undefined) this.serverSends(1, 0);
      return this.#newestFlow !== undefined;
    });
    return true;
  }

  async #endByClient(): Promise<void> {
    const { fromClient } = this;
    for (const [count, padLength] of LAST_BURST) this.clientSends(count, padLength);
    this.#hasClientEnded = true;
    await this.#client?.close();
    // A server that is asked to drain reads nothing more. What does not come now is lost.
    await this.#isSoon(() => fromClient.received.includes(fromClient.sent - 1));
  }

  async #endByServer(): Promise<void> {
    const name = this.#newestFlow ?? 0;
    const flow = this.fromServer.flow(name);
    const sentBefore = flow.sent;
    for (const [count, padLength] of LAST_BURST) this.serverSends(count, padLength);
    await this.#until(() => flow.sent > sentBefore);
    this.#endedFlow = name;
    await this.#drainServer();
    await this.#isSoon(() => flow.received.includes(flow.sent - 1));
  }

  /** The client has something to report, or to send again, and is closed before or after it hears of the reset. */
  async #endByReset(): Promise<void> {
    for (const [count, padLength] of LAST_BURST) this.clientSends(count, padLength);
    this.proxy.resetAll();
    if (this.#random.integer(0, 1) === 0) return;
    await new Promise<void>((resolve) => {
      this.#heardOfLoss = resolve;
    });
  }

  async #drainServer(): Promise<void> {
    this.#server.signal("SIGTERM");
    await this.#server.exit();
  }

  async #until(isSo: () => boolean): Promise<void> {
    if (await this.#isSoon(isSo)) return;
    const { seed } = this.#random;
    throw new Error(`Nothing comes through (seed ${seed}); the client is ${this.#client?.state}`);
  }

  /** Whether it is so within 10 s. */
  async #isSoon(isSo: () => boolean): Promise<boolean> {
    const deadlineMs = performance.now() + 10_000;
    while (!isSo()) {
      if (performance.now() > deadlineMs) return false;
      await Bun.sleep(5);
    }
    return true;
  }
}

function startProcess(firstFlow: number): Program {
  const script = join(import.meta.dir, "server-process.ts");
  return new Program([process.execPath, script, `${firstFlow}`, JSON.stringify(LIMITS)]);
}

async function listeningPort(server: Program): Promise<number> {
  const listening = Promise.withResolvers<number>();
  server.stdout.listen((line) => {
    const [what, port] = line.split(" ");
    if (what === "listening") listening.resolve(Number(port));
  });
  return within(listening.promise, () => `no server: ${server.stderr.text}`);
}
