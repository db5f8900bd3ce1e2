// The slots of one connection at the side that calls: how many calls and streams the callee has open for it, those
// included that this side has given up and that are not answered yet.

import type { Hello } from "@typewire/protocol";

import { CALLS_FEATURE } from "../features.ts";

/** How many calls the peer answers at once, by its hello. */
export interface PeerSlots {
  readonly maxCalls: number;
  readonly maxStreams: number;
}

/** What the peer's `$hello` announces; undefined where it answers no calls. */
export function slotsOf(hello: Partial<PeerSlots> | undefined): PeerSlots | undefined {
  const { maxCalls, maxStreams = 0 } = hello ?? {};
  return maxCalls === undefined ? undefined : { maxCalls, maxStreams };
}

/** Whether a peer knows messages of calls, by its hello: it has the protocol of ours, or says so. */
export function knowsCalls(peers: Hello | undefined, ours: Hello): boolean {
  if (peers?.fingerprint !== undefined && peers.fingerprint === ours.fingerprint) return true;
  return peers?.features?.includes(CALLS_FEATURE) === true;
}

/** Counts only, the same as the callee's: a slot is free when the `$result` has come. */
export class CallerSlots {
  #calls = 0;
  #streams = 0;
  /** Given up here: id to whether it is a stream. */
  readonly #abandoned = new Map<number, boolean>();

  /** Calls given up here whose slot is still taken. */
  get abandoned(): number {
    return this.#abandoned.size;
  }

  hasRoom(isStream: boolean, { maxCalls, maxStreams }: PeerSlots): boolean {
    return isStream ? this.#streams < maxStreams : this.#calls < maxCalls;
  }

  take(isStream: boolean): void {
    if (isStream) this.#streams += 1;
    else this.#calls += 1;
  }

  free(isStream: boolean): void {
    if (isStream) this.#streams -= 1;
    else this.#calls -= 1;
  }

  /** This side does not wait any longer for the call with this id. */
  abandon(id: number, isStream: boolean): void {
    this.#abandoned.set(id, isStream);
  }

  /** A call that was given up is answered. False where there is none with this id. */
  answered(id: number): boolean {
    const isStream = this.#abandoned.get(id);
    if (isStream === undefined) return false;
    this.#abandoned.delete(id);
    this.free(isStream);
    return true;
  }

  /** The connection has ended, and all of its calls. */
  clear(): void {
    this.#abandoned.clear();
    this.#calls = 0;
    this.#streams = 0;
  }
}
