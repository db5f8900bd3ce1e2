// The machine behind the face of a connection: its states, what it does with each message that comes, and
// why it ended. The same class for both ends; only `endpoint.role` differs. The owner of the socket passes
// its events on, and dials, accepts or comes back. An `Inflow` owns received bytes until they are handed
// out, a `SocketWriter` sent ones until the socket has taken them.

import {
  type AnyMessage,
  type Bye,
  type Call,
  type Drain,
  type Hello,
  type OpenCalls,
  TypewireError,
} from "@typewire/protocol";
import { beginAt } from "@typewire/protocol/internal";

import { AwaitedEnd } from "./awaited-end.ts";
import type { ByteSocket, SocketUser } from "./byte-socket.ts";
import type { Calls } from "./calls/calls.ts";
import type { LinkedConnection } from "./calls/connection-link.ts";
import {
  type CloseCode,
  closedInOrder,
  type CloseOptions,
  type CloseReason,
  connectionClosed,
  failedInternally,
  isConnectionClosed,
  largestConsumer,
  type OwnControlMessage,
  peerEndedItsHalf,
  peerSaidBye,
  socketLost,
  toBye,
  toLastError,
} from "./close-reason.ts";
import type { Connection, ConnectionState } from "./connection.ts";
import type { Endpoint, Member } from "./endpoint.ts";
import { type EntranceParts, letIn, show } from "./entrance.ts";
import { AUTHENTICATE_ID } from "./handshake/authentication.ts";
import { Handshake } from "./handshake/handshake.ts";
import { MOST_REST_MS } from "./receiving/audience.ts";
import { inflowFrom } from "./receiving/greeting.ts";
import { HandlerRuns, type HandlerRunsOwner } from "./receiving/handler-runs.ts";
import { HOLD, type Inflow } from "./receiving/inflow.ts";
import { Receiver } from "./receiving/receiver.ts";
import type { ReceiverOwner } from "./receiving/receiver-owner.ts";
import { hearSlowReader } from "./receiving/slow-reader.ts";
import type { Run } from "./sending/run.ts";
import type { UnsentRun } from "./sending/segment.ts";
import { Sender } from "./sending/sender.ts";
import { SocketWriter, type SocketWriterOwner } from "./sending/socket-writer.ts";
import { type ConnectionStats, noStats, type StatsSum } from "./stats.ts";
import { waitFor, type WaitOptions } from "./time/waiting.ts";

/** When calls are asked to end that a close waits for: half of the time that a drain has by default. */
const DRAIN_HALF_TIME_MS = 5_000;

const STATE_ORDER = { connecting: 0, open: 1, draining: 2, closed: 3 } as const;

/**
 * One live pair of ends. `Outgoing` are the messages that this side sends, `Incoming` those it receives.
 *
 * | in          | when                                     | then     | and                              |
 * | ----------- | ---------------------------------------- | -------- | -------------------------------- |
 * | connecting  | opened, as a server                      | open     | $hello, `onOpen`                 |
 * | connecting  | opened, as a client                      |          | $hello                           |
 * | connecting  | opened, with a secret                    |          | $hello, later $proof             |
 * | connecting  | the peer has proved the secret           | open     | `onOpen`                         |
 * | connecting  | the first valid message                  | open     | `onOpen`, then the message       |
 * | these two   | close()                                  | draining | $bye                             |
 * | these two   | bytes or messages that cannot be         | draining | $error                           |
 * |             | tolerated, or a handler that fails       |          |                                  |
 * | these two   | the peer's FIN, $bye or fatal $error     | draining | handlers under way may answer    |
 * | draining    | all has left, and the peer has ended too | closed   |                                  |
 * | any         | destroy(), a peer too slow or silent     | closed   |                                  |
 * | any         | the socket is gone                       | closed   |                                  |
 */
export class LiveConnection<Outgoing extends AnyMessage, Incoming extends AnyMessage>
  implements
    Connection<Outgoing>,
    SocketUser,
    ReceiverOwner<Incoming>,
    SocketWriterOwner,
    HandlerRunsOwner,
    Member
{
  readonly name: string;

  readonly #endpoint: Endpoint<Outgoing, Incoming>;
  readonly #handshake: Handshake;
  readonly #inflow: Inflow;
  readonly #receiver: Receiver<Outgoing, Incoming>;
  readonly #sender: Sender<Outgoing>;
  readonly #writer: SocketWriter;
  readonly #handlers: HandlerRuns<Connection<Outgoing>>;

  #state: ConnectionState = "connecting";
  #closeReason: CloseReason | undefined;
  #wasOpen = false;
  /** What had come from the peer when the sweep looked last. */
  #heardBytes = 0;
  /** The end that waits until no handler is under way any more. */
  #awaitedEnd: AwaitedEnd | undefined;
  /** For calls of `ready` before the peer has proved the secret. */
  #proof: PromiseWithResolvers<void> | undefined;
  /** Made for the first message of one. */
  #calls: Calls | undefined;
  /** Made when a program asks for it. */
  #closed: PromiseWithResolvers<CloseReason> | undefined;

  constructor(endpoint: Endpoint<Outgoing, Incoming>, name: string) {
    this.name = name;
    this.#endpoint = endpoint;
    this.#handshake = new Handshake(endpoint);
    this.#receiver = new Receiver(endpoint, this.#handshake, this);
    this.#inflow = inflowFrom(endpoint, this.#receiver, this.#handshake);
    this.#writer = new SocketWriter(endpoint, this);
    this.#sender = new Sender(endpoint, this.#handshake, this.#writer, this);
    this.#handlers = new HandlerRuns<Connection<Outgoing>>(this, endpoint, this.#inflow);
    this.#writer.queue.appendFrame(this.#handshake.helloFrame);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  get closed(): Promise<CloseReason> {
    this.#closed ??= Promise.withResolvers();
    if (this.#state === "closed" && this.#closeReason !== undefined) {
      this.#closed.resolve(this.#closeReason);
    }
    return this.#closed.promise;
  }

  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  get peerHello(): Hello | undefined {
    return this.#handshake.peerHello;
  }

  get queuedBytes(): number {
    return this.#writer.queue.queuedBytes;
  }

  get stats(): ConnectionStats {
    const stats = noStats();
    this.addStatsTo(stats);
    return stats;
  }

  addStatsTo(sum: StatsSum): void {
    const { queue } = this.#writer;
    this.#receiver.addStatsTo(sum);
    sum.messagesSent += this.#sender.messagesSent;
    sum.messagesUndelivered += this.#sender.messagesUndelivered;
    sum.bytesReceived += this.#inflow.bytesReceived;
    sum.bytesSent += queue.sentBytes;
    sum.bufferedBytes += queue.queuedBytes + this.#inflow.bufferedBytes;
    sum.messagesUnhandled += this.#handlers.dropped;
    sum.handlersInFlight += this.#handlers.inFlight;
    if (this.#calls === undefined) return;
    sum.bufferedBytes += this.#calls.heldBytes;
    sum.callsInFlight += this.#calls.inFlight;
  }

  /** See `ConnectionStats`. */
  get handlersInFlight(): number {
    return this.#handlers.inFlight;
  }

  send(message: Outgoing): boolean {
    try {
      if (this.#state === "open" || this.#maySend) return this.#sender.send(message);
      return this.#sender.drop(message, () => this.#obstacle("send"));
    } catch (error) {
      // What is wrong with a message is shown at the line that sends it.
      beginAt(error, new Error());
      throw error;
    }
  }

  /**
   * For a broadcast: queues a frame made by `encodeFrame`, which many connections may share. The frame
   * must not change any more; a large one is not copied. `message` is what it says, for the observer.
   * Returns and throws as `send`.
   */
  sendFrame(frame: Uint8Array, message?: Outgoing): boolean {
    if (this.#maySend) return this.#sender.sendFrame(frame, message);
    return this.#sender.dropFrame(frame, () => this.#obstacle("send"));
  }

  /**
   * As `sendFrame`, for frames of messages of this side that many connections share. Those that the peer does not
   * take for their size are undelivered, and the others sent. Returns as `send`, never throws for the peer's limits.
   */
  sendRun(run: Run): boolean {
    if (this.#maySend) return this.#sender.sendRun(run);
    this.#sender.dropRun(run, () => this.#obstacle("send"));
    return false;
  }

  ready(options?: WaitOptions): Promise<void> {
    const hasRoom = this.#hasRoom();
    // A rejection that no program awaits must not end the process.
    hasRoom.catch(() => {});
    return options === undefined
      ? hasRoom
      : waitFor(hasRoom, "room", options, this.#endpoint.clock);
  }

  close(options: CloseOptions = {}): Promise<CloseReason> {
    return this.closeWithin(options, DRAIN_HALF_TIME_MS);
  }

  /** As `close`. With `afterHandlers`, calls that this side answers are asked to end after `halfTimeMs`. */
  closeWithin(options: CloseOptions, halfTimeMs: number): Promise<CloseReason> {
    const bye = toBye(options);
    const reason = closedInOrder(bye.reason);
    if (options.afterHandlers === true) this.#closeAfterWork(bye, reason, halfTimeMs);
    else this.closeWith(reason, bye);
    return this.closed;
  }

  get calls(): Calls | undefined {
    const { calls } = this.#endpoint;
    if (calls === undefined) return undefined;
    this.#calls ??= calls.begin(this.#linked);
    return this.#calls;
  }

  get openCalls(): OpenCalls | undefined {
    return this.#calls?.openCalls;
  }

  pause(): void {
    this.#inflow.hold(HOLD.user);
  }

  resume(): void {
    this.#inflow.release(HOLD.user);
    this.#handlers.resume();
  }

  destroy(code: CloseCode = "done", message = "This side cut the connection"): void {
    this.#writer.destroy({ code, message, origin: "local" });
  }

  opened(socket: ByteSocket): void {
    if (this.#state === "closed") {
      // The connection was closed while its socket was being dialled.
      socket.terminate();
      return;
    }
    const { sweep, tally, role } = this.#endpoint;
    sweep.add(this);
    tally.open();
    this.#writer.opened(socket);
    this.#handshake.opened(sweep.now());
    this.#inflow.opened(socket);
    if (this.#handshake.isOver) this.#endpoint.owner.proven?.(this);
    if (role === "server" && !this.#handshake.isAuthenticating) this.heard();
  }

  receive(chunk: Uint8Array): void {
    if (!this.#isEnding) this.#inflow.push(chunk);
  }

  drained(): void {
    this.#writer.drained();
    this.#calls?.drained();
  }

  peerEnded(): void {
    this.#writer.peerEnded();
    if (!this.#isEnding) this.#inflow.peerEnded();
  }

  socketClosed(error?: unknown): void {
    if (error === undefined) {
      this.#inflow.handOutAll();
      this.peerEnded();
    }
    this.#writer.socketClosed(error === undefined ? peerEndedItsHalf : socketLost(error));
  }

  heard(): boolean {
    this.#awaitedEnd?.peerSpoke();
    if (this.#state === "open") return true;
    return this.#state === "connecting" && this.#open();
  }

  handle(message: Incoming): void {
    const entry = this.#endpoint.handlers.get(message.type);
    if (entry === undefined) this.#endpoint.tally.unheard.add(message.type);
    else entry.received += 1;
    if (this.#awaitedEnd !== undefined) {
      this.#handlers.passOver();
      return;
    }
    if (entry !== undefined) this.#handlers.run(entry.handler, message.type, message);
  }

  handlerFailed(handlerName: string, error: unknown): void {
    const { observers, role } = this.#endpoint;
    if (isConnectionClosed(error)) {
      // A handler that waits for room rejects with this when the one that it writes to has left: no mistake of
      // its own. Where that is this connection, `closeReason` has said so.
      if (!this.#isEnding) observers.onHandlerError(this, handlerName, error);
      return;
    }
    observers.onHandlerError(this, handlerName, error);
    this.#handlers.drop();
    const { reason, lastMessage } = failedInternally(role, `handle "${handlerName}"`, error);
    this.closeWith(reason, lastMessage);
  }

  handlerSettled(): void {
    this.#awaitedEnd?.closeIfDue();
    this.#finishIfSaid();
  }

  answer(message: OwnControlMessage): void {
    this.#sender.answer(message);
  }

  handshakeAdvanced(): boolean {
    this.#inflow.maxFrameBytes = this.#handshake.maxFrameBytes;
    if (this.#handshake.isOver) {
      this.#proof?.resolve();
      this.#endpoint.owner.proven?.(this);
    }
    return !this.#isEnding;
  }

  judge(call: Call): void {
    // Calls begin behind the first id, so that they need not be told of it.
    if (call.id > AUTHENTICATE_ID) this.calls?.used(call.id);
    this.#endpoint.owner.judging?.(this);
    if (!this.#isEnding) void letIn(this.#entrance, call);
  }

  show(): void {
    void show(this.#entrance);
  }

  /**
   * For an owner that has no place for the peer: ends in order, with `message` as the reason. Where no byte
   * has left yet, `$error` is all that the peer hears, and not that it was let in.
   */
  turnAway(message: string): void {
    const code = "too-many-connections";
    // A frame that has left in part could not be ended.
    if (this.#writer.queue.sentBytes === 0) this.#writer.queue.clear();
    this.closeWith({ code, message, origin: "local" }, { type: "$error", code, message });
  }

  /** Only the first reason counts. */
  closeWith(reason: CloseReason, lastMessage?: OwnControlMessage): void {
    if (!this.#enter("draining")) return;
    this.#closeReason = reason;
    this.#awaitedEnd?.over();
    // A peer that has ended in order has said what it had to say.
    if (reason.code !== "peer-closed") this.#handlers.drop();
    this.#calls?.ending(reason.message, reason === peerEndedItsHalf);
    this.#inflow.discard();
    if (lastMessage !== undefined) this.#sender.appendLast(lastMessage);
    this.#writer.close(reason);
    this.#finishIfSaid();
  }

  destroyWith(reason: CloseReason): void {
    this.#writer.destroy(reason);
  }

  ping(): void {
    this.#sender.ping();
  }

  check(nowMs: number): void {
    const { bytesReceived } = this.#inflow;
    this.#writer.check(nowMs, bytesReceived !== this.#heardBytes);
    this.#heardBytes = bytesReceived;
    if (!this.#isEnding) hearSlowReader(this.#inflow, this.#writer, this.#endpoint.limits);
    if (!this.#isEnding) this.#receiver.check(nowMs, this.#inflow);
    if (!this.#isEnding) this.#checkHandlers(nowMs);
  }

  get heldBytes(): number {
    return this.#writer.settledBytes + this.#inflow.bufferedBytes + (this.#calls?.memoryBytes ?? 0);
  }

  memoryBytes(shared: Set<Uint8Array>): number {
    const queueBytes = this.#writer.queue.memoryBytes(shared);
    return queueBytes + this.#inflow.bufferedBytes + (this.#calls?.memoryBytes ?? 0);
  }

  destroyAsLargest(limitBytes: number): void {
    this.#writer.destroy(largestConsumer(this.heldBytes, limitBytes));
  }

  /** A server does not read from a client that does not read. If a client did the same, the two could wait for each other. */
  queueIsLong(isLong: boolean): void {
    this.#endpoint.audience.queueIsLong(isLong);
    if (this.#endpoint.role !== "server") return;
    if (isLong) this.#inflow.hold(HOLD.output);
    else this.#inflow.release(HOLD.output);
  }

  /**
   * Whether more waits for the peer than the soft limit, and it reads. One that has taken nothing for as long as a
   * speaker rests is not slow: no rest would help it.
   */
  get isSlow(): boolean {
    return this.#writer.isSlow(MOST_REST_MS);
  }

  /** Of the bytes that wait for the socket, those that this turn of the event loop has not sent. */
  get settledBytes(): number {
    return this.#writer.settledBytes;
  }

  /**
   * What the peer says is heard by so many, of whom a quarter or more do not keep up: nothing more is handed to
   * handlers until fewer do, or for a second.
   */
  restForAudience(recipients: number): void {
    if (this.#isEnding || this.#inflow.isHeld(HOLD.audience)) return;
    this.#inflow.hold(HOLD.audience);
    this.#endpoint.audience.rest(recipients, () => this.#inflow.release(HOLD.audience));
  }

  writerCut(reason: CloseReason): Uint8Array {
    this.#enter("draining");
    this.#closeReason ??= reason;
    this.#calls?.ending(reason.message, false);
    this.#inflow.discard();
    return this.#sender.frameOf(toLastError(reason));
  }

  /** The writer has closed: so has the connection. */
  writerClosed(reason: CloseReason, unsent: () => Iterable<UnsentRun>): void {
    this.#closeReason ??= reason;
    const recorded = this.#closeReason;
    this.#awaitedEnd?.over();
    this.#calls?.ended(recorded.message);
    if (recorded.code !== "peer-closed") this.#handlers.drop();
    const left = this.stats;
    this.#enter("closed");
    this.#inflow.socketClosed();
    this.#inflow.discard();
    this.#proof?.reject(this.#obstacle("wait for room"));
    if (this.queuedBytes > 0) this.#sender.dropUnsent(unsent, () => this.#obstacle("deliver"));
    const { sweep, tally, owner, observers } = this.#endpoint;
    if (sweep.delete(this)) tally.close(recorded.code, left);
    owner.closed?.(this, recorded);
    const { onClose } = observers;
    if (this.#wasOpen && onClose !== undefined) {
      // The program may be within `close` or `send`; it is told after that.
      queueMicrotask(() => onClose(this, recorded));
    }
    this.#closed?.resolve(recorded);
  }

  get #isEnding(): boolean {
    return this.#state === "draining" || this.#state === "closed";
  }

  /**
   * Nothing may be sent after our own close; after the peer has ended, handlers under way may still answer. A
   * peer that has not proved the secret is told nothing.
   */
  get #maySend(): boolean {
    if (this.#state === "draining") {
      return this.#closeReason?.origin === "peer" && this.#hasWork;
    }
    if (this.#state === "connecting") return !this.#handshake.isAuthenticating;
    return this.#state !== "closed";
  }

  /** Why this side cannot do something now. */
  #obstacle(doing: string): TypewireError {
    if (this.#closeReason === undefined && this.#handshake.isAuthenticating) {
      const message = `Cannot ${doing}: it has not been shown yet that the peer may be talked to`;
      return new TypewireError("auth-required", message);
    }
    return connectionClosed(doing, this.#closeReason ?? peerEndedItsHalf);
  }

  #hasRoom(): Promise<void> {
    if (this.#maySend) return this.#writer.ready();
    if (this.#closeReason !== undefined) return Promise.reject(this.#obstacle("wait for room"));
    this.#proof ??= Promise.withResolvers();
    return this.#proof.promise.then(() => this.#hasRoom());
  }

  /** Returns whether it is still open after its observers have heard of it. */
  #open(): boolean {
    this.#enter("open");
    const { owner, observers } = this.#endpoint;
    owner.opened?.(this);
    // A client sends here what did not leave before, which may be more than the connection takes.
    if (this.#isEnding) return false;
    this.#wasOpen = true;
    // A client's calls that waited for a connection leave behind what its program sends first.
    const opening = observers.onOpen?.(this);
    if (this.#endpoint.calls?.outgoing !== undefined && !this.#isEnding) {
      this.calls?.ready(this.#handshake.peerHello);
    }
    if (opening !== undefined) this.#handlers.wait("onOpen", opening);
    return !this.#isEnding;
  }

  /** Calls of the peer's whose handlers have not settled. */
  get #answering(): number {
    return this.#calls?.answerable ?? 0;
  }

  /** Whether the peer may still be answered: by handlers of messages or of calls. */
  get #hasWork(): boolean {
    return this.#handlers.inFlight > 0 || this.#answering > 0;
  }

  get #entrance(): EntranceParts<Connection<Outgoing>> {
    return {
      self: this,
      endpoint: this.#endpoint,
      handshake: this.#handshake,
      inflow: this.#inflow,
      sender: this.#sender,
    };
  }

  /** What the calls may ask of this connection. */
  get #linked(): LinkedConnection<Connection<Outgoing>> {
    const { observers, memory } = this.#endpoint;
    return {
      self: this,
      // A server's connections have one.
      context: () => ("context" in this ? this.context : undefined),
      queue: this.#writer.queue,
      memory,
      // The result of the last call leaves although the call has ended.
      maySend: () =>
        this.#maySend || (this.#state === "draining" && this.#closeReason?.origin === "peer"),
      append: (message, name) => this.#sender.appendOfCall(message, name),
      commit: () => this.#writer.commitWork(),
      handlerFailed: observers.onHandlerError,
      closeWith: (reason, lastMessage) => this.closeWith(reason, lastMessage),
      callSettled: () => this.handlerSettled(),
      callsEnded: (drain) => this.#callsEnded(drain),
    };
  }

  /** Nothing more is handed to handlers of messages, and no further call taken. */
  #closeAfterWork(bye: Bye, reason: CloseReason, halfTimeMs: number): void {
    if (this.#isEnding || this.#awaitedEnd !== undefined) return;
    this.#awaitedEnd = new AwaitedEnd(this.#endpoint, halfTimeMs, {
      answersPeer: () => this.#answersPeer,
      mayHearCalls: () => this.#mayHearCalls,
      hasWork: () => this.#hasWork,
      drainCalls: (withinMs) => this.calls?.drain(withinMs, bye),
      handNothingMore: () => this.#inflow.hold(HOLD.ending),
      close: () => this.closeWith(reason, bye),
    });
    this.#awaitedEnd.begin();
  }

  /** Whether the peer knows calls, and this side answers them. A peer that knows none is told of none, and not waited for. */
  get #answersPeer(): boolean {
    const { hello } = this.#endpoint;
    return (
      this.#state === "open" && this.calls?.answersTo(this.#handshake.peerHello, hello) === true
    );
  }

  /** Whether calls may be on their way behind the peer's first message, which says whether it knows them. */
  get #mayHearCalls(): boolean {
    return this.#state === "open" && this.#receiver.hasHeardNothing && this.calls?.answers === true;
  }

  /** No call is under way any more, after a drain of this side's or of the peer's. */
  #callsEnded(drain: Drain | undefined): void {
    if (this.#endpoint.role === "server") {
      this.#awaitedEnd?.callsEnded();
      return;
    }
    const reason = drain?.reason ?? "It takes no further calls here";
    const bye = toBye({ reason: "The server takes no further calls here" });
    // What it means to say is known: it is the peer's end, as if its `$bye` had come.
    this.#closeAfterWork(bye, peerSaidBye({ ...drain, type: "$bye", reason }), DRAIN_HALF_TIME_MS);
  }

  /** Ends a connection whose handlers never settle, so that reading or a close does not wait for ever. */
  #checkHandlers(nowMs: number): void {
    const end = this.#awaitedEnd;
    if (!this.#handlers.areStuck(nowMs, end !== undefined)) return;
    if (end !== undefined) return end.close();
    const { limits, role } = this.#endpoint;
    const { reason, lastMessage } = failedInternally(
      role,
      "handle messages",
      `none of ${this.#handlers.inFlight} handlers under way has ended for ${limits.handlersStallMs} ms`,
    );
    this.closeWith(reason, lastMessage);
  }

  #finishIfSaid(): void {
    if (this.#state === "draining" && !this.#maySend) this.#writer.finish();
  }

  /** The only place where the state changes, and only forward. Returns whether it has. */
  #enter(state: ConnectionState): boolean {
    if (STATE_ORDER[state] <= STATE_ORDER[this.#state]) return false;
    const wasEnding = this.#isEnding;
    this.#state = state;
    if (!wasEnding && this.#isEnding) this.#endpoint.owner.ending?.(this);
    return true;
  }
}
