// Text to a terminal, without ever waiting for it. A write to a terminal that takes nothing (Ctrl+S, an ssh
// that is dead) blocks the whole process, and Bun's file sink does not help: it waits as well. So the
// terminal is opened once more, without waiting: a flag of an open file is shared with every process that has it,
// the shell for one, so the descriptor that was inherited stays as it is. What the terminal does not take is
// kept here and tried again. How much may be kept is `GuardedWriter`'s to say.

import {
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";

import { type Clock, systemClock } from "@typewire/connection";

import type { TextSink } from "./guarded-writer.ts";

/** Bytes taken, perhaps none; throws where the terminal is gone. */
export type TakeBytes = (bytes: Uint8Array) => number;

interface Waiting {
  /** All bytes up to here have to be taken. */
  readonly atBytes: number;
  readonly promise: PromiseWithResolvers<number>;
}

/** The waits between attempts: a terminal that is read takes its 4 KiB again at once. */
const SHORTEST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 64;

/** Writes what the terminal takes, keeps the rest. */
export class TerminalSink implements TextSink {
  readonly #take: TakeBytes;
  readonly #clock: Clock;
  readonly #encoder = new TextEncoder();
  #chunks: Uint8Array[] = [];
  #waiting: Waiting[] = [];
  #writtenBytes = 0;
  #takenBytes = 0;
  #waitMs = SHORTEST_WAIT_MS;
  #isTimed = false;

  constructor(take: TakeBytes, clock: Clock = systemClock) {
    this.#take = take;
    this.#clock = clock;
  }

  write(text: string): void {
    const bytes = this.#encoder.encode(text);
    this.#chunks.push(bytes);
    this.#writtenBytes += bytes.length;
  }

  /** @throws what the terminal answers where it is gone. */
  flush(): number | Promise<number> {
    // Behind what waits there is nothing to try before the next attempt.
    if (!this.#isTimed) this.#takeAll();
    if (this.#chunks.length === 0) return this.#takenBytes;
    const promise = Promise.withResolvers<number>();
    this.#waiting.push({ atBytes: this.#writtenBytes, promise });
    this.#tryLater();
    return promise.promise;
  }

  /** Returns whether anything was taken. */
  #takeAll(): boolean {
    const before = this.#takenBytes;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const taken = this.#take(chunk);
      this.#takenBytes += taken;
      if (taken < chunk.length) {
        this.#chunks[0] = chunk.subarray(taken);
        break;
      }
      this.#chunks.shift();
    }
    return this.#takenBytes > before;
  }

  #tryLater(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#clock.after(this.#waitMs, this.#tryAgain);
  }

  readonly #tryAgain = (): void => {
    this.#isTimed = false;
    try {
      const hasTaken = this.#takeAll();
      this.#waitMs = hasTaken ? SHORTEST_WAIT_MS : Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
    } catch (error) {
      this.#chunks = [];
      for (const { promise } of this.#waiting.splice(0)) promise.reject(error);
      return;
    }
    const isTaken = ({ atBytes }: Waiting): boolean => atBytes <= this.#takenBytes;
    const taken = this.#waiting.filter(isTaken);
    this.#waiting = this.#waiting.slice(taken.length);
    for (const { promise } of taken) promise.resolve(this.#takenBytes);
    if (this.#chunks.length > 0) this.#tryLater();
  };
}

/**
 * A sink for the terminal behind `descriptor`, which is one. Where it cannot be opened once more (another user's, on
 * a system without /proc; a console of Windows) the sink writes to `descriptor` itself, and its writers wait for
 * their terminal. Bun's file sink is no way out: it tries for ever to write to a terminal that has been hung up.
 * `paths` are where it may be opened, the first that can be is taken.
 */
export function openTerminalSink(
  descriptor: number,
  paths: Iterable<string> = pathsOf(descriptor),
): TerminalSink {
  const terminal = openFirst(paths) ?? descriptor;
  return new TerminalSink((bytes) => {
    try {
      return writeSync(terminal, bytes);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
      throw error;
    }
  });
}

function openFirst(paths: Iterable<string>): number | undefined {
  for (const path of paths) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}

/**
 * Where the terminal behind `descriptor` may be opened once more. /dev/fd is none of them: outside Linux it gives
 * the same open file again, whose flags are others' too.
 */
function* pathsOf(descriptor: number): Generator<string> {
  // Also one that has no name here, as a container's has.
  yield `/proc/self/fd/${descriptor}`;
  const device = deviceOf(descriptor);
  if (device !== undefined) yield device;
  // Under `su` the terminal is another user's, and opens as /dev/tty alone.
  if (isControlling(descriptor)) yield "/dev/tty";
}

/** The name of a terminal, found as ttyname(3) finds it: by the number of its device. Needs no /proc. */
export function deviceOf(descriptor: number): string | undefined {
  try {
    const { rdev } = fstatSync(descriptor);
    for (const folder of ["/dev/pts", "/dev"]) {
      const path = terminalsIn(folder).find((name) => rdevOf(name) === rdev);
      if (path !== undefined) return path;
    }
  } catch {
    // A descriptor that is closed has none.
  }
  return undefined;
}

function terminalsIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^(?:\d|tty.|console)/.test(name));
    return names.map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function rdevOf(path: string): number | undefined {
  try {
    return statSync(path).rdev;
  } catch {
    return undefined;
  }
}

/** Whether /dev/tty is this terminal. proc(5): the seventh field of stat, its name in parentheses not counted. */
function isControlling(descriptor: number): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    const [, , , , tty] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(tty) === fstatSync(descriptor).rdev;
  } catch {
    return false;
  }
}
