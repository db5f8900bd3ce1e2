// A peer over real TCP that does exactly what the test says: any bytes, whole frames or halves of them,
// a half-close, a reset, silence. It collects the frames that come. It shares no code with the connection
// but the frame reader, so that it can be as wrong as it likes.

import { encodeHeader } from "@typewire/protocol";

import { Arrivals } from "./arrivals.ts";
import { type Cutter, whole } from "./cutters.ts";
import { within } from "./deadline.ts";
import { FrameCollector } from "./frame-collector.ts";
import { concatenate } from "./memory-socket.ts";

/** Where the other end listens. */
export type Address =
  { readonly hostname?: string; readonly port: number } | { readonly unix: string };

/** How the other end closed: in order, or with a reset. */
export type PeerEnd = "end" | "reset";

/** A larger frame is a mistake of the test's. */
const MAX_FRAME_BYTES = 128 * 1024 * 1024;

/** One hostile, or merely scripted, end of a connection. */
export class ScriptedPeer implements Disposable {
  /** How a server under test names this connection: the address that it comes from. */
  readonly name: string;
  /** Payloads of all frames so far. */
  readonly payloads: Uint8Array[];
  /** Bytes received so far, whatever they were. */
  receivedBytes = 0;
  readonly #socket: Bun.Socket<ScriptedPeer>;
  readonly #collector = new FrameCollector({ maxFrameBytes: MAX_FRAME_BYTES });
  readonly #arrivals = new Arrivals<Uint8Array>();
  readonly #drains = new Arrivals<true>();
  readonly #ended = Promise.withResolvers<PeerEnd>();
  #listener: ((chunk: Uint8Array) => void) | undefined;

  constructor(socket: Bun.Socket<ScriptedPeer>) {
    this.#socket = socket;
    // Known only while the socket is open.
    this.name = `127.0.0.1:${socket.localPort}`;
    this.payloads = this.#collector.payloads;
  }

  /** Connects to a server under test. */
  static async connect(address: Address): Promise<ScriptedPeer> {
    const opened = Promise.withResolvers<ScriptedPeer>();
    const socket = peerHandlers(opened.resolve);
    const options = { allowHalfOpen: true, data: undefined, socket };
    await ("unix" in address
      ? Bun.connect({ unix: address.unix, ...options })
      : Bun.connect({ hostname: "127.0.0.1", ...address, ...options }));
    return opened.promise;
  }

  /** Connects to a server under test, and speaks TLS with it. Rejects where the handshake fails. */
  static async connectSecured(
    port: number,
    tls: Bun.TLSOptions & { readonly ca: string },
  ): Promise<ScriptedPeer> {
    const opened = Promise.withResolvers<ScriptedPeer>();
    let peer: ScriptedPeer | undefined;
    const handlers = peerHandlers((made) => {
      peer = made;
    });
    const socket: typeof handlers = {
      ...handlers,
      handshake(_socket, isComplete, error) {
        if (isComplete && peer !== undefined) opened.resolve(peer);
        else opened.reject(error ?? new Error("The TLS handshake failed"));
      },
      // What TLS reports after the handshake, as an alert, is followed by the close.
      error() {},
    };
    await Bun.connect({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      data: undefined,
      tls: { rejectUnauthorized: true, ...tls },
      socket,
    });
    return opened.promise;
  }

  /** Hands every chunk from now on to `listener`, and collects no more frames: for bytes that are none. */
  listen(listener: (chunk: Uint8Array) => void): void {
    this.#listener = listener;
  }

  /** Sends bytes, cut as asked. True when the kernel has taken all; false when the socket closed before. */
  async send(bytes: Uint8Array | string, cut: Cutter = whole): Promise<boolean> {
    const all = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    for (let chunk of cut(all)) {
      while (chunk.length > 0) {
        const takenBytes = this.#socket.write(chunk);
        if (takenBytes < 0) return false;
        chunk = chunk.subarray(takenBytes);
        if (chunk.length > 0 && (await this.#drains.take()) === undefined) return false;
      }
      // Chunks that go out in one turn may arrive as one.
      if (cut !== whole) await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  /** Sends a payload behind its header. */
  sendPayload(payload: Uint8Array, cut: Cutter = whole): Promise<boolean> {
    return this.send(concatenate([encodeHeader(payload.length), payload]), cut);
  }

  /** The next payload not yet taken that `accepts`. */
  async next(accepts: (payload: Uint8Array) => boolean = () => true): Promise<Uint8Array> {
    const awaited = (): string => `no such frame; ${this.payloads.length} frames came`;
    const payload = await within(this.#arrivals.take(accepts), awaited);
    if (payload === undefined) throw new Error(`The connection ended: ${awaited()}`);
    return payload;
  }

  /** How the other end closed, once it has. */
  get ended(): Promise<PeerEnd> {
    return within(this.#ended.promise, () => "the other end has not closed");
  }

  /** Ends our half (FIN); what comes is still collected. */
  shutdown(): void {
    this.#socket.shutdown();
  }

  /** Closes with a reset (RST). */
  reset(): void {
    this.#socket.terminate();
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  [Symbol.dispose](): void {
    this.reset();
  }

  /** For the socket's handlers. */
  received(chunk: Uint8Array): void {
    this.receivedBytes += chunk.length;
    if (this.#listener !== undefined) {
      this.#listener(chunk);
      return;
    }
    const before = this.payloads.length;
    this.#collector.push(chunk);
    for (const payload of this.payloads.slice(before)) this.#arrivals.add(payload);
  }

  /** For the socket's handlers. */
  drained(): void {
    this.#drains.add(true);
  }

  /** For the socket's handlers. */
  finished(how: PeerEnd): void {
    this.#ended.resolve(how);
    this.#arrivals.finish();
    if (how === "reset") this.#drains.finish();
  }
}

/** Listens for clients under test; each becomes a scripted peer. */
export class ScriptedListener implements Disposable {
  /** How many clients have connected so far. */
  dials = 0;
  readonly #accepted = new Arrivals<ScriptedPeer>();
  readonly #listener: Bun.TCPSocketListener<ScriptedPeer | undefined>;

  constructor() {
    this.#listener = Bun.listen<ScriptedPeer | undefined>({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: peerHandlers((peer) => {
        this.dials += 1;
        this.#accepted.add(peer);
      }),
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  /** The next client that connects. */
  async accept(): Promise<ScriptedPeer> {
    const peer = await within(this.#accepted.take(), () => "no client has connected");
    if (peer === undefined) throw new Error("The listener has stopped");
    return peer;
  }

  /** Accepts no more and resets the connections that there are. */
  [Symbol.dispose](): void {
    this.#accepted.finish();
    this.#listener.stop(true);
  }
}

function peerHandlers(
  opened: (peer: ScriptedPeer) => void,
): Bun.SocketHandler<ScriptedPeer | undefined> {
  return {
    open(socket) {
      const peer = new ScriptedPeer(socket as Bun.Socket<ScriptedPeer>);
      socket.data = peer;
      opened(peer);
    },
    data: ({ data }, chunk) => data?.received(chunk),
    drain: ({ data }) => data?.drained(),
    end: ({ data }) => data?.finished("end"),
    close({ data }, error) {
      data?.finished(error === undefined ? "end" : "reset");
    },
    // Rejects what `connect` awaits; without it Bun reports a refused connection as unhandled.
    connectError() {},
  };
}
