// A caller and a callee joined back to back: no codec, no sockets, a clock that stands still. Messages wait in
// two lines until the test lets them pass.

import { type CallShape, CallMisfit } from "@typewire/protocol";
import { FakeClock } from "@typewire/testkit";

import { CallDeadlines } from "../../src/calls/call-deadlines.ts";
import { buildCallFaces } from "../../src/calls/call-faces.ts";
import type { CallFrame, CallLink } from "../../src/calls/call-link.ts";
import { Calls } from "../../src/calls/calls.ts";
import { buildCallTable, type Middleware } from "../../src/calls/handler-table.ts";
import { type CalleeLimits, CallQuota } from "../../src/calls/incoming-calls.ts";
import { OutgoingCalls } from "../../src/calls/outgoing-calls.ts";
import { SignalWatch } from "../../src/calls/signal-watch.ts";

/** One end's link: keeps what is sent until `MessagePair` delivers it. */
export class FakeLink implements CallLink {
  readonly connection = { name: "connection" };
  readonly context = { user: "ada" };
  readonly sent: CallFrame[] = [];
  readonly waiting: { message: CallFrame; bytes: number }[] = [];
  readonly failures: unknown[] = [];
  readonly stuck: string[] = [];
  queuedTo = 0;
  leftTo = 0;
  ended: string | undefined;
  drained = 0;

  get queuedBytes(): number {
    return this.queuedTo - this.leftTo;
  }
  send(message: CallFrame): number {
    if (this.ended !== undefined) return 0;
    const body = message.type === "$item" ? message.item : undefined;
    if (body === "unfit")
      throw new CallMisfit("invalid-item", "does not fit", { id: 1, path: "/item" });
    const bytes = 21 + (typeof body === "string" || body instanceof Uint8Array ? body.length : 1);
    this.queuedTo += bytes;
    this.sent.push(message);
    this.waiting.push({ message, bytes });
    return bytes;
  }
  cork(): void {}
  uncork(): void {}
  handlerFailed(_call: string, error: unknown): void {
    this.failures.push(error);
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
}

const limits: CalleeLimits = {
  maxCalls: 256,
  maxStreams: 64,
  maxCallMs: 3_600_000,
  handlersStallMs: 60_000,
};

/** A call's shape: a name and what it has. */
export function shape(name: string, parts: Partial<CallShape> = {}): CallShape {
  const none = { hasInput: true, sends: false, yields: false, hasOutput: true, errors: [] };
  return { name, ...none, idempotent: false, ...parts };
}

/** Both ends of one connection. */
export class CallPair {
  readonly clock = new FakeClock();
  readonly quota = new CallQuota(10_000);
  readonly caller = new FakeLink();
  readonly callee = new FakeLink();
  readonly outgoing: OutgoingCalls;
  readonly near: Calls;
  readonly far: Calls;
  readonly faces: ReturnType<typeof buildCallFaces>;

  constructor(
    shapes: readonly CallShape[],
    handlers: Readonly<Record<string, unknown>>,
    use: readonly Middleware<never>[] = [],
  ) {
    const { clock } = this;
    const byName = Object.fromEntries(shapes.map((each) => [each.name, each]));
    const deadlines = new CallDeadlines(clock);
    this.outgoing = new OutgoingCalls({ deadlines, signals: new SignalWatch() }, false);
    this.near = new Calls({ clock, outgoing: this.outgoing, answering: undefined }, this.caller);
    const table = buildCallTable(byName, handlers, use);
    const answering = { table, limits, quota: this.quota, deadlines: new CallDeadlines(clock) };
    this.far = new Calls({ clock, outgoing: undefined, answering }, this.callee);
    this.faces = buildCallFaces(byName, (each, given, end) =>
      this.outgoing.start(each, given, end),
    );
    this.near.ready(limits);
  }

  /** Lets messages, microtasks and slices pass until nothing moves. */
  async settle(rounds = 200): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      this.clock.advance(0);
      deliver(this.caller, this.far);
      deliver(this.callee, this.near);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
  }
}

function deliver(link: FakeLink, to: Calls): void {
  for (const { message, bytes } of link.waiting.splice(0)) {
    link.leftTo += bytes;
    to.receive(message, bytes);
  }
}
