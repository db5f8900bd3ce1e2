// One live connection: the states it goes through, what it does with each message that comes, and why it
// ended. The same class for both ends; only `endpoint.role` differs. It owns no socket: whoever does calls
// `opened`, `receive`, `drained`, `peerEnded` and `disconnected`, and dials, accepts or reconnects. An
// `Inflow` keeps what came and waits for its turn, a `SocketWriter` what was sent and waits for the socket.

import {
  type AnyMessage,
  type Bye,
  type ControlMessage,
  HEADER_BYTES,
  type Hello,
  TypewireError,
} from "@typewire/protocol";

import { Authentication } from "./authentication.ts";
import type { ByteSocket, SocketUser } from "./byte-socket.ts";
import {
  type CloseCode,
  closedInOrder,
  type CloseReason,
  connectionClosed,
  failedInternally,
  isConnectionClosed,
  largestConsumer,
  peerEndedItsHalf,
  socketLost,
} from "./close-reason.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Farewell, toBye } from "./farewell.ts";
import {
  HandlerCalls,
  type HandlerCallsOwner,
  handlerFailed,
  handlerSettled,
} from "./handler-calls.ts";
import { HOLD } from "./inflow.ts";
import { cutLargest, heldBytes, type Holder, memoryBytes } from "./memory-budget.ts";
import { GuardedObserver, type Observer } from "./observer.ts";
import type { UnsentRun } from "./output-queue.ts";
import {
  answer,
  cut,
  handle,
  heard,
  leave,
  ping,
  Receiver,
  type ReceiverOwner,
} from "./receiver.ts";
import {
  queueIsLong,
  SocketWriter,
  type SocketWriterOwner,
  writerClosed,
} from "./socket-writer.ts";
import type { ConnectionStats } from "./stats.ts";
import { check, type Sweepable } from "./sweep.ts";
import { oneLine } from "./text.ts";
import { reportUndelivered } from "./undelivered.ts";

/**
 * - `connecting`: no socket yet; for a client, also until the server's first valid message.
 * - `open`: messages go both ways.
 * - `draining`: the reason of the end is known; what was sent still leaves, what arrives is discarded.
 * - `closed`: the socket is gone.
 */
export type ConnectionState = "connecting" | "open" | "draining" | "closed";

const DOLLAR = 0x24;

const STATE_ORDER = { connecting: 0, open: 1, draining: 2, closed: 3 } as const;

/**
 * One live pair of ends. `Outgoing` are the messages that this side sends, `Incoming` those it receives.
 *
 * | in          | when                                     | then     | and                              |
 * | ----------- | ---------------------------------------- | -------- | -------------------------------- |
 * | connecting  | opened, as a server                      | open     | $hello, `open` handler           |
 * | connecting  | opened, as a client                      |          | $hello                           |
 * | connecting  | opened, with a secret                    |          | $hello, later $proof             |
 * | connecting  | the peer has proved the secret           | open     | `open` handler                   |
 * | connecting  | the first valid message                  | open     | `open` handler, then the message |
 * | these two   | close()                                  | draining | $bye                             |
 * | these two   | bytes or messages that cannot be         | draining | $error                           |
 * |             | tolerated, or a handler that fails       |          |                                  |
 * | these two   | the peer's FIN, $bye or fatal $error     | draining | handlers under way may answer    |
 * | draining    | all has left, and the peer has ended too | closed   |                                  |
 * | any         | destroy(), a peer too slow or silent     | closed   |                                  |
 * | any         | the socket is gone                       | closed   |                                  |
 */
export class Connection<Outgoing extends AnyMessage, Incoming extends AnyMessage>
  implements
    SocketUser,
    ReceiverOwner<Incoming>,
    SocketWriterOwner,
    HandlerCallsOwner,
    Sweepable,
    Holder
{
  /** Who the peer is, for a log: `127.0.0.1:55783`, `unix:3`. */
  readonly name: string;

  readonly #endpoint: Endpoint<Outgoing, Incoming>;
  readonly #observer: GuardedObserver<Outgoing, Incoming> | undefined;
  readonly #receiver: Receiver<Incoming>;
  readonly #writer: SocketWriter;
  readonly #handlers: HandlerCalls<this>;

  #state: ConnectionState = "connecting";
  #closeReason: CloseReason | undefined;
  #wasOpen = false;
  #messagesSent = 0;
  /** What to say once no handler is under way any more. */
  #byeAfterHandlers: Bye | undefined;
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
    const { observer } = options;
    this.#observer =
      observer &&
      new GuardedObserver(observer, (name, error) => {
        endpoint.hooks.handlerFailed?.(this, name, error);
      });
    const { secret } = endpoint;
    const authentication = secret && new Authentication(endpoint, secret);
    this.#receiver = new Receiver(endpoint, this.#observer, this, authentication);
    this.#writer = new SocketWriter(endpoint, this);
    this.#handlers = new HandlerCalls(this, endpoint.limits, this.#receiver.inflow);
    this.#writer.appendFrame(authentication?.helloFrame ?? endpoint.helloFrame);
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

  /** Whether messages could ever go both ways: false for a peer that never proved who it is. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /** What the peer said in `$hello`; undefined before, and for a peer that says none. */
  get peer(): Hello | undefined {
    return this.#receiver.peer;
  }

  /** Bytes sent that the socket has not taken yet. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /** What it has done so far, in numbers. */
  get stats(): ConnectionStats {
    const { inflow, messagesReceived } = this.#receiver;
    return {
      messagesReceived,
      messagesSent: this.#messagesSent,
      bytesReceived: inflow.bytesReceived,
      bytesSent: this.#writer.sentBytes,
      bufferedBytes: this[heldBytes],
      handlersInFlight: this.#handlers.inFlight,
    };
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
    if (this.#state !== "open") this.#requireSending("send");
    refuseControlMessage(message);
    const writer = this.#writer;
    const queuedBefore = writer.queuedBytes;
    const limit = this.#receiver.peer?.maxFrameBytes;
    const { bytes, length } = writer.append(this.#endpoint.outgoing, message, limit);
    this.#messagesSent += 1;
    if (this.#observer !== undefined) {
      const frameBytes = writer.queuedBytes - queuedBefore;
      this.#observer.sent(message, bytes, length - frameBytes, length);
    }
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
    this.#messagesSent += 1;
    if (message !== undefined) this.#observer?.sent(message, frame, 0, frame.length);
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
   * @throws TypewireError `option-invalid` where `retryAfterMs` is no duration, or not whole.
   */
  close(farewell: Farewell = {}): Promise<CloseReason> {
    const bye = toBye(farewell);
    if (farewell.afterHandlers === true && this.#handlers.inFlight > 0 && !this.#isEnding) {
      this.#byeAfterHandlers ??= bye;
      this.#receiver.inflow.hold(HOLD.ending);
    } else {
      this[leave](closedInOrder(bye.reason), bye);
    }
    return this.closed;
  }

  /**
   * Hands nothing more to handlers and stops reading, so that the peer feels it, until `resume`. For a
   * user slower than the peer. Meanwhile this side does not hear that the peer has ended.
   */
  pause(): void {
    this.#receiver.inflow.hold(HOLD.user);
  }

  /** Goes on where `pause` has stopped. */
  resume(): void {
    this.#receiver.inflow.release(HOLD.user);
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
    const { sweep, tally, role } = this.#endpoint;
    sweep.add(this);
    tally.open();
    this.#writer.attach(socket);
    this.#receiver.attach(socket, sweep.now());
    if (role === "server" && !this.#receiver.isAuthenticating) this.#open();
  }

  /** For the owner: these bytes came. They are the connection's from now on: those that wait are not copied. */
  receive(chunk: Uint8Array): void {
    if (!this.#isEnding) this.#receiver.inflow.push(chunk);
  }

  /** For the owner: the socket takes bytes again. */
  drained(): void {
    this.#writer.drained();
  }

  /** For the owner: the peer has ended its half. */
  peerEnded(): void {
    this.#writer.peerEnded();
    if (!this.#isEnding) this.#receiver.inflow.end();
  }

  /** For the owner: the socket has closed, with the error that closed it if there was one. */
  disconnected(error?: unknown): void {
    if (error === undefined) {
      this.#receiver.inflow.flush();
      this.peerEnded();
    }
    this.#writer.detach(error === undefined ? peerEndedItsHalf : socketLost(error));
  }

  [heard](): boolean {
    if (this.#state === "open") return true;
    return this.#state === "connecting" && this.#open();
  }

  [handle](message: Incoming): void {
    const handler = this.#endpoint.handlers.messages.get(message.type);
    if (handler !== undefined) this.#handlers.call(handler, message.type, message);
  }

  [handlerFailed](handlerName: string, error: unknown): void {
    // A late answer to a peer that is gone: the reason of the end has said it all.
    if (this.#isEnding && isConnectionClosed(error)) return;
    this.#endpoint.hooks.handlerFailed?.(this, handlerName, error);
    const { role } = this.#endpoint;
    const { reason, farewell } = failedInternally(role, `handle "${handlerName}"`, error);
    this[leave](reason, farewell);
  }

  [handlerSettled](): void {
    if (this.#handlers.inFlight === 0) this.#sayByeAfterHandlers();
    this.#finishIfSaid();
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
    // A getter of a message that is being sent has closed the connection: it ends without a word.
    if (farewell !== undefined && !this.#writer.isEncoding) {
      this.#writer.append(this.#endpoint.outgoing, farewell);
    }
    this.#writer.beginEnd(reason);
    this.#finishIfSaid();
  }

  [cut](reason: CloseReason): void {
    this.#writer.destroy(reason);
  }

  [ping](): void {
    this.#writer.appendFrame(this.#endpoint.pingFrame);
    this.#writer.commit();
  }

  [check](nowMs: number): void {
    this.#writer.check(nowMs);
    if (!this.#isEnding) this.#receiver.check(nowMs);
    if (!this.#isEnding) this.#checkHandlers(nowMs);
  }

  get [heldBytes](): number {
    return this.#writer.queuedBytes + this.#receiver.inflow.bufferedBytes;
  }

  [memoryBytes](shared: Set<Uint8Array>): number {
    return this.#writer.memoryBytes(shared) + this.#receiver.inflow.bufferedBytes;
  }

  [cutLargest](limitBytes: number): void {
    this.#writer.destroy(largestConsumer(this[heldBytes], limitBytes));
  }

  /** A client that asks and does not read is not read either. If a client did the same, the two could wait for each other. */
  [queueIsLong](isLong: boolean): void {
    if (this.#endpoint.role !== "server") return;
    const { inflow } = this.#receiver;
    if (isLong) inflow.hold(HOLD.output);
    else inflow.release(HOLD.output);
  }

  /** The writer has closed: so has the connection. */
  [writerClosed](reason: CloseReason, unsent: () => Iterable<UnsentRun>): void {
    this.#closeReason ??= reason;
    const recorded = this.#closeReason;
    const left = this.stats;
    this.#enter("closed");
    this.#receiver.inflow.detach();
    this.#receiver.stop();
    const undelivered =
      this.queuedBytes === 0 ? 0 : reportUndelivered(this, this.#endpoint, unsent);
    const { sweep, tally } = this.#endpoint;
    if (sweep.delete(this)) tally.close(recorded.code, left, undelivered);
    this.#endpoint.hooks.closed?.(this, recorded);
    const { close } = this.#endpoint.handlers;
    if (this.#wasOpen && close !== undefined) {
      // Not from within a method that the user is calling.
      queueMicrotask(() => this.#handlers.call(close, "close", recorded));
    }
    this.#closed?.resolve(recorded);
  }

  get #isEnding(): boolean {
    return this.#state === "draining" || this.#state === "closed";
  }

  /** Our own end says that nothing follows; after the peer's, handlers under way may still answer. */
  get #maySend(): boolean {
    if (this.#state === "draining") {
      return this.#closeReason?.origin === "peer" && this.#handlers.inFlight > 0;
    }
    return this.#state !== "closed";
  }

  #requireSending(doing: string): void {
    if (!this.#maySend) throw this.#closedError(doing);
    if (this.#state === "connecting" && this.#receiver.isAuthenticating) {
      const message = `Cannot ${doing}: the peer has not proved the shared secret yet`;
      throw new TypewireError("auth-required", message);
    }
  }

  #closedError(doing: string): TypewireError {
    return connectionClosed(doing, this.#closeReason ?? peerEndedItsHalf);
  }

  /** Returns whether it is still open after the `open` handler. */
  #open(): boolean {
    this.#enter("open");
    this.#wasOpen = true;
    const { open } = this.#endpoint.handlers;
    if (open !== undefined) this.#handlers.call(open, "open", undefined);
    return !this.#isEnding;
  }

  #sayByeAfterHandlers(): void {
    const bye = this.#byeAfterHandlers;
    if (bye !== undefined) this[leave](closedInOrder(bye.reason), bye);
  }

  /** Handlers that never settle must not hold what waits for them for ever. */
  #checkHandlers(nowMs: number): void {
    if (!this.#handlers.areStuck(nowMs)) return;
    this.#sayByeAfterHandlers();
    const { limits, role } = this.#endpoint;
    const { reason, farewell } = failedInternally(
      role,
      "handle messages",
      `none of ${this.#handlers.inFlight} handlers under way has ended for ${limits.handlersStallMs} ms`,
    );
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
  if (typeof type !== "string" || type.charCodeAt(0) !== DOLLAR) return;
  throw new TypewireError("unknown-type", `Cannot send "${oneLine(type)}": names with $ are ours`, {
    path: "/type",
  });
}
