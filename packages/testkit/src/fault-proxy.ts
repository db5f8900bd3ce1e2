// A bad network between a real client and a real server, on loopback or on Unix sockets: every client that
// connects to the proxy gets a link to the server, and each direction of a link has its own faults. All chances
// come from one seed. It knows nothing of frames.

import { Arrivals } from "./arrivals.ts";
import { within } from "./deadline.ts";
import { clearConditions, FaultPipe, type LinkConditions } from "./fault-pipe.ts";
import type { Address } from "./scripted-peer.ts";
import { pickSeed, SeededRandom } from "./seeded-random.ts";

/** Which bytes a fault concerns: those towards the server, those towards the client, or all. */
export type Way = "toServer" | "toClient" | "both";

/** One step of a script. It waits for its moment, then acts. Steps run one after the other. */
export interface FaultStep {
  /** Default `both`; what `atByte` counts is `toServer` unless it says `toClient`. */
  readonly way?: Way;
  /** The moment: when so many bytes of this way have left since the link was made. */
  readonly atByte?: number;
  /** The moment: so long after the step before. Default: at once. */
  readonly afterMs?: number;
  readonly fault:
    | Partial<LinkConditions>
    /** RST to both ends, or to one alone, which leaves the other half-open. */
    | "reset"
    | "reset-client"
    | "reset-server"
    /** FIN in this way, in front of what is held. */
    | "end";
}

type LinkSocket = Bun.Socket<{ link: ProxyLink | undefined }>;

/** One client's connection through the proxy. */
export class ProxyLink {
  readonly toServer: FaultPipe;
  readonly toClient: FaultPipe;
  /** How the server under test names this connection: the address that the proxy dials from. */
  readonly name: string;
  readonly #client: LinkSocket;
  readonly #server: LinkSocket;
  readonly #closed: () => void;
  #openSockets = 2;

  constructor(
    client: LinkSocket,
    server: LinkSocket,
    {
      conditions,
      random,
      closed,
    }: {
      readonly conditions: { readonly toServer: LinkConditions; readonly toClient: LinkConditions };
      readonly random: SeededRandom;
      readonly closed: (link: ProxyLink) => void;
    },
  ) {
    this.#client = client;
    this.#server = server;
    this.#closed = () => closed(this);
    this.name = `127.0.0.1:${server.localPort}`;
    this.toServer = new FaultPipe(client, server, conditions.toServer, random);
    this.toClient = new FaultPipe(server, client, conditions.toClient, random);
  }

  /** Changes the conditions of one way or both. */
  set(conditions: Partial<LinkConditions>, way: Way = "both"): void {
    if (way !== "toClient") this.toServer.set(conditions);
    if (way !== "toServer") this.toClient.set(conditions);
  }

  /** RST to both ends, or to one: the other then waits for a peer that is gone. */
  reset(which: "both" | "client" | "server" = "both"): void {
    this.toServer.cut();
    this.toClient.cut();
    if (which !== "server") this.#client.terminate();
    if (which !== "client") this.#server.terminate();
  }

  /** FIN in one way; what is held behind it is dropped. */
  end(way: "toServer" | "toClient"): void {
    const [pipe, socket] =
      way === "toServer" ? [this.toServer, this.#server] : [this.toClient, this.#client];
    pipe.cut();
    socket.shutdown();
  }

  /** Runs the steps in order; resolves after the last. */
  async play(steps: readonly FaultStep[]): Promise<void> {
    for (const step of steps) {
      const way = step.way ?? "both";
      const act = (): void => this.#act(step.fault, way);
      if (step.atByte === undefined) {
        await new Promise((resolve) => setTimeout(resolve, step.afterMs ?? 0));
        act();
      } else {
        const { atByte } = step;
        const pipe = way === "toClient" ? this.toClient : this.toServer;
        await new Promise<void>((resolve) => {
          pipe.at(atByte, () => {
            act();
            resolve();
          });
        });
      }
    }
  }

  /** For the sockets' handlers. */
  received(socket: LinkSocket, chunk: Uint8Array): void {
    this.#pipeFrom(socket).received(chunk);
  }

  /** For the sockets' handlers. */
  drained(socket: LinkSocket): void {
    this.#pipeFrom(this.#otherOf(socket)).drained();
  }

  /** For the sockets' handlers. */
  ended(socket: LinkSocket): void {
    this.#pipeFrom(socket).ended();
  }

  /** For the sockets' handlers: the other end hears the same, a reset or an end, when nothing stands in between. */
  socketClosed(socket: LinkSocket, isReset: boolean): void {
    this.#openSockets -= 1;
    if (this.#openSockets === 0) this.#closed();
    if (!isReset) return this.#pipeFrom(socket).ended();
    this.#pipeFrom(socket).wasReset(() => {
      this.toServer.cut();
      this.toClient.cut();
      this.#otherOf(socket).terminate();
    });
  }

  #pipeFrom(socket: LinkSocket): FaultPipe {
    return socket === this.#client ? this.toServer : this.toClient;
  }

  #otherOf(socket: LinkSocket): LinkSocket {
    return socket === this.#client ? this.#server : this.#client;
  }

  #act(fault: FaultStep["fault"], way: Way): void {
    if (typeof fault === "object") this.set(fault, way);
    else if (fault === "reset") this.reset();
    else if (fault === "end") this.end(way === "toClient" ? "toClient" : "toServer");
    else this.reset(fault === "reset-client" ? "client" : "server");
  }
}

export type FaultProxyOptions = {
  /** Default: a new one, or `TYPEWIRE_SEED`. */
  readonly seed?: number;
} & (
  | {
      /** The server's port on loopback. */
      readonly port: number;
    }
  | {
      /** The server's Unix socket. */
      readonly unix: string;
    }
);

/** Listens as the server does: on a free loopback port, or on a Unix socket beside its own. `address` is where clients connect. */
export class FaultProxy implements Disposable {
  readonly seed: number;
  /** Where clients connect. */
  readonly address: { readonly port: number } | { readonly unix: string };
  readonly #random: SeededRandom;
  readonly #links = new Set<ProxyLink>();
  readonly #arrivals = new Arrivals<ProxyLink>();
  readonly #listener: { stop(): void };
  #target: Address;
  #conditions = { toServer: clearConditions, toClient: clearConditions };
  /** Of links that are gone. */
  readonly #flippedBits = { toServer: 0, toClient: 0 };

  constructor({ seed = pickSeed(), ...target }: FaultProxyOptions) {
    this.#target = target;
    this.seed = seed;
    this.#random = new SeededRandom(seed);
    const handlers = socketHandlers();
    const options = {
      allowHalfOpen: true,
      data: { link: undefined },
      socket: {
        ...handlers,
        open: (client: LinkSocket) => {
          client.data = { link: undefined };
          // Until there is somewhere to send it, nothing is read.
          client.pause();
          void this.#connect(client, handlers);
        },
      },
    };
    if ("unix" in target) {
      const unix = `${target.unix}.${crypto.randomUUID().slice(0, 8)}`;
      this.#listener = Bun.listen({ unix, ...options });
      this.address = { unix };
    } else {
      const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, ...options });
      this.#listener = listener;
      this.address = { port: listener.port };
    }
  }

  /** The same, of a proxy before a port. */
  get port(): number {
    if ("unix" in this.address) throw new Error("This proxy listens on a Unix socket");
    return this.address.port;
  }

  /** Links that have at least one end. */
  get links(): ReadonlySet<ProxyLink> {
    return this.#links;
  }

  /** Bits flipped so far, one way, on all links. */
  flippedBits(way: "toServer" | "toClient"): number {
    return [...this.#links].reduce(
      (sum, link) => sum + link[way].flippedBits,
      this.#flippedBits[way],
    );
  }

  /** Where the next links go, after the server has moved. */
  set target(port: number) {
    this.#target = { port };
  }

  /** The next link not yet taken. */
  async link(): Promise<ProxyLink> {
    const awaited = (): string => `no client came through the proxy (seed ${this.seed})`;
    const link = await within(this.#arrivals.take(), awaited);
    if (link === undefined) throw new Error("The proxy has stopped");
    return link;
  }

  /** Sets the conditions of all links, those to come included. */
  set(conditions: Partial<LinkConditions>, way: Way = "both"): void {
    const { toServer, toClient } = this.#conditions;
    this.#conditions = {
      toServer: way === "toClient" ? toServer : { ...toServer, ...conditions },
      toClient: way === "toServer" ? toClient : { ...toClient, ...conditions },
    };
    for (const link of this.#links) link.set(conditions, way);
  }

  /** RST to both ends of every link. */
  resetAll(): void {
    for (const link of this.#links) link.reset();
  }

  /** Accepts no more and resets every link. */
  [Symbol.dispose](): void {
    this.#listener.stop();
    this.resetAll();
    this.#arrivals.finish();
  }

  #forget(link: ProxyLink): void {
    if (!this.#links.delete(link)) return;
    this.#flippedBits.toServer += link.toServer.flippedBits;
    this.#flippedBits.toClient += link.toClient.flippedBits;
  }

  async #connect(
    client: LinkSocket,
    handlers: Bun.SocketHandler<{ link: ProxyLink | undefined }>,
  ): Promise<void> {
    try {
      const options = {
        allowHalfOpen: true,
        data: { link: undefined },
        socket: {
          ...handlers,
          open: (opened: LinkSocket) => {
            // Before the first byte of the server's can come.
            const link = new ProxyLink(client, opened, {
              conditions: this.#conditions,
              random: this.#random,
              closed: (gone) => this.#forget(gone),
            });
            client.data.link = link;
            opened.data.link = link;
            this.#links.add(link);
          },
        },
      };
      const server: LinkSocket = await ("unix" in this.#target
        ? Bun.connect({ unix: this.#target.unix, ...options })
        : Bun.connect({ hostname: "127.0.0.1", port: this.#target.port, ...options }));
      const { link } = server.data;
      if (link === undefined) return;
      if (!this.#conditions.toServer.blackHole) client.resume();
      this.#arrivals.add(link);
    } catch {
      // No server listens there: the client hears what a client of a dead server hears.
      client.terminate();
    }
  }
}

function socketHandlers(): Bun.SocketHandler<{ link: ProxyLink | undefined }> {
  return {
    data: (socket, chunk) => socket.data.link?.received(socket, chunk),
    drain: (socket) => socket.data.link?.drained(socket),
    end: (socket) => socket.data.link?.ended(socket),
    close: (socket, error) => socket.data.link?.socketClosed(socket, error !== undefined),
    connectError() {},
  };
}
