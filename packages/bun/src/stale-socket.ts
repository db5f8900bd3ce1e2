// A Unix socket's file outlives a server that was killed, and then keeps the next one from listening.
// This removes it where nothing listens behind it, and touches neither a live socket nor any other file.

import { lstat, readFile } from "node:fs/promises";
import { basename, isAbsolute } from "node:path";

import { identityOf, removeOnly } from "./socket-file.ts";

/** A backlog that is full for a moment refuses as a dead socket does. */
const ATTEMPTS = 3;
const BETWEEN_ATTEMPTS_MS = 100;

/**
 * Removes the socket at `path` when no socket is bound to it, as far as the system tells, and connecting to it
 * is refused; resolves with whether it did. To be awaited before `serve({ unix: path })`, which does not look.
 * Of two that do so at once, one at most removes it, and neither the other's new one. Never rejects: listening
 * reports the rest. Takes up to a second where connecting is refused only for the moment.
 */
export async function removeStaleSocket(path: string): Promise<boolean> {
  try {
    const identity = identityOf(path);
    if (identity === undefined || !(await lstat(path)).isSocket()) return false;
    if (await isBound(path, identity)) return false;
    if (await isAnswered(path)) return false;
    return removeOnly(path, identity);
  } catch {
    return false;
  }
}

/**
 * Whether the system knows a socket of any kind that is bound to this file. Bun reports a full backlog, and a
 * datagram socket, as a refusal. Linux alone tells; elsewhere, and for a server in another container, only
 * `isAnswered` does.
 */
async function isBound(path: string, identity: string): Promise<boolean> {
  const table = await readFile("/proc/net/unix", "utf8").catch(() => "");
  for (const line of table.split("\n")) {
    // Seven columns of numbers, then the path as it was bound.
    const bound = /^(?:\S+ +){6}\d+ (.+)$/.exec(line)?.[1];
    if (bound === undefined || basename(bound) !== basename(path)) continue;
    // A relative path is another process's: it may be this one.
    if (!isAbsolute(bound) || identityOf(bound) === identity) return true;
  }
  return false;
}

async function isAnswered(path: string): Promise<boolean> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1) await Bun.sleep(BETWEEN_ATTEMPTS_MS);
    try {
      const socket = await Bun.connect({ unix: path, socket: { data() {}, error() {} } });
      socket.terminate();
      return true;
    } catch (error) {
      const isRefused = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
      if (!isRefused) return true;
    }
  }
  return false;
}
