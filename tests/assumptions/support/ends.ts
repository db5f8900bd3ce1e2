// Ends of connections on Bun's own sockets, for the programs that show what we rely on: they keep what has come, and
// promise their events. Every listener binds 127.0.0.1, port 0.

import type { Socket, SocketHandler, TCPSocketListener } from "bun";

export type AnySocket = Socket<unknown>;

/** What a test adds to the handlers that every end has. */
interface Reactions {
  open?: (socket: AnySocket) => void;
  data?: (socket: AnySocket, chunk: Uint8Array) => void;
  drain?: () => void;
  error?: (socket: AnySocket, error: Error) => void;
}

/** Larger than any socket buffer: a single write cannot take it whole. */
export const MORE_THAN_THE_KERNEL_TAKES = 32 * 1024 * 1024;

const cleanups: (() => void)[] = [];

/** `cleanup` closes what a test has opened by itself. */
export function atEnd(cleanup: () => void): void {
  cleanups.push(cleanup);
}

/** Closes what a test has opened: for `afterEach`. */
export function closeAll(): void {
  for (const cleanup of cleanups.splice(0)) cleanup();
}

/** One end of a connection: its socket, what it has received, and promises for its events. */
export class End {
  socket!: AnySocket;
  readonly chunks: Uint8Array[] = [];
  readonly opened = Promise.withResolvers<AnySocket>();
  readonly ended = Promise.withResolvers<void>();
  readonly closed = Promise.withResolvers<Error | undefined>();
  drains = 0;
  #received = 0;
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];

  get receivedBytes(): number {
    return this.#received;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  /** Resolves when at least this many bytes have come. */
  received(bytes: number): Promise<void> {
    if (this.#received >= bytes) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ bytes, resolve });
    return promise;
  }

  handlers(reactions: Reactions = {}): SocketHandler {
    return {
      open: (socket) => {
        this.socket = socket;
        reactions.open?.(socket);
        this.opened.resolve(socket);
      },
      data: (socket, chunk) => {
        this.chunks.push(chunk);
        this.#received += chunk.byteLength;
        for (const { bytes, resolve } of this.#waiting) if (this.#received >= bytes) resolve();
        reactions.data?.(socket, chunk);
      },
      drain: () => {
        this.drains += 1;
        reactions.drain?.();
      },
      end: () => this.ended.resolve(),
      close: (_socket, error) => this.closed.resolve(error),
      error: (socket, error) => {
        if (reactions.error === undefined) throw error;
        reactions.error(socket, error);
      },
    };
  }
}

export function listen(socket: SocketHandler, options: { allowHalfOpen?: boolean } = {}) {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, ...options, socket });
  atEnd(() => listener.stop(true));
  return listener;
}

export async function dial(listener: TCPSocketListener, end: End, reactions: Reactions = {}) {
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: listener.port,
    allowHalfOpen: true,
    socket: end.handlers(reactions),
  });
  atEnd(() => socket.terminate());
  return socket;
}

interface PairOptions {
  server?: Reactions;
  client?: Reactions;
  serverAllowsHalfOpen?: boolean;
}

/** Both ends of one loopback connection. */
export async function connectPair(
  options: PairOptions = {},
): Promise<{ server: End; client: End }> {
  const server = new End();
  const client = new End();
  const allowHalfOpen = options.serverAllowsHalfOpen ?? true;
  const listener = listen(server.handlers(options.server), { allowHalfOpen });
  await dial(listener, client, options.client);
  await server.opened.promise;
  return { server, client };
}

/** A round trip on a connection of its own: what was ready before it has been delivered after it. */
export async function roundTrip(): Promise<void> {
  const { server, client } = await connectPair();
  for (let i = 1; i <= 3; i += 1) {
    client.socket.write("?");
    await server.received(i);
    server.socket.write("!");
    await client.received(i);
  }
}
