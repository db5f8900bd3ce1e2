// What every peer of the call benchmarks is made of: a `CallPeer` says how one system listens, connects,
// calls and streams, and `runCallPeer` obeys the runner with it. Runs on Bun and on Node.

import { isDeepStrictEqual } from "node:util";

import { epochMs } from "../end-to-end/control.ts";
import { deferred } from "../end-to-end/deferred.ts";
import { collectGarbage } from "../end-to-end/peer.ts";
import { serveJsonLines } from "../json-lines.ts";
import { quantile } from "../statistics.ts";
import type { CallFigures, Command, Replies, Way } from "./control.ts";
import { CHUNK_BYTES, type Item, producedItems, type Take, workload } from "./items.ts";

/** One system, as far as the benchmarks use it. */
export interface CallPeer {
  listen(): Promise<CallServer>;
  /** Connects and resolves when calls can be made. */
  connect(port: number): Promise<CallClient>;
}

/** The answering side: every call is answered with the message that came with it. */
export interface CallServer {
  readonly port: number;
  /** The process that holds the connections, where it is not this one. */
  readonly pid?: number;
  /** Ends what would outlive this process. */
  close?(): void;
}

/** One connection of the calling side. What a system cannot do is absent. */
export interface CallClient {
  /** Sends a message and resolves with the answer, validated. */
  call(message: Item, way: Way): Promise<unknown>;
  /** The message in what a call resolved with. Absent: as it is. */
  outputOf?(answer: unknown, way: Way): unknown;
  /** Takes a stream of `count` messages, validated; resolves at its end, or when `take` wants no more. */
  readonly down?: (count: number, take: Take) => Promise<void>;
  /** Sends `count` messages as a stream and takes them as they come back. */
  readonly both?: (count: number, take: Take) => Promise<void>;
  /** Takes `count` chunks; resolves with their bytes. */
  readonly chunks?: (count: number) => Promise<number>;
  /** Opens a call or a stream that never ends. */
  readonly hold?: (kind: "call" | "stream") => void;
  /** The plain form of a received message. Absent: as it is. */
  toMessage?(received: unknown): unknown;
  close?(): void | Promise<void>;
}

/** A stream beside which calls are made is longer than any of them. */
const ENDLESS = 1_000_000_000;
/** Items that run before a call beside them counts. */
const SATURATED = 1000;
const VERIFIED_CHUNKS = 3;

class CallSession {
  readonly #peer: CallPeer;
  readonly #clients: CallClient[] = [];
  #server: CallServer | undefined;

  constructor(peer: CallPeer) {
    this.#peer = peer;
  }

  async obey(command: Command): Promise<unknown> {
    switch (command.do) {
      case "listen":
        this.#server = await this.#peer.listen();
        return { port: this.#server.port, pid: this.#server.pid ?? process.pid };
      case "connect":
        await inParallel(command.connections, command.inFlight, async () => {
          this.#clients.push(await this.#peer.connect(command.port));
        });
        return {};
      case "settle":
        collectGarbage();
        return {};
      case "verify":
        await verify(this.#client());
        return {};
      case "call":
        return measureCalls(this.#client(), command.calls, command.inFlight, command.way);
      case "stream":
        return measureStream(this.#client(), command.items, command.kind);
      case "chunks":
        return measureChunks(this.#client(), command.chunks);
      case "beside":
        return measureBeside(this.#client(), command.calls);
      case "stall":
        await stall(this.#client(), command.items);
        return {};
      case "produced":
        return { items: producedItems() };
      case "hold":
        return this.#hold(command.kind, command.each);
      case "cold":
        return this.#cold(command);
    }
  }

  end(): void {
    this.#server?.close?.();
  }

  #client(): CallClient {
    const [client] = this.#clients;
    if (client === undefined) throw new Error("expected to be told to connect first");
    return client;
  }

  async #hold(kind: "call" | "stream", each: number): Promise<Replies["hold"]> {
    for (const client of this.#clients) {
      const hold = has(client.hold, "hold");
      for (let count = 0; count < each; count += 1) hold(kind);
      // The answer says that the server has read all that came before it.
      await client.call(messageAt(0), "plain");
    }
    return {};
  }

  async #cold({
    port,
    connections,
    inFlight,
  }: Extract<Command, { do: "cold" }>): Promise<Replies["cold"]> {
    const startedAt = epochMs();
    await inParallel(connections, inFlight, async (index) => {
      const message = messageAt(index);
      const client = await this.#peer.connect(port);
      expectId(await client.call(message, "plain"), message);
      await client.close?.();
    });
    return { perSecond: (connections * 1000) / (epochMs() - startedAt) };
  }
}

/** Runs `work` so many times, `inFlight` at a time. */
async function inParallel(
  times: number,
  inFlight: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const workOn = async (): Promise<void> => {
    for (let index = next++; index < times; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(times, inFlight) }, workOn));
}

function messageAt(index: number): Item {
  const message = workload.messages[index % workload.messages.length];
  if (message === undefined) throw new Error("expected the workload to have messages");
  return message;
}

/** A method that this system has; the benchmarks ask for no other. */
function has<Method>(method: Method | undefined, name: string): Method {
  if (method === undefined) throw new Error(`${name}: this system has no such thing`);
  return method;
}

function expectId(received: unknown, { id }: Item): void {
  const got = (received as { readonly id?: unknown }).id;
  if (got !== id) throw new Error(`expected the message ${id}, got ${String(got)}`);
}

/** Takes a stream's items in order, and calls `each` with the number of those taken. */
function inOrder(each: (taken: number) => boolean | Promise<boolean>): Take {
  let taken = 0;
  return (item) => {
    expectId(item, messageAt(taken));
    taken += 1;
    return each(taken);
  };
}

async function verify(client: CallClient): Promise<void> {
  const { messages } = workload;
  const same = (received: unknown, index: number, what: string): void => {
    const plain = { ...((client.toMessage?.(received) ?? received) as object) };
    if (!isDeepStrictEqual(plain, messageAt(index))) {
      throw new Error(`${what} ${index}: it is not what was sent`);
    }
  };
  for (const [index, message] of messages.entries()) {
    same(await client.call(message, "plain"), index, "answer");
  }
  for (const kind of ["down", "both"] as const) {
    let taken = 0;
    await client[kind]?.(messages.length, (item) => {
      same(item, taken, `item of ${kind}`);
      taken += 1;
      return true;
    });
    if (client[kind] !== undefined && taken !== messages.length) {
      throw new Error(`${kind}: expected ${messages.length} items, got ${taken}`);
    }
  }
  if (client.chunks !== undefined) await measureChunks(client, VERIFIED_CHUNKS);
}

async function measureCalls(
  client: CallClient,
  calls: number,
  inFlight: number,
  way: Way,
): Promise<CallFigures> {
  const latenciesMs = new Float64Array(calls);
  const startedAt = performance.now();
  await inParallel(calls, inFlight, async (index) => {
    const message = messageAt(index);
    const sentAt = performance.now();
    const answer = await client.call(message, way);
    latenciesMs[index] = performance.now() - sentAt;
    expectId(client.outputOf === undefined ? answer : client.outputOf(answer, way), message);
  });
  return figuresOf([...latenciesMs], performance.now() - startedAt);
}

function figuresOf(latenciesMs: readonly number[], elapsedMs: number): CallFigures {
  return {
    p50Us: quantile(latenciesMs, 0.5) * 1000,
    p99Us: quantile(latenciesMs, 0.99) * 1000,
    perSecond: (latenciesMs.length / elapsedMs) * 1000,
  };
}

async function measureStream(
  client: CallClient,
  count: number,
  kind: "down" | "both",
): Promise<Replies["stream"]> {
  const startedAt = performance.now();
  let seen = 0;
  await has(client[kind], kind)(
    count,
    inOrder((taken) => {
      seen = taken;
      return true;
    }),
  );
  if (seen !== count) throw new Error(`${kind}: expected ${count} items, got ${seen}`);
  return { perSecond: (count * 1000) / (performance.now() - startedAt) };
}

async function measureChunks(client: CallClient, count: number): Promise<Replies["chunks"]> {
  const startedAt = performance.now();
  const bytes = await has(client.chunks, "chunks")(count);
  if (bytes !== count * CHUNK_BYTES) {
    throw new Error(`chunks: expected ${count * CHUNK_BYTES} bytes, got ${bytes}`);
  }
  return { bytesPerSecond: (bytes * 1000) / (performance.now() - startedAt) };
}

async function measureBeside(client: CallClient, calls: number): Promise<Replies["beside"]> {
  const running = deferred();
  let goOn = true;
  let items = 0;
  const stream = has(client.down, "down")(
    ENDLESS,
    inOrder((taken) => {
      items = taken;
      if (taken === SATURATED) running.resolve();
      return goOn;
    }),
  );
  stream.catch(running.reject);
  await running.promise;
  const before = items;
  const startedAt = performance.now();
  const figures = await measureCalls(client, calls, 1, "plain");
  const elapsedMs = performance.now() - startedAt;
  const itemsPerSecond = ((items - before) * 1000) / elapsedMs;
  goOn = false;
  await stream;
  return { ...figures, itemsPerSecond };
}

async function stall(client: CallClient, count: number): Promise<void> {
  const first = deferred();
  const never = new Promise<boolean>(() => {});
  const stream = has(client.down, "down")(count, () => {
    first.resolve();
    return never;
  });
  stream.catch(first.reject);
  await first.promise;
}

/** Obeys commands from stdin until it ends. */
export function runCallPeer(peer: CallPeer): Promise<void> {
  const session = new CallSession(peer);
  return serveJsonLines(
    (command) => session.obey(command as Command),
    () => session.end(),
  );
}
