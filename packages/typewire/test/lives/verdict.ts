// What each call of a random life may come to, by what its handler was asked for and what was done to it.

import { type Answering, SECRET } from "./answering.ts";
import { errorOf, type Life, SourceError } from "./life.ts";

/** What was done to the connection, as far as it can be the reason of an end. */
export interface Circumstances {
  readonly nowMs: number;
  /** Whether a connection was lost, or its half was ended. */
  readonly wasCut: boolean;
  /** Whether the server drained, or the client closed. */
  readonly hasEnded: boolean;
}

/** How many times an idempotent call runs, over all connections. */
const MOST_RUNS = 3;

/** What is wrong with a call at rest; nothing, where it is as it should be. */
export function faultsOf(life: Life, answering: Answering, at: Circumstances): readonly string[] {
  const faults: string[] = [];
  const expectIt = (isSo: boolean, what: string): void => void (isSo || faults.push(what));
  const { plan, outcomes, parts } = life;
  const runs = answering.begun.get(plan.key) ?? 0;
  const mayRun = life.name.startsWith("again") ? MOST_RUNS : 1;
  expectIt(outcomes.length === 1, `settled ${outcomes.length} times`);
  expectIt(runs <= mayRun, `ran ${runs} times`);
  expectIt((answering.settled.get(plan.key) ?? 0) === runs, "a handler has not settled");
  expectIt(life.sourcesOpened <= 1, "its items were asked for twice");
  expectIt(life.sourcesOpened === 0 || life.sourcesClosed > 0, "its items were not closed");
  const [outcome] = outcomes;
  if (outcome === undefined || life.hasLeft) return faults;
  if (outcome.ok) {
    expectIt(runs > 0, "is answered, and has not run");
    expectIt(mayBeAnswered(life), `is answered though it ends ${plan.end}`);
    expectIt(!parts.yields || parts.sends || life.got === plan.items, `got ${life.got} items`);
    const { key, took } = (outcome.output ?? {}) as { key?: number; took?: number };
    const isTold = parts.hasOutput && (!parts.yields || life.wantsOutput);
    expectIt(key === (isTold ? plan.key : undefined), `its output is of ${key}`);
    const isWhole = isTold && parts.sends && plan.takes === -1;
    expectIt(!isWhole || took === life.sent, `of ${life.sent} items ${took} were taken`);
    return faults;
  }
  if (outcome.error instanceof SourceError) {
    expectIt(life.mayThrow, "rejects with what its items did not throw");
    return faults;
  }
  const error = errorOf(life);
  if (error === undefined) return [...faults, `rejects with ${String(outcome.error)}`];
  const { code, ran } = error;
  expectIt(!error.message.includes(SECRET), "tells the caller a secret");
  expectIt(error.call === life.name, `is the error of ${error.call}`);
  expectIt(ran !== "no" || runs === 0, `${code} says that it has not run`);
  expectIt(ran !== "yes" || runs > 0, `${code} says that it has run`);
  expectIt(reasons(life, at).has(code), `is ${code}`);
  return faults;
}

/** Every code that the call may have ended with. */
function reasons(life: Life, { nowMs, wasCut, hasEnded }: Circumstances): ReadonlySet<string> {
  const { parts, abort, timeoutMs } = life;
  const isStream = parts.sends || parts.yields;
  const limitMs = timeoutMs ?? (isStream ? 0 : 30_000);
  const isLate = limitMs > 0 && nowMs - life.begunMs >= limitMs;
  const is = (condition: boolean, ...codes: readonly string[]) => (condition ? codes : []);
  return new Set([
    ...is(!mayBeAnswered(life), life.plan.end === "declared" ? "declared" : "internal"),
    ...is(abort.signal.aborted || wasCut || (life.isTried && life.mayThrow), "cancelled"),
    ...is(isLate, "deadline-exceeded"),
    ...is(isStream, "too-many-calls"),
    ...is(wasCut || hasEnded, "connection-lost", "connection-closed", "shutting-down"),
  ]);
}

/** What a handler returns where its call has no output is not looked at. */
function mayBeAnswered({ plan: { end }, parts }: Life): boolean {
  return end === "well" || end === "deaf" || (end === "unfit" && !parts.hasOutput);
}
