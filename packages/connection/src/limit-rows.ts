// Every limit of a connection, one row each. The types, the defaults and the checks of `limits.ts`, the
// commands' `--limit` and `--help`, and the tables of docs/commands.md are made from these rows.

import { defaultLimits } from "@typewire/protocol";

import { MAX_TIMER_MS } from "./longest-timer.ts";
import type { CloseCode } from "./close-reason.ts";

/** What a limit's value measures, and so how a command line writes it: `64KiB`, `10s`, `32`, `true`. */
export type LimitUnit = "bytes" | "milliseconds" | "count" | "yes-no";

interface LimitRow<Value extends number | boolean> {
  readonly unit: LimitUnit;
  /** The default. */
  readonly fallback: Value;
  /** The least and the greatest value; of no meaning where the value is a boolean. */
  readonly least: number;
  readonly most: number;
  /** What is limited, for `--help`: no full stop, below 90 characters. */
  readonly says: string;
  /** The attack or the fault that the limit answers. */
  readonly answers: string;
  /** The reason recorded when the limit is passed; undefined where the connection goes on. */
  readonly code?: CloseCode;
}

const MAX_SIZE = 64 * 1024 ** 3;

/**
 * Payload bytes of items that may be sent of each stream before any `$credit`; the same at both ends, so nothing is
 * negotiated.
 */
export const WINDOW_BYTES = 65_536;

/** Every control message fits, in few words: see `Sender`. */
const LEAST_FRAME_BYTES = 256;

const size = { unit: "bytes", least: 1, most: MAX_SIZE } as const;
const frame = { unit: "bytes", least: LEAST_FRAME_BYTES, most: 1024 ** 3 } as const;
const time = { unit: "milliseconds", least: 1, most: MAX_TIMER_MS } as const;
const count = { unit: "count", least: 1, most: 1_000_000 } as const;

/** The limits that a user sets: options of `serve` and `connect`. */
export const optionRows = {
  maxFrameBytes: {
    ...frame,
    fallback: defaultLimits.maxFrameBytes,
    says: "payload of a frame that is taken; the peer is told",
    answers: "headers that announce gigabytes",
    code: "frame-too-large",
  },
  maxNesting: {
    ...count,
    most: 256,
    fallback: defaultLimits.maxNesting,
    says: "levels of arrays and maps in a message, itself level 1; the peer is told",
    answers: "nesting that exhausts the stack",
    code: "cbor-limit",
  },
  maxItems: {
    ...count,
    most: 100_000_000,
    fallback: defaultLimits.maxItems,
    says: "data items in a message: each key, value, array, map; the peer is told",
    answers: "1 MiB of empty maps, a million objects",
    code: "cbor-limit",
  },
  requireHello: {
    unit: "yes-no",
    fallback: false,
    least: 0,
    most: 1,
    says: "whether a peer has to say $hello before anything else",
    answers: "strangers that cost memory and time; a script of thirty lines says no $hello",
    code: "hello-required",
  },
  heartbeatIntervalMs: {
    ...time,
    least: 0,
    fallback: 30_000,
    says: "silence after which a peer is asked whether it is alive; 0: never",
    answers: "peers that vanish without a word; NATs forget a connection after a minute",
    code: "heartbeat-lost",
  },
  hardQueueBytes: {
    ...size,
    fallback: 8 * 1024 * 1024,
    says: "bytes that wait for a peer, the largest burst of one turn not counted, before it is cut",
    answers: "readers that do not read",
    code: "slow-consumer",
  },
  handlersInFlight: {
    ...count,
    fallback: 64,
    says: "handlers of a peer under way; at so many it is not read, until half have ended",
    answers: "peers that ask faster than handlers answer",
  },
  handlersStallMs: {
    ...time,
    fallback: 60_000,
    says: "how long a peer may be unread because none of handlersInFlight ends",
    answers: "handlers that never settle, behind which the peer's end is not heard",
    code: "internal",
  },
  windowBytes: {
    unit: "bytes",
    // Each stream begins with that much at both ends; a receiver can only add to it.
    least: WINDOW_BYTES,
    most: 1024 * 1024,
    fallback: 256 * 1024,
    says: "items of a stream that wait for a program that kept up, in payload bytes; else 64 KiB",
    answers: "streams that are not read any more: each holds so much, and one frame",
  },
} as const satisfies Record<string, LimitRow<number | boolean>>;

/** The limits that are constants for users. Tests and `--limit` reach them through `internalLimits`. */
export const constantRows = {
  maxCalls: {
    ...count,
    fallback: 256,
    says: "calls without streams that a client may have open; the peer is told, more of them wait",
    answers: "calls opened faster than handlers answer",
  },
  maxStreams: {
    ...count,
    fallback: 64,
    says: "calls with streams that a client may have open; the peer is told, one more fails at once",
    answers: "streams that are never read, each with a handler that waits",
  },
  maxCallsInFlight: {
    ...count,
    fallback: 10_000,
    says: "calls that a server answers at once, over all connections; beyond it too-many-calls",
    answers: "many clients within their own bounds",
  },
  maxCallMs: {
    ...time,
    fallback: 3_600_000,
    says: "what the timeout of a call is lowered to",
    answers: "calls that hold a slot for ever",
  },
  helloDeadlineMs: {
    ...time,
    fallback: 10_000,
    says: "with requireHello, how long $hello may take",
    answers: "peers that connect and say nothing",
    code: "hello-timeout",
  },
  preHelloFrameBytes: {
    ...frame,
    fallback: 16 * 1024,
    says: "with requireHello, payload of a frame before $hello; never above maxFrameBytes",
    answers: "strangers that fill memory",
    code: "frame-too-large",
  },
  frameDeadlineMs: {
    ...time,
    fallback: 10_000,
    says: "how long a frame that has begun may take, beside its time at frameBytesPerSecond",
    answers: "slowloris: each byte does not begin the time again",
    code: "frame-timeout",
  },
  frameBytesPerSecond: {
    ...size,
    fallback: 16 * 1024,
    says: "the slowest line, in bytes a second, on which a large frame is in time",
    answers: "large frames that never end: 1 MiB has 74 s",
    code: "frame-timeout",
  },
  heartbeatMisses: {
    ...count,
    fallback: 2,
    says: "unanswered $pings that end the connection one interval later",
    answers: "peers that vanish without a word",
    code: "heartbeat-lost",
  },
  softQueueBytes: {
    ...size,
    fallback: 2 * 1024 * 1024,
    says: "bytes that wait before send returns false; a quarter of hardQueueBytes where that is less",
    answers: "clients that ask and do not read: meanwhile a server handles few of their messages",
  },
  softQueueMs: {
    ...time,
    fallback: 120_000,
    says: "how long a queue, its largest frame not counted, may stay above softQueueBytes",
    answers: "readers that read a byte now and then",
    code: "slow-consumer",
  },
  writeStallMs: {
    ...time,
    fallback: 10_000,
    says: "how long a peer may take no byte of what waits; at the end also a last handler",
    answers: "peers that never let go",
    code: "write-timeout",
  },
  peerRestMs: {
    ...time,
    fallback: 120_000,
    says: "the same for a peer that says meanwhile that it lives, by $ping or anything else",
    answers: "peers that pause for a while are healthy; those that never read again are not",
    code: "write-timeout",
  },
  restPingMs: {
    ...time,
    fallback: 3_000,
    says: "how often this side, while it does not read, says by $ping that it lives",
    answers: "the peer's writeStallMs, which must be longer",
  },
  messagesPerTurn: {
    ...count,
    // With 1024, turns of the smallest messages were so short that changing them took 5 % of the time.
    fallback: 8192,
    says: "messages handled in one turn of the event loop, which is also over after 5 ms",
    answers: "floods: the rest waits for the others' turn, and nothing more is read meanwhile",
  },
  lingerMs: {
    ...time,
    fallback: 2_000,
    says: "how long a peer may take to end after this side has; what it sends is discarded",
    answers: "peers that hold a socket after the end",
  },
  maxRefusals: {
    ...count,
    fallback: 10,
    says: "refused messages that are forgiven within refusalWindowMs",
    answers: "peers whose every message costs an error",
    code: "too-many-errors",
  },
  maxRefusalsOfOthers: {
    ...count,
    fallback: 1_000,
    says: "the same where the fingerprints differ; beyond maxRefusals they are only counted",
    answers: "a peer of another version is no attacker, and one that never ends is not served",
    code: "too-many-errors",
  },
  refusalWindowMs: {
    ...time,
    fallback: 10_000,
    says: "the time in which refused messages are counted",
    answers: "peers whose every message costs an error",
    code: "too-many-errors",
  },
} as const satisfies Record<string, LimitRow<number>>;

/** All rows by name, those of options first. */
export const limitRows = { ...optionRows, ...constantRows } as const;

export type LimitName = keyof typeof limitRows;

/** Any row, for code that lists all of them. */
export type AnyLimitRow = LimitRow<number | boolean>;
