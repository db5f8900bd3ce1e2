// The content of a file that an option or a flag names, read at once and within bounds: a device that never
// ends, a pipe without a writer and a file of gigabytes are refused, each with its name in the error.
// Nothing of a file's content gets into an error.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { TypewireError } from "@typewire/protocol";

/** A file that a program or a flag has named. */
export interface NamedFile {
  readonly bytes: Uint8Array;
  /** The users that may read it besides its owner, for a warning; undefined where there are none. */
  readonly readers: "its group" | "every user of this machine" | undefined;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  ENXIO: "it is a socket",
};

/**
 * The file at `path`, followed through links, of at most `mostBytes` bytes.
 *
 * @throws TypewireError `option-invalid` naming the file: it cannot be opened, is no regular file, or is larger.
 */
export function readNamedFile(path: string, mostBytes: number): NamedFile {
  // Without O_NONBLOCK, opening a pipe waits for a writer.
  const file = attempt(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    const stats = attempt(path, () => fstatSync(file));
    if (stats.isDirectory()) throw cannotRead(path, "it is a folder (EISDIR)");
    if (!stats.isFile()) {
      throw cannotRead(path, `expected a regular file, got ${kindOf(stats)}`);
    }
    const bytes = attempt(path, () => readAtMost(file, mostBytes + 1));
    if (bytes.length > mostBytes) {
      const got = stats.size > mostBytes ? `${stats.size}` : "more";
      throw cannotRead(path, `expected at most ${mostBytes} bytes, got ${got}`);
    }
    return { bytes, readers: readersOf(stats) };
  } finally {
    closeSync(file);
  }
}

/** Not the size that the file system tells: of some files it is 0, and a file may grow. */
function readAtMost(file: number, mostBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < mostBytes) {
    const chunk = new Uint8Array(Math.min(64 * 1024, mostBytes - length));
    const readBytes = readSync(file, chunk);
    if (readBytes === 0) break;
    chunks.push(chunk.subarray(0, readBytes));
    length += readBytes;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function readersOf({ mode }: Stats): NamedFile["readers"] {
  if ((mode & 0o004) !== 0) return "every user of this machine";
  return (mode & 0o040) === 0 ? undefined : "its group";
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw cannotRead(path, `${reasons[code] ?? "the system refuses"} (${code})`);
  }
}

function cannotRead(path: string, reason: string): TypewireError {
  return new TypewireError("option-invalid", `Cannot read ${path}: ${reason}`);
}
