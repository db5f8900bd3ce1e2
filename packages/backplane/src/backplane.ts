// The face of a backplane: what a server gives to it and gets from it. Types only, so that a server without one
// loads nothing of it.

import type { Clock, Run } from "@typewire/connection";
import type { AnyMessage, Codec } from "@typewire/protocol";

/** Joins servers of one protocol: what `nats()` and `embedded()` return, for the option `backplane`. */
export interface Backplane {
  /** Called by a server that begins. */
  join(server: BackplaneServer): BackplaneLine;
}

/**
 * - `up`: what is published reaches the other servers.
 * - `degraded`: so it does, and within the last minute a server has fallen silent that had not left.
 * - `down`: the bus cannot be reached. Each server serves its own clients, and what it publishes waits, within a bound.
 * - `failed`: the bus refuses this server, or there is none: nothing is tried any more.
 */
export type BackplaneState = "up" | "degraded" | "down" | "failed";

/** Messages that another server has published and this one has not got. */
export interface Gap {
  /** Undefined for a broadcast. */
  readonly topic: string | undefined;
  /** The server that published them. */
  readonly node: string;
  /** The number of the first, counted by that server for this topic from 1. */
  readonly from: number;
  /** How many. */
  readonly missed: number;
  readonly why: "bus";
}

/** What becomes of the bus and the other servers, for a log. */
export type BackplaneEvent =
  /** `address` is that of the bus, where it has one. */
  | { readonly type: "up"; readonly address?: string }
  | { readonly type: "down"; readonly why: string }
  | { readonly type: "failed"; readonly why: string }
  /**
   * The bus does not take what is published to `topic` here, or does not let it be heard; undefined where it does not say
   * of which. All else goes on. Told once for each line and reason.
   */
  | { readonly type: "refused"; readonly topic?: string; readonly why: string }
  | { readonly type: "server-joined"; readonly node: string; readonly servers: number }
  /** It has said that it leaves, and has no connections any more. */
  | { readonly type: "server-left"; readonly node: string; readonly servers: number }
  /** It has not been heard for `silentMs`: what it had not sent before its end, no server can count. */
  | {
      readonly type: "server-lost";
      readonly node: string;
      readonly servers: number;
      readonly silentMs: number;
    }
  /** Its schemas are not quite ours, as during a deployment. Told once. */
  | { readonly type: "other-schemas"; readonly node: string; readonly fingerprint: string };

/** Counters since the server began, and what is now. */
export interface BackplaneStats {
  readonly state: BackplaneState;
  /** Servers that are heard, this one among them. */
  readonly servers: number;
  readonly batchesSent: number;
  readonly messagesSent: number;
  /** Handed on to members here. */
  readonly batchesReceived: number;
  readonly messagesReceived: number;
  /** Of those that came: not a batch of this protocol's messages, whole and in order. */
  readonly batchesRefused: number;
  /** Of those that came: a second time, or after a later one. */
  readonly batchesLate: number;
  /**
   * Published here while there was no room for it, or larger than the bus takes: the others see a gap. Also what waited
   * when this server ended without a bus.
   */
  readonly messagesDropped: number;
  /** Gaps in what the other servers published. */
  readonly gaps: number;
  readonly gapMessages: number;
  /** What waits for the bus, or for its answer. */
  readonly heldBytes: number;
  /** Lines to the bus after the first. */
  readonly reconnects: number;
}

/** A server, as a backplane sees it. */
export interface BackplaneServer {
  readonly protocol: string;
  readonly version: number;
  readonly fingerprint: string;
  /** Of the messages that the server sends. */
  readonly codec: Codec<AnyMessage>;
  readonly clock: Clock;
  /** Connections of this server now. */
  readonly connections: () => number;
  /** Messages that another server has published to `topic`, or broadcast. `dropsSlow`: those who do not keep up need not have them. */
  readonly receive: (topic: string | undefined, run: Run, dropsSlow: boolean) => void;
  readonly gap: (gap: Gap) => void;
  readonly event: (event: BackplaneEvent) => void;
  /** The bus has answered a question, `elapsedMs` after it was asked: with each beat, and oftener under load. */
  readonly answered: (elapsedMs: number) => void;
}

/** One server's line to the others. */
export interface BackplaneLine {
  /** Tells the other servers; undefined is a broadcast. Never waits, never throws. `frame` does not change any more. */
  publish(topic: string | undefined, frame: Uint8Array, dropsSlow: boolean): void;
  /** So many connections of this server hear `topic` now. */
  members(topic: string, count: number): void;
  /** How many hear `topic` at the other servers, and how many those servers are. */
  othersOf(topic: string): { readonly members: number; readonly servers: number };
  /** How many connections the other servers have, and how many those servers are. */
  others(): { readonly connections: number; readonly servers: number };
  stats(): BackplaneStats;
  /** This server takes no more clients: the others count it until it has none. */
  leave(): void;
  /**
   * Ends the line after what waits has left, within two seconds. A bus that is away is waited for, as long; not where
   * nothing waits, or the bus has refused this server.
   */
  close(): Promise<void>;
  /** Ends it at once. */
  destroy(): void;
}
