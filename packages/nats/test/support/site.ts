// A server with a client of its own, for tests that count what comes.

import type { Backplane, BackplaneEvent, Gap } from "@typewire/backplane";
import { connect, serve } from "@typewire/bun";
import { saludo } from "@typewire/protocol/saludo";
import { within } from "@typewire/testkit";

import { nats, type NatsOptions, type NatsSource } from "../../src/index.ts";

/** Resolves when `is` holds, looking every 5 ms. */
export async function until(what: string, is: () => boolean): Promise<void> {
  const look = async (): Promise<void> => {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await within(look(), () => `waiting for ${what}`, 15_000);
}

/** A server with one client that hears `room`, and what came of it. */
export class Site implements AsyncDisposable {
  readonly events: BackplaneEvent[] = [];
  readonly gaps: Gap[] = [];
  readonly heard: string[] = [];
  /** What the client was told of gaps. */
  readonly told: number[] = [];
  readonly server;
  #client: AsyncDisposable | undefined;

  constructor(options: NatsSource, backplane: Backplane = nats(options)) {
    this.server = serve(
      saludo,
      {
        port: 0,
        backplane,
        onOpen: (connection) => connection.subscribe("room"),
        onGap: (gap) => void this.gaps.push(gap),
        onBackplane: (event) => void this.events.push(event),
      },
      { say() {} },
    );
  }

  async connect(): Promise<void> {
    this.#client = await connect(
      saludo,
      { port: this.server.port, onGap: ({ missed = 0 }) => void this.told.push(missed) },
      { welcome: ({ text }) => void this.heard.push(text), greeting() {}, said() {} },
    );
  }

  say(text: string): void {
    this.server.publish("room", { type: "welcome", text });
  }

  get stats() {
    const { backplane } = this.server.stats();
    if (backplane === undefined) throw new Error("This server has a backplane");
    return backplane;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
    this.server.stop();
  }
}

/** Two sites that know each other and each other's topic. */
export async function sites(options: NatsOptions): Promise<readonly [Site, Site]> {
  const pair = [new Site(options), new Site(options)] as const;
  for (const site of pair) await site.connect();
  for (const { server } of pair) {
    await until("the others", () => server.subscribers("room").members === 2);
  }
  return pair;
}

/** `count` numbers as texts. */
export const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(from + index));
