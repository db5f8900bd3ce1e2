// One live connection: the states it goes through, what it does with each message that comes, and why it
// ended. The same class for both ends; only `endpoint.role` differs. It owns no socket: whoever does calls
// `opened`, `receive`, `drained`, `peerEnded` and `disconnected`, and dials, accepts or reconnects.
// Received bytes are only looked at until `receive` returns; a `SocketWriter` keeps the sent ones.

import {
  type AnyMessage,
  type Bye,
  type ControlMessage,
  HEADER_BYTES,
  type Hello,
  TypewireError,
} from "@typewire/protocol";

import type { ByteSocket } from "./byte-socket.ts";
import {
  type CloseCode,
  closedInOrder,
  type CloseReason,
  connectionClosed,
  failedInternally,
  isConnectionClosed,
  peerEndedItsHalf,
  socketLost,
} from "./close-reason.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Handler, isThenable } from "./handlers.ts";
import type { Observer } from "./observer.ts";
import { answer, handle, heard, leave, Receiver, type ReceiverOwner } from "./receiver.ts";
import { SocketWriter, type SocketWriterOwner, writerClosed } from "./socket-writer.ts";
import { oneLine } from "./text.ts";

/**
 * - `connecting`: no socket yet; for a client, also until the server's first valid message.
 * - `open`: messages go both ways.
 * - `draining`: the reason of the end is known; what was sent still leaves, what arrives is discarded.
 * - `closed`: the socket is gone.
 */
export type ConnectionState = "connecting" | "open" | "draining" | "closed";

/** What `close` says to the peer. */
export interface Farewell {
  readonly reason?: string;
  /** When to come back, in milliseconds. */
  readonly retryAfterMs?: number;
}

const STATE_ORDER = { connecting: 0, open: 1, draining: 2, closed: 3 } as const;

/**
 * One live pair of ends. `Outgoing` are the messages that this side sends, `Incoming` those it receives.
 *
 * | in          | when                                     | then     | and                              |
 * | ----------- | ---------------------------------------- | -------- | -------------------------------- |
 * | connecting  | opened, as a server                      | open     | $hello, `open` handler           |
 * | connecting  | opened, as a client                      |          | $hello                           |
 * | connecting  | the first valid message                  | open     | `open` handler, then the message |
 * | these two   | close()                                  | draining | $bye                             |
 * | these two   | bytes or messages that cannot be         | draining | $error                           |
 * |             | tolerated, or a handler that fails       |          |                                  |
 * | these two   | the peer's FIN, $bye or fatal $error     | draining | handlers under way may answer    |
 * | draining    | all has left, and the peer has ended too | closed   |                                  |
 * | any         | destroy(), a peer too slow               | closed   |                                  |
 * | any         | the socket is gone                       | closed   |                                  |
 */
export class Connection<Outgoing extends AnyMessage, Incoming extends AnyMessage>
  implements ReceiverOwner<Incoming>, SocketWriterOwner
{
  /** Who the peer is, for a log: `127.0.0.1:55783`, `unix:3`. */
  readonly name: string;

  readonly #endpoint: Endpoint<Outgoing, Incoming>;
  readonly #observer: Observer<Outgoing, Incoming> | undefined;
  readonly #receiver: Receiver<Incoming>;
  readonly #writer: SocketWriter;

  #state: ConnectionState = "connecting";
  #closeReason: CloseReason | undefined;
  #wasOpen = false;
  #handlersInFlight = 0;
  /** Made when somebody asks for it. */
  #closed: PromiseWithResolvers<CloseReason> | undefined;

  constructor(
    endpoint: Endpoint<Outgoing, Incoming>,
    options: {
      readonly name: string;
      readonly observer?: Observer<Outgoing, Incoming> | undefined;
    },
  ) {
    this.name = options.name;
    this.#endpoint = endpoint;
    this.#observer = options.observer;
    this.#receiver = new Receiver(endpoint, options.observer, this);
    this.#writer = new SocketWriter(endpoint, this);
    this.#writer.appendFrame(endpoint.helloFrame);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why the connection ends or has ended; undefined until something ends it. */
  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  /** Resolves with the reason once the state is `closed`; never rejects. */
  get closed(): Promise<CloseReason> {
    this.#closed ??= Promise.withResolvers();
    if (this.#state === "closed" && this.#closeReason !== undefined) {
      this.#closed.resolve(this.#closeReason);
    }
    return this.#closed.promise;
  }

  /** What the peer said in `$hello`; undefined before, and for a peer that says none. */
  get peer(): Hello | undefined {
    return this.#receiver.peer;
  }

  /** Bytes sent that the socket has not taken yet. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /**
   * Queues a message; all that one turn of the event loop sends is written together at its end. False
   * means that the message was taken, but that the queue is above the soft limit: await `ready`.
   *
   * @throws TypewireError `schema-mismatch` or `unknown-type` where it is not a message of this side,
   * `frame-too-large` where the peer does not accept its size, `connection-closed` after the end. The
   * connection goes on as if nothing had been sent.
   */
  send(message: Outgoing): boolean {
    this.#requireSending("send");
    refuseControlMessage(message);
    const writer = this.#writer;
    const queuedBefore = writer.queuedBytes;
    const { bytes, length } = writer.append(
      this.#endpoint.outgoing,
      message,
      this.peer?.maxFrameBytes,
    );
    const frameBytes = writer.queuedBytes - queuedBefore;
    this.#observer?.sent?.(message, bytes, length - frameBytes, length);
    return writer.commit();
  }

  /**
   * Queues a frame made by `encodeFrame`, which many connections may share: nobody changes it, and a large
   * one is not copied. `message` is what it says, for the observer. Returns and throws as `send`.
   */
  sendFrame(frame: Uint8Array, message?: Outgoing): boolean {
    this.#requireSending("send");
    const payloadBytes = frame.length - HEADER_BYTES;
    const limit = this.peer?.maxFrameBytes ?? payloadBytes;
    if (payloadBytes > limit) {
      throw new TypewireError(
        "frame-too-large",
        `Cannot send: the message takes ${payloadBytes} bytes, the peer accepts ${limit}`,
      );
    }
    this.#writer.appendFrame(frame);
    if (message !== undefined) this.#observer?.sent?.(message, frame, 0, frame.length);
    return this.#writer.commit();
  }

  /** Resolves when the queue is at most at the soft limit; rejects with `connection-closed` after the end. */
  ready(): Promise<void> {
    if (this.#maySend) return this.#writer.ready();
    const rejected = Promise.reject(this.#closedError("wait for room"));
    // As for any promise of `ready`: unhandled, it must not end the process.
    rejected.catch(() => {});
    return rejected;
  }

  /**
   * Ends in order: says `$bye`, and everything that was sent still leaves. Nothing more is received.
   * Harmless when the end has begun before. Resolves as `closed` does.
   *
   * @throws TypewireError `option-invalid` where `retryAfterMs` is not a whole number from 0.
   */
  close({ reason = "done", retryAfterMs }: Farewell = {}): Promise<CloseReason> {
    const bye: Bye = { type: "$bye", reason: oneLine(reason) };
    if (retryAfterMs !== undefined) {
      if (!Number.isSafeInteger(retryAfterMs) || retryAfterMs < 0) {
        const message = `retryAfterMs: expected a whole number from 0, got ${retryAfterMs}`;
        throw new TypewireError("option-invalid", message);
      }
      bye.retryAfterMs = retryAfterMs;
    }
    this[leave](closedInOrder(bye.reason), bye);
    return this.closed;
  }

  /** Ends at once: drops what has not left and resets the socket. */
  destroy(code: CloseCode = "done", message = "This side cut the connection"): void {
    this.#writer.destroy({ code, message, origin: "local" });
  }

  /** For the owner: a socket for this connection is open. */
  opened(socket: ByteSocket): void {
    if (this.#state === "closed") {
      // Closed while it was being dialled.
      socket.terminate();
      return;
    }
    this.#writer.attach(socket);
    if (this.#endpoint.role === "server") this.#open();
  }

  /** For the owner: these bytes came. They may be reused once this returns. */
  receive(chunk: Uint8Array): void {
    if (!this.#isEnding) this.#receiver.push(chunk);
  }

  /** For the owner: the socket takes bytes again. */
  drained(): void {
    this.#writer.drained();
  }

  /** For the owner: the peer has ended its half. */
  peerEnded(): void {
    this.#writer.peerEnded();
    if (!this.#isEnding) this.#receiver.end();
  }

  /** For the owner: the socket has closed, with the error that closed it if there was one. */
  disconnected(error?: unknown): void {
    if (error === undefined) this.peerEnded();
    this.#writer.detach(error === undefined ? peerEndedItsHalf : socketLost(error));
  }

  [heard](): boolean {
    if (this.#state === "connecting") this.#open();
    return this.#state === "open";
  }

  [handle](message: Incoming): void {
    const handler = this.#endpoint.handlers.messages.get(message.type);
    if (handler !== undefined) this.#call(handler, message.type, message);
  }

  [answer](message: ControlMessage): void {
    this.#writer.append(this.#endpoint.outgoing, message);
    this.#writer.commit();
  }

  /** The end begins. Only the first reason counts. */
  [leave](reason: CloseReason, farewell?: ControlMessage): void {
    if (!this.#enter("draining")) return;
    this.#closeReason = reason;
    this.#receiver.stop();
    if (farewell !== undefined) this.#writer.append(this.#endpoint.outgoing, farewell);
    this.#writer.beginEnd(reason);
    this.#finishIfSaid();
  }

  /** The writer has closed: so has the connection. */
  [writerClosed](reason: CloseReason): void {
    this.#closeReason ??= reason;
    const recorded = this.#closeReason;
    this.#enter("closed");
    this.#receiver.stop();
    this.#endpoint.hooks.closed?.(this, recorded);
    const { close } = this.#endpoint.handlers;
    if (this.#wasOpen && close !== undefined) {
      // Not from within a method that the user is calling.
      queueMicrotask(() => this.#call(close, "close", recorded));
    }
    this.#closed?.resolve(recorded);
  }

  get #isEnding(): boolean {
    return this.#state === "draining" || this.#state === "closed";
  }

  /** Our own end says that nothing follows; after the peer's, handlers under way may still answer. */
  get #maySend(): boolean {
    if (this.#state === "draining") {
      return this.#closeReason?.origin === "peer" && this.#handlersInFlight > 0;
    }
    return this.#state !== "closed";
  }

  #requireSending(doing: string): void {
    if (!this.#maySend) throw this.#closedError(doing);
  }

  #closedError(doing: string): TypewireError {
    return connectionClosed(doing, this.#closeReason ?? peerEndedItsHalf);
  }

  #open(): void {
    this.#enter("open");
    this.#wasOpen = true;
    const { open } = this.#endpoint.handlers;
    if (open !== undefined) this.#call(open, "open", undefined);
  }

  #call<Argument>(handler: Handler<Argument, this>, name: string, argument: Argument): void {
    try {
      const result = handler(argument, this);
      if (isThenable(result)) this.#track(name, result);
    } catch (error) {
      this.#handlerFailed(name, error);
    }
  }

  /** Waits for a handler that returned a promise, in order to hear of its failure and to let it answer. */
  #track(handlerName: string, result: PromiseLike<void>): void {
    this.#handlersInFlight += 1;
    const settled = (): void => {
      this.#handlersInFlight -= 1;
      this.#finishIfSaid();
    };
    result.then(settled, (error: unknown) => {
      this.#handlerFailed(handlerName, error);
      settled();
    });
  }

  #handlerFailed(handlerName: string, error: unknown): void {
    // A late answer to a peer that is gone: the reason of the end has said it all.
    if (this.#isEnding && isConnectionClosed(error)) return;
    this.#endpoint.hooks.handlerFailed?.(this, handlerName, error);
    const { role } = this.#endpoint;
    const { reason, farewell } = failedInternally(role, `handle "${handlerName}"`, error);
    this[leave](reason, farewell);
  }

  #finishIfSaid(): void {
    if (this.#state === "draining" && !this.#maySend) this.#writer.finish();
  }

  /** The only place where the state changes, and only forward. Returns whether it has. */
  #enter(state: ConnectionState): boolean {
    if (STATE_ORDER[state] <= STATE_ORDER[this.#state]) return false;
    this.#state = state;
    return true;
  }
}

/** What the connection says itself is not the user's to say, also where no type check stands before it. */
function refuseControlMessage(message: { readonly type?: unknown } | null | undefined): void {
  const type = message?.type;
  if (typeof type !== "string" || !type.startsWith("$")) return;
  throw new TypewireError("unknown-type", `Cannot send "${oneLine(type)}": names with $ are ours`, {
    path: "/type",
  });
}
