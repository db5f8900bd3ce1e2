// Prints what the machines of calls cost, as one line of JSON: heap bytes of an open call and of an open stream
// at each end, and the nanoseconds that a call takes at both ends together, without codec and sockets. A process
// of its own, because what other tests have left to collect would count as well. It goes on until it is ended.

import { heapStats } from "bun:jsc";

import { CallDeadlines } from "../../src/calls/call-deadlines.ts";
import { buildCallFaces } from "../../src/calls/call-faces.ts";
import { CallTally } from "../../src/calls/call-tally.ts";
import type { CallFrame, CallLink } from "../../src/calls/call-link.ts";
import { Calls } from "../../src/calls/calls.ts";
import { buildCallTable } from "../../src/calls/call-table.ts";
import { CallQuota } from "../../src/calls/incoming-calls.ts";
import { OutgoingCalls } from "../../src/calls/outgoing-calls.ts";
import { SignalWatch } from "../../src/calls/signal-watch.ts";
import { systemClock as clock } from "../../src/time/clock.ts";
import { pairLimits, shape } from "./call-pair.ts";

const COUNT = 20_000;
const limits = { ...pairLimits, maxCalls: 1e6, maxStreams: 1e6 };

const tally = new CallTally();

/** A link without bytes: each message goes to `deliver` at once. */
function linkTo(deliver: (message: CallFrame) => void): CallLink {
  return {
    connection: undefined,
    context: undefined,
    queuedBytes: 0,
    queuedTo: 0,
    leftTo: 0,
    send(message) {
      deliver(message);
      return 40;
    },
    cork() {},
    uncork() {},
    handlerFailed() {},
    handlerStuck() {},
    holds() {},
    end() {},
    callsEnded() {},
  };
}

const shapes = { hang: shape("hang"), echo: shape("echo"), tail: shape("tail", { yields: true }) };
const handlers = {
  hang: () => new Promise(() => {}),
  echo: async (input: unknown) => input,
  async *tail() {
    yield 1;
    await new Promise(() => {});
  },
};

function callee(send: (message: CallFrame) => void): Calls {
  const table = buildCallTable(shapes, handlers, []);
  const quota = new CallQuota(1e7);
  const answering = {
    table,
    limits,
    quota,
    deadlines: new CallDeadlines(clock),
    firstId: 1,
    tally,
  };
  return new Calls({ clock, tally, outgoing: undefined, answering }, linkTo(send));
}

function caller(send: (message: CallFrame) => void): {
  near: Calls;
  faces: ReturnType<typeof buildCallFaces>;
} {
  const deadlines = new CallDeadlines(clock);
  const { windowBytes } = limits;
  const endpoint = { deadlines, signals: new SignalWatch(), firstId: 1, windowBytes, tally };
  const outgoing = new OutgoingCalls(endpoint, false);
  const near = new Calls({ clock, tally, outgoing, answering: undefined }, linkTo(send));
  near.ready(limits);
  return { near, faces: buildCallFaces(shapes, outgoing) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => resolve()));

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn();
    Bun.gc(true);
  }
  return heapStats().heapSize;
}

/** Heap bytes of each thing that `open` opens, after some that do not count. */
async function costOf(open: (index: number) => unknown): Promise<number> {
  // What keeps them is there before, and does not count either.
  const kept = Array.from({ length: 1_001 + COUNT }, (): unknown => undefined);
  for (let index = 1; index <= 1_000; index += 1) kept[index] = open(index);
  const before = await heapBytes();
  for (let index = 1_001; index <= 1_000 + COUNT; index += 1) kept[index] = open(index);
  const bytes = (await heapBytes()) - before;
  // Named here, so that they live until they are weighed.
  if (kept.length !== 1_001 + COUNT) throw new Error("Some are gone");
  return Math.round(bytes / COUNT);
}

const ignore = (): void => {};

async function callerBytes(name: "hang" | "tail"): Promise<number> {
  const { near, faces } = caller(ignore);
  const bytes = await costOf(() => {
    const call = faces.call[name]?.(1);
    if (name === "hang") return call;
    const stream = call as AsyncIterator<unknown>;
    void stream.next();
    return stream;
  });
  if (near.inFlight !== COUNT + 1_000) throw new Error("Not all calls are open");
  return bytes;
}

async function calleeBytes(name: "hang" | "tail"): Promise<number> {
  const far = callee(ignore);
  const bytes = await costOf((id) => {
    far.receive({ type: "$call", call: name, id, input: 1 }, 40);
  });
  // The pump has pulled the first item of each stream.
  await turn();
  if (far.inFlight !== COUNT + 1_000) throw new Error("Not all calls are open");
  return bytes;
}

/** The best of some rounds, which other programs have disturbed least. */
async function callNs(): Promise<number> {
  const ends: { far?: Calls } = {};
  const { near, faces } = caller((message) => ends.far?.receive(message as never, 40));
  ends.far = callee((message) => near.receive(message as never, 40));
  let bestNs = Infinity;
  for (let round = 0; round < 400; round += 1) {
    const start = performance.now();
    for (let batch = 0; batch < 20; batch += 1) {
      const answers: unknown[] = [];
      for (let index = 0; index < 64; index += 1) answers.push(faces.call["echo"]?.(index));
      await answers.at(-1);
    }
    bestNs = Math.min(bestNs, ((performance.now() - start) * 1e6) / (20 * 64));
  }
  if (near.inFlight !== 0) throw new Error("Not all calls were answered");
  return Math.round(bestNs);
}

const measured = {
  callerCall: await callerBytes("hang"),
  calleeCall: await calleeBytes("hang"),
  callerStream: await callerBytes("tail"),
  calleeStream: await calleeBytes("tail"),
  callNs: await callNs(),
};
process.stdout.write(`${JSON.stringify(measured)}\n`);
