// An earlier revision of this repository in a folder of its own, with what it depends on.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** As long as nobody disposes of it. */
export interface Checkout extends AsyncDisposable {
  readonly folder: string;
  /** Its commit, shortened. */
  readonly commit: string;
}

/** @throws Error where git knows no such revision, or its dependencies cannot be installed. */
export async function checkOut(revision: string): Promise<Checkout> {
  const commit = await output([
    "git",
    "rev-parse",
    "--verify",
    "--short=12",
    `${revision}^{commit}`,
  ]);
  const folder = await mkdtemp(join(tmpdir(), "typewire-before-"));
  const checkout: Checkout = {
    folder,
    commit,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  try {
    const archive = join(folder, "tree.tar");
    const root = await output(["git", "rev-parse", "--show-toplevel"]);
    // Of the whole tree, also where the command runs in a folder of it.
    await output(["git", "-C", root, "archive", "--output", archive, commit]);
    await output(["tar", "-xf", archive, "-C", folder]);
    await output(
      [process.execPath, "install", "--frozen-lockfile", "--ignore-scripts", "--silent"],
      folder,
    );
    return checkout;
  } catch (error) {
    await checkout[Symbol.asyncDispose]();
    throw error;
  }
}

/** What a command prints; rejects with its last words where it fails. */
async function output(command: readonly string[], cwd: string = import.meta.dir): Promise<string> {
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [text, words] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) === 0) return text.trim();
  throw new Error(`${command.slice(0, 2).join(" ")}: ${words.trim().slice(-400)}`);
}
