// Sites of the bus rows: made, waited for, ended.

import { until } from "../until.ts";
import { BusServer } from "./bus-server.ts";
import { Listener } from "./listener.ts";
import type { Site } from "./round.ts";

const LOOK_EVERY_MS = 20;

/** `count` servers at `addresses` with a listener each, that have met. */
export async function joinedOn(
  addresses: readonly string[],
  count: number,
  spreadMs = 0,
): Promise<Site[]> {
  const sites = await sitesOn(addresses, count, spreadMs);
  await haveMet(sites);
  return sites;
}

/** `count` servers at `addresses` with a listener each. */
export async function sitesOn(
  addresses: readonly string[],
  count: number,
  spreadMs = 0,
): Promise<Site[]> {
  const sites: Site[] = [];
  for (let index = 0; index < count; index += 1) {
    const server = await BusServer.start(addresses, { spreadMs });
    sites.push({ server, listeners: [await Listener.connect({ port: server.port })] });
  }
  return sites;
}

export async function end(sites: readonly Site[]): Promise<void> {
  for (const { server, listeners } of sites) {
    for (const listener of listeners) await listener[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }
}

/** Resolves when each server counts all of `sites`, and no other, and all their clients. */
export async function haveMet(sites: readonly Site[]): Promise<void> {
  for (const { server } of sites) {
    await becomes(
      async () => {
        const { servers, members } = (await server.report()).counted;
        return servers === sites.length && members >= sites.length;
      },
      `a server that knows ${sites.length}`,
      30_000,
    );
  }
}

/** How long it takes until `/readyz` of each gives these reasons, in milliseconds. */
export async function untilReadyz(
  sites: readonly Site[],
  reasons: readonly string[],
): Promise<number> {
  const began = performance.now();
  for (const { server } of sites) {
    await becomes(
      async () => (await server.reasons()).join() === reasons.join(),
      `/readyz says ${reasons.join() || "yes"}`,
    );
  }
  return performance.now() - began;
}

/** Resolves when all their clients are connected. */
export async function allConnected(listeners: readonly Listener[]): Promise<void> {
  await until(() => listeners.every(({ isConnected }) => isConnected), "all clients");
}

/** Resolves once `isSo` resolves to true; rejects with `what` after `waitMs`. */
export async function becomes(
  isSo: () => Promise<boolean>,
  what: string,
  waitMs = 10_000,
): Promise<void> {
  const deadlineMs = performance.now() + waitMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`Not after ${waitMs} ms: ${what}`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
