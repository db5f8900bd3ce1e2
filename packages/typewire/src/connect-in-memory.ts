// Both ends of a protocol in one process, on sockets made of arrays: for tests of a program's handlers.
// The server, the client and the connections are the real ones; the network is not there, and time stands
// still until the test moves it.

import {
  type ClientHandlers,
  type ClientOf,
  type ClientOptions,
  clientOptions,
  LiveClient,
} from "@typewire/client";
import {
  aPlainObject,
  checkEnd,
  checkOptions,
  type HandlersArgument,
  type SocketUser,
} from "@typewire/connection";
import { type AnyProtocol, TypewireError } from "@typewire/protocol";
import {
  type Accept,
  type Listening,
  LiveServer,
  type ServerHandlers,
  type ServerOf,
  type ServerOptions,
  serverOptions,
} from "@typewire/server";
import { FakeClock, MemoryPair, printWarning } from "@typewire/testkit/in-memory";

/** The handlers of the two ends, as `serve` and `connect` take them. */
export interface HandlersOfBoth<P extends AnyProtocol, Context = undefined> {
  readonly server?: ServerHandlers<P, Context>;
  readonly client?: ClientHandlers<P>;
}

/** The options of the two ends, less the clock, which is the test's. */
export interface InMemoryOptions<P extends AnyProtocol, Context = undefined> {
  readonly server?: Omit<ServerOptions<P, Context>, "clock">;
  readonly client?: Omit<ClientOptions<P>, "clock">;
}

/** A server and its first client. `await using` closes both at the end of the test. */
export interface InMemory<P extends AnyProtocol, Context = undefined> extends AsyncDisposable {
  readonly server: ServerOf<P, Context>;
  readonly client: ClientOf<P>;
  /** The time of both ends: heartbeats, deadlines and waits come when it is advanced. */
  readonly clock: FakeClock;
  /** Another client of the same server, connected when this resolves. */
  connect(
    handlers?: ClientHandlers<P>,
    options?: Omit<ClientOptions<P>, "clock">,
  ): Promise<ClientOf<P>>;
  /**
   * Resolves when all that was sent has been handled and neither end has anything more to say. It does not
   * wait for handlers that wait for something else.
   *
   * @throws What a handler has thrown since the last call, unless `onHandlerError` took it.
   */
  settle(): Promise<void>;
}

/** Handlers and options. Those of the server can be left out where the protocol has no calls. */
export type InMemoryArguments<P extends AnyProtocol, Context> =
  HandlersArgument<ServerHandlers<P, Context>> extends readonly [unknown]
    ? [
        handlers: HandlersOfBoth<P, Context> & Required<Pick<HandlersOfBoth<P, Context>, "server">>,
        options?: InMemoryOptions<P, Context>,
      ]
    : [handlers?: HandlersOfBoth<P, Context>, options?: InMemoryOptions<P, Context>];

/**
 * Connects a client to a server of `protocol` in memory, and resolves once both are open. `Context` is what
 * `authenticate` or `context` of the server returns, to be given where handlers use it.
 *
 * @throws TypewireError (as a rejection) `option-invalid`, as `serve` and `connect`.
 */
export async function connectInMemory<P extends AnyProtocol, Context = undefined>(
  protocol: P,
  ...[handlers = {}, options = {}]: InMemoryArguments<P, Context>
): Promise<InMemory<P, Context>> {
  const network = new MemoryNetwork();
  const { clock } = network;
  checkOptions(options, bothOptions);
  checkOptions(handlers, bothHandlers, "handlers.");
  checkEnd(protocol, options.server ?? {}, serverOptions, "server.");
  const server = new LiveServer(protocol, { ...options.server, clock }, handlers.server, {
    listen: (accept) => network.listen(accept),
    handlerFailed: network.handlerFailed,
    warn: printWarning,
  });
  const connect: InMemory<P, Context>["connect"] = async (clientHandlers, ofClient = {}) => {
    const site = new Error();
    checkEnd(protocol, ofClient, clientOptions, "client.");
    const client = new LiveClient(protocol, [TARGET], { ...ofClient, clock }, clientHandlers, {
      dial: async (_, user) => network.dial(user),
      handlerFailed: network.handlerFailed,
      warn: printWarning,
    });
    await client.start(site);
    clients.push(client);
    return client;
  };
  const clients: ClientOf<P>[] = [];
  const client = await connect(handlers.client, options.client);
  await network.settle();
  return {
    server,
    client,
    clock,
    connect,
    settle: () => network.settle(),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((each) => each.close()));
      await server.drain();
      await network.settle();
    },
  };
}

const bothOptions = { server: aPlainObject, client: aPlainObject };
const bothHandlers = bothOptions;

/** What errors call the server's address. */
const TARGET = { hostname: "memory", port: 1 };

/** Carries bytes between the ends as soon as they are written, and never within the call that writes them. */
class MemoryNetwork {
  readonly clock = new NetworkClock(() => this.#onActivity());
  readonly #pairs: MemoryPair[] = [];
  readonly #failures: Error[] = [];
  #accept: Accept | undefined;
  #dialled = 0;
  #hasActivity = false;
  #carrying: Promise<void> | undefined;

  readonly handlerFailed = (_: unknown, handlerName: string, error: unknown): void => {
    const wrapped = (): Error => new Error(`Handler ${handlerName} failed`, { cause: error });
    this.#failures.push(error instanceof Error ? error : wrapped());
  };

  listen(accept: Accept): Listening {
    this.#accept = accept;
    return {
      address: "memory:1",
      ...TARGET,
      stop: () => {
        this.#accept = undefined;
      },
    };
  }

  dial(client: SocketUser): void {
    this.#dialled += 1;
    const server = this.#accept?.({
      name: `memory:${this.#dialled}`,
      ipAddress: undefined,
      isBeyondLimit: false,
      cut: () => pair.right.terminate(),
    });
    if (server === undefined) {
      throw new TypewireError("connect-failed", "Cannot connect to memory:1: connection refused");
    }
    const pair = new MemoryPair(client, server, { onActivity: this.#onActivity });
    this.#pairs.push(pair);
    this.#onActivity();
  }

  async settle(): Promise<void> {
    do {
      await this.#carrying;
      // Work that a connection has left for the next turn is a timer of no delay.
      this.clock.advance(0);
      await nextTurn();
    } while (this.#carrying !== undefined);
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  readonly #onActivity = (): void => {
    this.#hasActivity = true;
    this.#carrying ??= this.#carry();
  };

  async #carry(): Promise<void> {
    while (this.#hasActivity) {
      this.#hasActivity = false;
      await Promise.all(this.#pairs.map((pair) => pair.settle()));
      // Work that a connection has left for the next turn is a timer of no delay.
      this.clock.advance(0);
      await nextTurn();
    }
    this.#carrying = undefined;
  }
}

/** Time that stands still, but for what is to be done in the next turn of the event loop, a slice of a stream: that is as soon as bytes. */
class NetworkClock extends FakeClock {
  readonly #onWork: () => void;

  constructor(onWork: () => void) {
    super();
    this.#onWork = onWork;
  }

  override after(delayMs: number, callback: () => void): () => void {
    const cancel = super.after(delayMs, callback);
    if (delayMs <= 0) this.#onWork();
    return cancel;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
