// The file of a Unix socket: which server it belongs to, and how it is removed without removing another
// server's. Whether a server listens behind one is `stale-socket.ts`'s to find out.

import { linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";

/** Which file a path leads to: an inode's number alone is given again as soon as it is free. */
export type FileIdentity = string;

/** The file at `path`; undefined where there is none, or it cannot be seen. */
export function identityOf(path: string): FileIdentity | undefined {
  try {
    const { dev, ino, mtimeNs, birthtimeNs } = lstatSync(path, { bigint: true });
    return [dev, ino, mtimeNs, birthtimeNs].join(":");
  } catch {
    return undefined;
  }
}

let asides = 0;

/**
 * Removes the file at `path` where it is `identity`: it is moved aside and looked at again, so that a file
 * which has taken its place in between comes back. Returns whether it was removed.
 *
 * @throws Error what the file system throws, where the file cannot be moved.
 */
export function removeOnly(path: string, identity: FileIdentity): boolean {
  const aside = moveAside(path);
  const isIt = identityOf(aside) === identity;
  if (!isIt) putBack(aside, path);
  unlinkSync(aside);
  return isIt;
}

/**
 * Calls `stop`, which removes any file at `path`. One that is not `own` is the next server's and is moved aside
 * meanwhile, some 0.1 ms in which no client can connect to it.
 */
export function stopAround(path: string, own: FileIdentity | undefined, stop: () => void): void {
  const present = identityOf(path);
  if (present === undefined || present === own) {
    stop();
    return;
  }
  let aside: string | undefined;
  try {
    aside = moveAside(path);
  } catch {
    // The folder is not this user's to change, and then `stop` removes nothing from it either.
  }
  stop();
  if (aside === undefined) return;
  putBack(aside, path);
  unlinkSync(aside);
}

function moveAside(path: string): string {
  asides += 1;
  const aside = `${path}.${process.pid}.${asides}`;
  renameSync(path, aside);
  return aside;
}

/** Gives `aside` its name back, unless that is taken by now. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // The server that has taken the name listens by now.
  }
}
