// Random lives of calls, compared with a model: what each call may come to by what was done to it, how many
// slots are taken, and that each settles once at both ends. TYPEWIRE_LONG runs 10 000 of them.

import { describe, expect, test } from "bun:test";

import { pickSeed, SeededRandom } from "@typewire/testkit";

import { CallPair, shape, type Stream } from "../support/call-pair.ts";

const RUNS = process.env["TYPEWIRE_LONG"] === undefined ? 300 : 10_000;
const SLOTS = { maxCalls: 4, maxStreams: 3 };

const shapes = [
  shape("echo"),
  shape("fail", { errors: ["no"] }),
  shape("slow"),
  shape("chat", { sends: true, yields: true, hasOutput: true }),
  shape("put", { hasInput: false, sends: true }),
];

type Handled = {
  readonly signal: AbortSignal;
  readonly items: AsyncIterable<string>;
  error(code: string, data?: unknown): Error;
};

/** What one call was given, what was done to it, and what it came to. */
interface Life {
  readonly name: string;
  readonly input: number;
  readonly sent: readonly string[];
  readonly got: unknown[];
  readonly timeoutMs: number;
  readonly startedMs: number;
  readonly abort: AbortController;
  stream: Stream | undefined;
  wasAborted: boolean;
  wasLeft: boolean;
  /** Filled by every settlement: one at rest. */
  readonly outcomes: Outcome[];
}

type Outcome =
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly ran: string } };

/** One pair with its random program. */
class World {
  readonly random: SeededRandom;
  readonly lives: Life[] = [];
  readonly pair: CallPair;
  /** Handlers that were begun, and that have settled, by what they were called with. */
  begun = 0;
  settledHandlers = 0;
  readonly finishers: (() => void)[] = [];
  wasCut = false;

  constructor(random: SeededRandom) {
    this.random = random;
    const counted =
      (handler: (input: number, call: Handled) => Promise<unknown>) =>
      async (input: number, call: Handled) => {
        this.begun += 1;
        try {
          return await handler(input, call);
        } finally {
          this.settledHandlers += 1;
        }
      };
    this.pair = new CallPair(
      shapes,
      {
        echo: counted(async (input) => input),
        fail: counted((input, call) => {
          throw input % 2 === 0 ? new Error("secret") : call.error("no", input);
        }),
        slow: counted((_, call) => {
          return new Promise((resolve, reject) => {
            this.finishers.push(() => resolve("slow"));
            call.signal.addEventListener("abort", () => reject(call.signal.reason));
          });
        }),
        chat: (_: number, call: Handled) => this.#chat(call),
        put: counted(async (_, call) => {
          let count = 0;
          for await (const item of call.items) count += item.length > 0 ? 1 : 0;
          return count;
        }),
      },
      { limits: SLOTS },
    );
  }

  async *#chat(call: Handled): AsyncGenerator<string, number> {
    this.begun += 1;
    let count = 0;
    try {
      for await (const item of call.items) {
        count += 1;
        yield item;
      }
      return count;
    } finally {
      this.settledHandlers += 1;
    }
  }

  start(): void {
    const { random, pair } = this;
    const name = shapes[random.integer(0, shapes.length - 1)]?.name ?? "echo";
    const isStream = name === "chat" || name === "put";
    const life: Life = {
      name,
      input: random.integer(0, 9),
      sent: isStream ? this.#items() : [],
      got: [],
      timeoutMs: isStream && random.next() < 0.7 ? 0 : random.integer(1, 60),
      startedMs: pair.clock.now(),
      abort: new AbortController(),
      stream: undefined,
      wasAborted: false,
      wasLeft: false,
      outcomes: [],
    };
    const options = { timeoutMs: life.timeoutMs, signal: life.abort.signal };
    const settle = (outcome: unknown): void => void life.outcomes.push(outcome as Outcome);
    if (name === "chat") {
      life.stream = pair.faces.try["chat"]?.(life.input, life.sent, options) as Stream;
      void life.stream.output.then(settle);
      this.take(life);
    } else if (name === "put") {
      void pair.try("put", life.sent, options).then(settle);
    } else {
      void pair.try(name, life.input, options).then(settle);
    }
    this.lives.push(life);
  }

  take(life: Life): void {
    const { stream } = life;
    if (stream === undefined) return;
    void stream.next().then((step) => {
      if (step.done !== true) life.got.push(step.value);
    });
  }

  leave(life: Life): void {
    if (life.stream === undefined) return;
    life.wasLeft = true;
    void life.stream.return?.();
  }

  #items(): string[] {
    const { random } = this;
    const bytes = random.next() < 0.5 ? 20 : 20_000;
    const fits = (): string => "x".repeat(bytes);
    return Array.from({ length: random.integer(0, 12) }, () =>
      random.next() < 0.01 ? "unfit" : fits(),
    );
  }

  /** What may be at any moment. */
  checkNow(): void {
    const { near, far, quota } = this.pair;
    expect(far.inFlight).toBe(quota.inFlight);
    expect(far.inFlight).toBeLessThanOrEqual(SLOTS.maxCalls + SLOTS.maxStreams);
    expect(near.inFlight).toBeLessThanOrEqual(SLOTS.maxCalls + SLOTS.maxStreams);
    // The slots of the caller are those of the callee, and what is under way to it or back.
    expect(near.inFlight).toBeGreaterThanOrEqual(this.wasCut ? 0 : far.inFlight);
    expect(this.pair.callee.ended ?? "cut").toBe("cut");
    for (const { outcomes } of this.lives) expect(outcomes.length).toBeLessThanOrEqual(1);
  }

  checkAtRest(): void {
    const { pair, lives } = this;
    for (const life of lives) {
      expect({ life: life.name, settled: life.outcomes.length }).toEqual({
        life: life.name,
        settled: 1,
      });
      const [outcome] = life.outcomes;
      if (outcome !== undefined) this.#checkOutcome(life, outcome);
    }
    expect(this.settledHandlers).toBe(this.begun);
    expect(pair.taken).toBe(0);
    expect(pair.outgoing.held.bytes + pair.outgoing.held.memoryBytes).toBe(0);
    const results = pair.callee.sent.filter(({ type }) => type === "$result");
    const ids = results.map((message) => ("id" in message ? message.id : 0));
    expect(new Set(ids).size).toBe(ids.length);
    const calls = pair.caller.sent.filter(({ type }) => type === "$call").length;
    if (!this.wasCut) expect(results).toHaveLength(calls);
    const cancelled = pair.caller.sent.flatMap((message) =>
      message.type === "$cancel" ? [message.id] : [],
    );
    expect(new Set(cancelled).size).toBe(cancelled.length);
    expect(JSON.stringify(pair.callee.sent)).not.toContain("secret");
    this.#checkTallies(calls);
  }

  /** What is counted is what happened: at the caller each outcome, at the callee each call that came. */
  #checkTallies(callsSent: number): void {
    const { made, answered } = this.pair;
    const outcomes = this.lives.flatMap((life) => life.outcomes);
    const failed: Record<string, number> = {};
    for (const outcome of outcomes) {
      if (outcome.ok) continue;
      const { code } = outcome.error;
      failed[code] = (failed[code] ?? 0) + 1;
    }
    expect(made.failedByCode).toEqual(failed);
    expect(made.answered).toBe(outcomes.length - sum(made.failedByCode));
    const answers = answered.answered + sum(answered.failedByCode);
    if (this.wasCut) expect(answers).toBeLessThanOrEqual(callsSent);
    else expect(answers).toBe(callsSent);
    expect(answers).toBeGreaterThanOrEqual(this.begun);
  }

  /** All slots are there again, at both ends: as many calls as fit are made, and answered. */
  async checkSlots(): Promise<void> {
    const { pair } = this;
    if (this.wasCut) return;
    const calls = Array.from({ length: SLOTS.maxCalls }, () => pair.try("echo", 1));
    const streams = Array.from({ length: SLOTS.maxStreams }, () => pair.try("put", ["a"]));
    expect(pair.outgoing.waiting).toBe(0);
    expect(pair.near.inFlight).toBe(SLOTS.maxCalls + SLOTS.maxStreams);
    await pair.settle();
    expect(await Promise.all([...calls, ...streams])).toEqual(
      Array.from({ length: calls.length + streams.length }, () => ({ ok: true, output: 1 })),
    );
    expect(pair.taken).toBe(0);
  }

  #checkOutcome(life: Life, outcome: Outcome): void {
    // Items come in order, none twice, and none that was not sent.
    expect(life.got).toEqual(life.sent.slice(0, life.got.length));
    if (outcome.ok) {
      const wanted = {
        echo: life.input,
        slow: "slow",
        chat: life.sent.length,
        put: life.sent.length,
      };
      expect({ name: life.name, output: outcome.output }).toEqual({
        name: life.name,
        output: wanted[life.name as keyof typeof wanted],
      });
      return;
    }
    const { code, ran } = outcome.error;
    const possible: string[] = [];
    if (life.wasAborted || life.wasLeft) possible.push("cancelled");
    if (life.timeoutMs > 0 && this.pair.clock.now() - life.startedMs >= life.timeoutMs) {
      possible.push("deadline-exceeded");
    }
    if (this.wasCut) possible.push("connection-lost", "connection-closed");
    if (life.stream !== undefined || life.name === "put") possible.push("too-many-calls");
    if (life.sent.includes("unfit")) possible.push("invalid-item");
    if (life.name === "fail") possible.push(life.input % 2 === 0 ? "internal" : "no");
    expect(possible).toContain(code);
    const never = ["too-many-calls", "connection-closed"];
    const surely = ["internal", "no"];
    expect(ran).toBeOneOf(
      never.includes(code) ? ["no"] : surely.includes(code) ? ["yes"] : ["no", "maybe"],
    );
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

async function oneLife(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const world = new World(random);
  const { pair, lives } = world;
  const any = (): Life | undefined => lives[random.integer(0, lives.length - 1)];
  const steps = random.integer(5, 50);
  for (let step = 0; step < steps; step += 1) {
    const choice = random.next();
    const life = any();
    if (choice < 0.3) {
      world.start();
    } else if (choice < 0.37 && life !== undefined) {
      life.wasAborted = true;
      life.abort.abort();
    } else if (choice < 0.42 && life !== undefined) {
      world.leave(life);
    } else if (choice < 0.6 && life !== undefined) {
      world.take(life);
    } else if (choice < 0.7) {
      pair.clock.advance(random.integer(0, 20));
    } else if (choice < 0.75) {
      world.finishers.splice(random.integer(0, world.finishers.length))[0]?.();
    } else if (choice < 0.8) {
      for (let turn = random.integer(1, 9); turn > 0; turn -= 1) await Promise.resolve();
    } else if (choice < 0.85) {
      pair.passToCallee();
    } else if (choice < 0.86 && !world.wasCut) {
      world.wasCut = true;
      const { caller, callee } = pair;
      pair.cut(
        random.integer(caller.leftTo, caller.queuedTo),
        random.integer(callee.leftTo, callee.queuedTo),
      );
    } else {
      await pair.settle(random.integer(1, 3));
    }
    world.checkNow();
  }
  // Rest: what can end by itself does, what cannot is cancelled.
  for (const finish of world.finishers) finish();
  await pair.settle(500);
  for (const life of lives) {
    if (life.stream === undefined) continue;
    for (let taken = 0; taken < 20 && life.outcomes.length === 0; taken += 1) {
      world.take(life);
      await pair.settle(20);
    }
    if (life.outcomes.length === 0) world.leave(life);
    // What came before the end may still be taken, and is held until then.
    await life.stream.return?.();
  }
  await pair.settle(500);
  for (const life of lives) {
    if (life.outcomes.length > 0) continue;
    life.wasAborted = true;
    life.abort.abort();
  }
  await pair.settle(500);
  world.checkAtRest();
  await world.checkSlots();
}

describe("Calls, whatever is done to them", () => {
  const seed = pickSeed();
  test(
    `${RUNS} random interleavings: each settles once, as the model says, and nothing is held (seed ${seed})`,
    async () => {
      for (let run = 0; run < RUNS; run += 1) {
        try {
          await oneLife((seed + run) >>> 0);
        } catch (error) {
          throw new Error(`TYPEWIRE_SEED=${(seed + run) >>> 0} fails at once`, { cause: error });
        }
      }
    },
    RUNS * 100,
  );
});
