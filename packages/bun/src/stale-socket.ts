// A Unix socket's file outlives a server that was killed, and then keeps the next one from listening.
// This removes it where no server answers, and touches neither a live socket nor any other file.

import { lstat, unlink } from "node:fs/promises";

/** Removes the socket at `path` when connecting to it is refused. Never throws: listening reports the rest. */
export async function removeStaleSocket(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isSocket() || (await isAnswered(path))) return false;
    await unlink(path);
    return true;
  } catch {
    return false;
  }
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data() {}, error() {} } });
    socket.terminate();
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ECONNREFUSED");
  }
}
