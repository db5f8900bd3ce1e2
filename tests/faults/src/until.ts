// Waiting for what another process does and nothing announces: its memory, its descriptors.

import { DEFAULT_WAIT_MS } from "@typewire/testkit";

const LOOK_EVERY_MS = 20;

/** Resolves once `isSo`; rejects with `what` after `waitMs`. */
export async function until(
  isSo: () => boolean,
  what: string,
  waitMs = DEFAULT_WAIT_MS,
): Promise<void> {
  const deadlineMs = performance.now() + waitMs;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`Not after ${waitMs} ms: ${what}`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
