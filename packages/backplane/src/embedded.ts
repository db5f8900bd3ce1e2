// A bus within one process: for servers of a protocol that listen at two places, and for tests. Nothing to start.

import type { Backplane } from "./backplane.ts";
import { overTransport } from "./over-transport.ts";
import type { Transport } from "./transport.ts";

type Receive = (bytes: Uint8Array) => void;

/** Joins the servers of this process that are given what it returns; each call is a bus of its own. */
export function embedded(): Backplane {
  const subjects = new Map<string, Set<Receive>>();
  return overTransport(() => line(subjects));
}

function line(subjects: Map<string, Set<Receive>>): Transport {
  let isUp = false;
  return {
    onStatus(tell) {
      isUp = true;
      // Its user is being made.
      queueMicrotask(() => {
        if (isUp) tell({ state: "up" });
      });
      return () => {
        isUp = false;
      };
    },
    publish(subject, bytes) {
      const receivers = subjects.get(subject);
      if (receivers === undefined) return;
      // In a turn of its own, as over a network: a receiver may publish.
      queueMicrotask(() => {
        for (const receive of receivers) receive(bytes);
      });
    },
    subscribe(subject, receive) {
      // Of its own, so that two subscriptions with one function are two.
      const own: Receive = (bytes) => {
        if (isUp) receive(bytes);
      };
      const receivers = subjects.get(subject) ?? new Set();
      subjects.set(subject, receivers.add(own));
      return () => {
        receivers.delete(own);
        if (receivers.size === 0 && subjects.get(subject) === receivers) subjects.delete(subject);
      };
    },
    flush: () => Promise.resolve(),
  };
}
