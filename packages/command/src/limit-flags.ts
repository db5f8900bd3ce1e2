// The flags for the limits of a connection, which both commands have: what each takes, its default, and
// which contradict each other. What a limit is for stands at `ConnectionLimits`.

import {
  type ConnectionLimits,
  defaultConnectionLimits as defaults,
  resolveLimits,
} from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { Option } from "commander";

import { type Command, isGiven, UsageError, valueFlag } from "./command-line.ts";
import { durationValue, formatDuration } from "./duration.ts";
import { type FlagValue, integerValue } from "./flag-value.ts";
import { formatSize, sizeValue } from "./size.ts";

/** What the limits' flags come to: only what was given, so that the rest keeps its default. */
export interface LimitFlags {
  readonly limits: Partial<ConnectionLimits>;
}

type NumericLimit = Exclude<keyof ConnectionLimits, "requireHello">;

interface LimitFlag {
  readonly limit: NumericLimit;
  readonly flags: string;
  readonly says: string;
  readonly value: FlagValue<number>;
  /** The default as a user would write it. */
  readonly fallback: string;
  /** Only where clients are served: the client command has no handlers, and trusts whom it dials. */
  readonly isOfServer?: true;
}

const duration = durationValue(10);
const anySize = sizeValue(256, 64 * 1024 ** 3);
const frameSize = sizeValue(256, 1024 ** 3);
const count = integerValue("a number", 1, 1_000_000);

/** `off` is 0. */
const heartbeat: FlagValue<number> = {
  takes: `off, or ${duration.takes}`,
  parse: (text) => (text === "off" ? 0 : duration.parse(text)),
};

const time = (limit: NumericLimit, name: string, says: string): LimitFlag => ({
  limit,
  flags: `--${name} <duration>`,
  says,
  value: duration,
  fallback: formatDuration(defaults[limit]),
});

const size = (
  limit: NumericLimit,
  name: string,
  says: string,
  value: FlagValue<number> = anySize,
): LimitFlag => ({
  limit,
  flags: `--${name} <size>`,
  says,
  value,
  fallback: formatSize(defaults[limit]),
});

const number = (
  limit: NumericLimit,
  name: string,
  says: string,
  value: FlagValue<number> = count,
): LimitFlag => ({ limit, flags: `--${name} <n>`, says, value, fallback: `${defaults[limit]}` });

const limitFlags: readonly LimitFlag[] = [
  size("maxFrameBytes", "max-frame", "largest message taken", frameSize),
  number("maxNesting", "max-nesting", "levels in a message", integerValue("a number", 1, 256)),
  number("maxItems", "max-items", "items in a message", integerValue("a number", 1, 100_000_000)),
  {
    ...time("helloDeadlineMs", "hello-deadline", "with --require-hello, how long $hello may take"),
    isOfServer: true,
  },
  {
    ...size(
      "preHelloFrameBytes",
      "hello-frame",
      "with --require-hello, largest frame before $hello",
      frameSize,
    ),
    isOfServer: true,
  },
  time("frameDeadlineMs", "frame-deadline", "how long a frame may take, beside --frame-rate"),
  size("frameBytesPerSecond", "frame-rate", "bytes a second that a large frame may count on"),
  {
    ...time("heartbeatIntervalMs", "heartbeat", "silence before the peer is asked for life"),
    value: heartbeat,
  },
  number("heartbeatMisses", "heartbeat-misses", "unanswered questions that end the connection"),
  size("softQueueBytes", "queue-soft", "bytes waiting for a peer before its queue counts as long"),
  time("softQueueMs", "queue-soft-time", "how long a queue may stay above --queue-soft"),
  size("hardQueueBytes", "queue-hard", "bytes waiting for a peer before it is cut"),
  time("writeStallMs", "write-stall", "how long a peer may take nothing of what waits for it"),
  number("messagesPerTurn", "messages-per-turn", "messages of one peer before others have a turn"),
  {
    ...number("handlersInFlight", "max-handlers", "handlers under way before a peer is not read"),
    isOfServer: true,
  },
  {
    ...time("maxPausedMs", "handlers-stall", "how long none of --max-handlers may end"),
    isOfServer: true,
  },
  time("lingerMs", "linger", "how long a peer may take to end after this side has"),
  number("maxRefusals", "max-refusals", "refused messages forgiven within --refusal-window"),
  time("refusalWindowMs", "refusal-window", "time in which refused messages are counted"),
];

const requireHello = "--require-hello";

/** Adds the limits' flags that `role` has, in a section of their own: call it after all others. */
export function addLimitFlags(command: Command, role: "server" | "client"): Command {
  command.optionsGroup("Limits of each connection:");
  if (role === "server") {
    command.option(requireHello, "turn away who does not say $hello first");
  }
  for (const { flags, says, value, fallback } of flagsOf(role)) {
    command.addOption(valueFlag(flags, says, value, fallback));
  }
  return command;
}

/**
 * The values of all flags of `command`, those of the limits as one object.
 *
 * @throws UsageError where two limits contradict each other.
 */
export function withLimits<Flags>(command: Command): Flags & LimitFlags {
  const others: Record<string, unknown> = { ...command.opts() };
  const limits: Partial<Record<keyof ConnectionLimits, number | boolean>> = {};
  for (const { limit, flags } of limitFlags) {
    const attribute = attributeOf(flags);
    if (isGiven(command, attribute)) limits[limit] = others[attribute] as number;
    delete others[attribute];
  }
  const attribute = attributeOf(requireHello);
  if (isGiven(command, attribute)) limits.requireHello = true;
  delete others[attribute];
  // Each value has been read by its own flag.
  const known = limits as Partial<ConnectionLimits>;
  refuseContradictions(known);
  return { ...others, limits: known } as Flags & LimitFlags;
}

function flagsOf(role: "server" | "client"): readonly LimitFlag[] {
  return limitFlags.filter(({ isOfServer }) => role === "server" || isOfServer !== true);
}

function attributeOf(flags: string): string {
  return new Option(flags).attributeName();
}

function refuseContradictions(given: Partial<ConnectionLimits>): void {
  const limits: ConnectionLimits = { ...defaults, ...given };
  const { softQueueBytes, hardQueueBytes, maxFrameBytes, preHelloFrameBytes } = limits;
  if (hardQueueBytes < softQueueBytes) {
    refuseSizes("--queue-hard", hardQueueBytes, "--queue-soft", softQueueBytes);
  }
  if (given.preHelloFrameBytes !== undefined && maxFrameBytes < preHelloFrameBytes) {
    refuseSizes("--max-frame", maxFrameBytes, "--hello-frame", preHelloFrameBytes);
  }
  if (given.requireHello !== true) {
    if (given.helloDeadlineMs !== undefined) refuseAlone("--hello-deadline", requireHello);
    if (given.preHelloFrameBytes !== undefined) refuseAlone("--hello-frame", requireHello);
  }
  if (limits.heartbeatIntervalMs === 0 && given.heartbeatMisses !== undefined) {
    throw new UsageError("--heartbeat off and --heartbeat-misses exclude each other");
  }
  try {
    resolveLimits(given);
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    throw new UsageError(error.message);
  }
}

function refuseSizes(low: string, lowBytes: number, high: string, highBytes: number): never {
  throw new UsageError(
    `${low} (${formatSize(lowBytes)}) must not be below ${high} (${formatSize(highBytes)})`,
  );
}

function refuseAlone(flag: string, other: string): never {
  throw new UsageError(`${flag} needs ${other} beside it`);
}
