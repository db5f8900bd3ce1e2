// `client.call` and `client.try`: plain objects with one function for each call of the protocol. Not a Proxy,
// so that a framework that looks for `then` finds nothing, and a name that is mistyped is undefined.

import {
  CallError,
  type CallOptions,
  type CallShape,
  type CallShapes,
  type Ran,
  TypewireError,
} from "@typewire/protocol";
import { beginAt, isInstance } from "@typewire/protocol/internal";

import {
  aSignal,
  either,
  milliseconds,
  type OptionCheck,
  type OptionChecks,
} from "../option-checks.ts";
import { checkOptions } from "../options.ts";
import { describeThrown } from "../text.ts";
import { DEFAULT_TIMEOUT_MS } from "./call-link.ts";
import { CallerStream, TriedStream } from "./caller-stream.ts";
import type { CallEnd, CallGiven, OutgoingCall } from "./outgoing-call.ts";
import { isItemSource, type ItemSource } from "./pumped-items.ts";

/**
 * So many calls may be open for the next one's site to be noted, which is where its error's stack begins: when it
 * fails, the program's own stack is gone. A site costs 0.3 µs: a hundredth of a call that is alone, a fifth of one
 * among 64.
 */
export const MOST_OPEN_NOTED = 4;

/** What makes the calls. */
export interface CallMaker {
  /** Makes one call. */
  start(shape: CallShape, given: CallGiven, end: CallEnd): OutgoingCall;
  /** Whether so few calls are open that the next one's site may be noted. */
  readonly isQuiet: boolean;
}

/** Makes one call, with what the program gave; `site` is where it did, if that was noted. */
type MakeCall<Made> = (
  site: Error | undefined,
  first: unknown,
  second: unknown,
  third: unknown,
) => Made;

type CallFunction = (first?: unknown, second?: unknown, third?: unknown) => unknown;

/** Both faces. Without a prototype, since a call may have any name. */
export interface CallFaces {
  readonly call: Readonly<Record<string, CallFunction>>;
  readonly try: Readonly<Record<string, CallFunction>>;
}

/** Infinity is what is left of a call without a time. */
const unbounded: OptionCheck = { expected: "Infinity", allows: (value) => value === Infinity };

const known: OptionChecks<keyof CallOptions> = {
  timeoutMs: either(milliseconds(0), unbounded),
  signal: aSignal,
};

/** The functions for `shapes`, whose calls `maker` makes. Without a maker, at a side that makes no calls, there are none. */
export function buildCallFaces(shapes: CallShapes, maker: CallMaker | undefined): CallFaces {
  const call = Object.create(null) as Record<string, CallFunction>;
  const tried = Object.create(null) as Record<string, CallFunction>;
  if (maker === undefined) return { call: Object.freeze(call), try: Object.freeze(tried) };
  for (const [name, shape] of Object.entries(shapes)) {
    const [asked, asValue] = shape.yields ? streamFaces(shape, maker) : promiseFaces(shape, maker);
    call[name] = asked;
    tried[name] = asValue;
  }
  return { call: Object.freeze(call), try: Object.freeze(tried) };
}

/** The function of `client.call`, and that of `client.try`. Each notes the site itself: see `beginAt`. */
type Faces = readonly [asked: CallFunction, asValue: CallFunction];

function promiseFaces(shape: CallShape, maker: CallMaker): Faces {
  const read = readerOf(shape);
  return [
    (first, second, third) => {
      const site = maker.isQuiet ? new Error() : undefined;
      return new Promise((resolve, reject) => {
        const end = { resolve, reject: site === undefined ? reject : rejectAt(site, reject) };
        maker.start(shape, read(first, second, third), end);
      });
    },
    (first, second, third) => {
      const site = maker.isQuiet ? new Error() : undefined;
      return new Promise((resolve, reject) => {
        let given: CallGiven;
        try {
          given = read(first, second, third);
        } catch (error) {
          if (isMistaken(error)) reject(error);
          else resolve(failure(failedHere(error, shape.name, "no")));
          return;
        }
        maker.start(shape, given, new TriedEnd(resolve, site, shape.name));
      });
    },
  ];
}

type Settle = (value: unknown) => void;

function rejectAt(site: Error, reject: Settle): CallEnd["reject"] {
  return (error, isThrown) => {
    if (isThrown !== true) beginAt(error, site);
    reject(error);
  };
}

/** Where a call of `client.try` ends that yields nothing: its promise gets the outcome. */
class TriedEnd implements CallEnd {
  readonly #resolve: Settle;
  readonly #site: Error | undefined;
  readonly #name: string;

  constructor(resolve: Settle, site: Error | undefined, name: string) {
    this.#resolve = resolve;
    this.#site = site;
    this.#name = name;
  }

  resolve(output: unknown): void {
    this.#resolve({ ok: true, output });
  }

  reject(error: unknown, isThrown = false): void {
    if (this.#site !== undefined && !isThrown) beginAt(error, this.#site);
    this.#resolve(failure(ofThisCall(error, isThrown, this.#name)));
  }
}

function streamFaces(shape: CallShape, maker: CallMaker): Faces {
  const read = readerOf(shape);
  const make: MakeCall<CallerStream> = (site, first, second, third) =>
    new CallerStream(shape.name, site, (end) =>
      maker.start(shape, read(first, second, third), end),
    );
  return [
    (first, second, third) => {
      const site = maker.isQuiet ? new Error() : undefined;
      return make(site, first, second, third);
    },
    (first, second, third) => {
      const site = maker.isQuiet ? new Error() : undefined;
      const stream = make(site, first, second, third);
      return new TriedStream(stream, () => outcomeOf(stream, shape.name));
    },
  ];
}

/** Reads the arguments: the input where there is one, the items where it sends, and options. */
function readerOf(
  shape: CallShape,
): (first: unknown, second: unknown, third: unknown) => CallGiven {
  const { hasInput, sends, yields, name } = shape;
  const timeoutMs = sends || yields ? 0 : DEFAULT_TIMEOUT_MS;
  return (first, second, third) => {
    const input = hasInput ? first : undefined;
    const afterInput = hasInput ? second : first;
    const items = sends ? requireItems(name, afterInput) : undefined;
    const afterItems = hasInput ? third : second;
    const options = sends ? afterItems : afterInput;
    if (options === undefined) return { input, items, timeoutMs, signal: undefined };
    checkOptions(options as CallOptions, known);
    const { signal, timeoutMs: givenMs = timeoutMs } = options as CallOptions;
    return { input, items, timeoutMs: wholeMs(givenMs), signal };
  };
}

/**
 * A call's time from what is left of another's: none, where that has none. Rounded up, so that the other call's deadline is
 * the first to pass, and its handler does not fail by this one's.
 */
function wholeMs(timeoutMs: number): number {
  return timeoutMs === Infinity ? 0 : Math.ceil(timeoutMs);
}

function requireItems(name: string, items: unknown): ItemSource {
  if (isItemSource(items)) return items;
  const advice =
    typeof items === "string"
      ? ", got text, whose characters would be items; write [text] for one item"
      : "";
  throw new TypewireError(
    "option-invalid",
    `call.${name}: expected the items to send, as an iterable or an async iterable${advice}`,
  );
}

/** What a call that yields came to, as a value. */
async function outcomeOf(stream: CallerStream, name: string): Promise<unknown> {
  try {
    return { ok: true, output: await stream.output };
  } catch (error) {
    const { failedBy } = stream;
    if (failedBy !== "options") return failure(ofThisCall(error, failedBy === "items", name));
    if (isMistaken(error)) throw error;
    return failure(failedHere(error, name, "no"));
  }
}

/** Options that are not possible are the program's mistake, and reject. */
function isMistaken(error: unknown): boolean {
  return isInstance(error, TypewireError) && error.code === "option-invalid";
}

function failure(error: CallError): object {
  return { ok: false, error };
}

/**
 * `error` as the outcome of this call. What its items threw may be the error of another call, whose `ran` says nothing
 * of this one.
 */
function ofThisCall(error: unknown, isThrown: boolean, name: string): CallError {
  return !isThrown && isInstance(error, CallError) ? error : failedHere(error, name, "maybe");
}

/** What the program gave threw: its items, or an option as it was read. */
function failedHere(cause: unknown, call: string, ran: Ran): CallError {
  const message = `Call ${JSON.stringify(call)} was cancelled: ${describeThrown(cause)}`;
  return new CallError("cancelled", message, { ran, call, cause });
}
