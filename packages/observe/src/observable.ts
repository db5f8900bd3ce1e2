// A server as those see it who look at it from outside: what of its face they use. Also what a test makes up.
// What is none is refused with a sentence.

import {
  checkOption,
  type Connection,
  type ConnectionStats,
  type OptionCheck,
} from "@typewire/connection";
import type { ServerStats, ServerWatch, ServerWatcher } from "@typewire/server";

/** A connection of such a server. Its name is an address, and so partly the peer's to choose. */
export interface ObservedConnection extends Pick<Connection<never>, "name" | "state"> {
  readonly stats: ConnectionStats;
  readonly queuedBytes: number;
}

/** What `serve` returns is one. */
export interface Observable {
  readonly isListening: boolean;
  readonly connections: { readonly size: number } & Iterable<ObservedConnection>;
  stats(): ServerStats;
  watch(watcher: ServerWatcher): ServerWatch;
}

const aServer: OptionCheck = {
  expected: "what serve returns",
  allows: (value) =>
    typeof value === "object" &&
    value !== null &&
    ["stats", "watch"].every((name) => typeof Reflect.get(value, name) === "function") &&
    "connections" in value,
};

/** @throws TypewireError `option-invalid` where `server` is none: a client, or what is still being made. */
export function assertObservable(server: unknown): asserts server is Observable {
  checkOption("server", server, aServer);
}
