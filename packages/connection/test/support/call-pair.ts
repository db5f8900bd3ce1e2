// A caller and a callee joined back to back: no sockets, a clock that stands still unless a test gives another.
// Messages wait in two lines until the test lets them pass, as objects or as the bytes of a codec. A caller that
// comes back gets a new line by `reconnect`; its machine stays the same.

import {
  type AnyMessage,
  type CallShape,
  CallMisfit,
  type Codec,
  HEADER_BYTES,
} from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { FakeClock } from "@typewire/testkit";

import { CallDeadlines } from "../../src/calls/call-deadlines.ts";
import { buildCallFaces } from "../../src/calls/call-faces.ts";
import { CallTally } from "../../src/calls/call-tally.ts";
import type { CallFrame, CallLink } from "../../src/calls/call-link.ts";
import { Calls, type ReceivedOfCalls } from "../../src/calls/calls.ts";
import { buildCallTable, type Middleware } from "../../src/calls/call-table.ts";
import { type CalleeLimits, CallQuota } from "../../src/calls/incoming-calls.ts";
import { OutgoingCalls } from "../../src/calls/outgoing-calls.ts";
import type { Clock } from "../../src/time/clock.ts";
import { SignalWatch } from "../../src/calls/signal-watch.ts";

/** Both directions of a protocol, by their writer; `rearrange` may put the keys of a payload into another order. */
export interface PairCodecs {
  readonly server: Codec<never>;
  readonly client: Codec<never>;
  /** What the other end reads with, where it has another protocol. */
  readonly readers?: Pick<PairCodecs, "server" | "client">;
  readonly rearrange?: (payload: Uint8Array) => Uint8Array;
}

interface Frame {
  readonly message: CallFrame;
  readonly payload: Uint8Array | undefined;
  readonly payloadBytes: number;
  readonly endsAt: number;
}

/** One end's link: keeps what is sent until the pair delivers it. */
export class FakeLink implements CallLink {
  readonly connection = { name: "connection" };
  readonly context = { user: "ada" };
  readonly sent: CallFrame[] = [];
  readonly waiting: Frame[] = [];
  readonly failures: unknown[] = [];
  readonly stuck: string[] = [];
  /** What the calls said that they hold, all told. */
  grownBytes = 0;
  readonly #codec: Codec<never> | undefined;
  readonly #rearrange: PairCodecs["rearrange"];
  isCorked = false;
  queuedTo = 0;
  leftTo = 0;
  ended: string | undefined;
  drained = 0;

  constructor(codec?: Codec<never>, rearrange?: PairCodecs["rearrange"]) {
    this.#codec = codec;
    this.#rearrange = rearrange;
  }

  get queuedBytes(): number {
    return this.queuedTo - this.leftTo;
  }
  send(message: CallFrame, call: string): number {
    if (this.ended !== undefined) return 0;
    const payload = this.#encode(message, call);
    const payloadBytes = payload?.length ?? bytesOf(message);
    this.queuedTo += HEADER_BYTES + payloadBytes;
    this.sent.push(message);
    this.waiting.push({ message, payload, payloadBytes, endsAt: this.queuedTo });
    return payloadBytes;
  }
  cork(): void {
    this.isCorked = true;
  }
  uncork(): void {
    this.isCorked = false;
  }
  handlerFailed(_call: string, error: unknown): void {
    this.failures.push(error);
  }
  holds(bytes: number): void {
    this.grownBytes += bytes;
  }
  handlerStuck(call: string): void {
    this.stuck.push(call);
  }
  end(code: string): void {
    this.ended ??= code;
  }
  callsEnded(): void {
    this.drained += 1;
  }

  #encode(message: CallFrame, call: string): Uint8Array | undefined {
    if (this.#codec === undefined) return undefined;
    const writer = new ByteWriter();
    if (message.type === "$call" || message.type === "$item" || message.type === "$result") {
      this.#codec.encodeCallInto(message, call, writer);
    } else {
      this.#codec.encodeInto(message, writer);
    }
    const payload = writer.copy(HEADER_BYTES);
    return this.#rearrange?.(payload) ?? payload;
  }
}

/** Payload bytes, roughly as a codec would have them; the text "unfit" fits no schema. */
function bytesOf(message: CallFrame): number {
  const { type } = message;
  if (type !== "$item" && type !== "$result" && type !== "$call") return 20;
  const body = type === "$item" ? message.item : type === "$call" ? message.input : bodyOf(message);
  if (body === "unfit")
    throw new CallMisfit("invalid-item", "does not fit", { id: 1, path: "/item" });
  return 21 + (typeof body === "string" || body instanceof Uint8Array ? body.length : 1);
}

function bodyOf(message: CallFrame & { type: "$result" }): unknown {
  return message.error === undefined ? message.output : message.error.data;
}

export const pairLimits: CalleeLimits = {
  maxCalls: 256,
  maxStreams: 64,
  maxCallMs: 3_600_000,
  handlersStallMs: 60_000,
  windowBytes: 65_536,
};

/** A call's shape: a name and what it has. */
export function shape(name: string, parts: Partial<CallShape> = {}): CallShape {
  const none = { hasInput: true, sends: false, yields: false, hasOutput: true, errors: [] };
  return { name, ...none, idempotent: false, ...parts };
}

/** What a pair may have beyond its calls and handlers. */
export interface PairOptions {
  readonly use?: readonly Middleware<never>[];
  readonly limits?: Partial<CalleeLimits>;
  readonly maxCallsInFlight?: number;
  /** The calls as the callee has them, where that is otherwise. */
  readonly calleeShapes?: readonly CallShape[];
  readonly comesBack?: boolean;
  readonly codecs?: PairCodecs;
  /** A clock that a test moves by its own hands, or the machine's. */
  readonly clock?: Clock;
}

interface Line {
  readonly caller: FakeLink;
  readonly callee: FakeLink;
  readonly near: Calls;
  readonly far: Calls;
}

/** Both ends of one connection, or of one after the other. */
export class CallPair {
  /** Moved by `settle`, where no other was given. */
  readonly clock: FakeClock;
  readonly quota: CallQuota;
  /** How the caller's calls have ended, and the callee's. */
  readonly made = new CallTally();
  readonly answered = new CallTally();
  readonly outgoing: OutgoingCalls;
  readonly faces: ReturnType<typeof buildCallFaces>;
  readonly #connect: () => Line;
  readonly #readers: Pick<PairCodecs, "server" | "client"> | undefined;
  #line: Line;

  constructor(
    shapes: readonly CallShape[],
    handlers: Readonly<Record<string, unknown>>,
    options: PairOptions = {},
  ) {
    const { use = [], maxCallsInFlight = 10_000, comesBack = false, codecs } = options;
    const clock = options.clock ?? new FakeClock();
    const limits = { ...pairLimits, ...options.limits };
    this.clock = clock instanceof FakeClock ? clock : new FakeClock();
    this.quota = new CallQuota(maxCallsInFlight);
    const byName = namesOf(shapes);
    const endpoint = {
      deadlines: new CallDeadlines(clock),
      signals: new SignalWatch(),
      firstId: 1,
      windowBytes: limits.windowBytes,
      tally: this.made,
    };
    const outgoing = new OutgoingCalls(endpoint, comesBack);
    this.outgoing = outgoing;
    const table = buildCallTable(namesOf(options.calleeShapes ?? shapes), handlers, use);
    const deadlines = new CallDeadlines(clock);
    const answering = {
      table,
      limits,
      quota: this.quota,
      deadlines,
      firstId: 1,
      tally: this.answered,
    };
    this.#connect = () => {
      const caller = new FakeLink(codecs?.client, codecs?.rearrange);
      const callee = new FakeLink(codecs?.server, codecs?.rearrange);
      const near = new Calls({ clock, tally: this.made, outgoing, answering: undefined }, caller);
      const far = new Calls(
        { clock, tally: this.answered, outgoing: undefined, answering },
        callee,
      );
      near.ready(limits);
      return { caller, callee, near, far };
    };
    this.faces = buildCallFaces(byName, outgoing);
    this.#readers = codecs?.readers ?? codecs;
    this.#line = this.#connect();
  }

  get caller(): FakeLink {
    return this.#line.caller;
  }
  get callee(): FakeLink {
    return this.#line.callee;
  }
  get near(): Calls {
    return this.#line.near;
  }
  get far(): Calls {
    return this.#line.far;
  }

  /** Everything that an open call takes, at both ends: 0 at rest. */
  get taken(): number {
    const { near, far, outgoing, quota } = this;
    const calls = near.inFlight + far.inFlight + outgoing.waiting + quota.inFlight;
    return calls + near.heldBytes + far.heldBytes;
  }

  /** One of the calls, as its caller makes it; a promise, or what can be iterated. */
  call(name: string, ...given: unknown[]): Promise<unknown> {
    return this.faces.call[name]?.(...given) as Promise<unknown>;
  }
  try(name: string, ...given: unknown[]): Promise<unknown> {
    return this.faces.try[name]?.(...given) as Promise<unknown>;
  }
  stream(name: string, ...given: unknown[]): Stream {
    return this.faces.call[name]?.(...given) as Stream;
  }

  /** Lets messages, microtasks and slices pass until nothing moves, or for so many rounds. */
  async settle(rounds = 200): Promise<void> {
    let still = 0;
    for (let round = 0; round < rounds && still < 3; round += 1) {
      this.clock.advance(0);
      const moved = this.#toCallee() + this.#toCaller();
      still = moved === 0 ? still + 1 : 0;
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      // All that is left to do in microtasks.
      if (still > 0) await new Promise(setImmediate);
    }
  }

  /** Lets what has been sent arrive, both ways, once: for a clock that runs by itself. */
  pass(): void {
    this.#toCallee();
    this.#toCaller();
  }

  /** Lets what the caller has sent arrive, and nothing come back. */
  passToCallee(): void {
    this.#toCallee();
  }

  /** The connection ends when so many bytes of each side's have left; frames that left whole have arrived. */
  cut(callerTo = this.caller.leftTo, calleeTo = this.callee.leftTo): void {
    const { caller, callee, near, far } = this.#line;
    this.#toCallee(callerTo);
    this.#toCaller(calleeTo);
    caller.leftTo = Math.max(caller.leftTo, callerTo);
    callee.leftTo = Math.max(callee.leftTo, calleeTo);
    near.ended("cut");
    far.ended("cut");
    for (const link of [caller, callee]) {
      link.ended = "cut";
      link.waiting.length = 0;
    }
  }

  reconnect(): void {
    this.#line = this.#connect();
  }

  #toCallee(upTo = Infinity): number {
    return deliver(this.caller, this.near, this.far, this.#readers?.client, upTo);
  }
  #toCaller(upTo = Infinity): number {
    return deliver(this.callee, this.far, this.near, this.#readers?.server, upTo);
  }
}

function namesOf(shapes: readonly CallShape[]): Readonly<Record<string, CallShape>> {
  return Object.fromEntries(shapes.map((each) => [each.name, each]));
}

export type Stream = AsyncIterableIterator<unknown, undefined> & {
  readonly output: Promise<unknown>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Delivers the frames that end at or before `upTo`; returns how many. */
function deliver(
  link: FakeLink,
  from: Calls,
  to: Calls,
  codec: Codec<never> | undefined,
  upTo: number,
): number {
  let count = 0;
  for (const frame of link.waiting) {
    if (frame.endsAt > upTo) break;
    count += 1;
  }
  for (const { message, payload, payloadBytes, endsAt } of link.waiting.splice(0, count)) {
    link.leftTo = endsAt;
    if (codec === undefined || payload === undefined) to.receive(message, payloadBytes);
    else receiveBytes(codec, payload, to);
  }
  if (count > 0) from.drained();
  return count;
}

function receiveBytes(codec: Codec<never>, payload: Uint8Array, to: Calls): void {
  let message: AnyMessage | ReceivedOfCalls;
  try {
    message = codec.decodeIncoming(payload, 0, payload.length, undefined, to.openCalls) as never;
  } catch (error) {
    if (!(error instanceof CallMisfit)) throw error;
    to.misfit(error);
    return;
  }
  to.receive(message as ReceivedOfCalls, payload.length);
}

/** What `promise` rejects with. `expect(…).rejects` would hold up the event loop, and these promises need it. */
export function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Expected a rejection, got ${Bun.inspect(value)}`);
    },
    (error: unknown) => error,
  );
}
