// A server that is made up: so many connections, with names as a hostile peer would have them, and messages that flow.

import { noStats } from "@typewire/connection/internal";
import type { ServerWatcher } from "@typewire/server";

import type { Observable, ObservedConnection } from "../src/index.ts";

/** Names that would do something where they are not taken as text. */
export const HOSTILE_NAMES = [
  `<img src=x onerror="document.title='taken'">`,
  `</script><script>document.title='taken'</script>`,
  `"><svg onload=document.title='taken'>`,
  "\u202e1.0.0.721\u202c",
  "line\nbreak\u0000\u001b[31mred",
  "javascript:document.title='taken'",
  "${document.title='taken'}",
  "{{constructor.constructor('document.title=1')()}}",
];

/** A crowd of `size` connections; the worst have hostile names. */
export class Crowd implements Observable {
  isListening = true;
  readonly connections: ReadonlySet<ObservedConnection>;
  readonly watchers: ServerWatcher[] = [];
  backplane: ReturnType<Observable["stats"]>["backplane"];
  readonly #size: number;
  readonly #begunAt = Date.now();

  constructor(size: number) {
    this.#size = size;
    const connections = Array.from({ length: size }, (_, index): ObservedConnection => {
      const queuedBytes =
        index < HOSTILE_NAMES.length ? 4_000_000 - index * 2_000 : (index * 7) % 60_000;
      return {
        name:
          HOSTILE_NAMES[index] ?? `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:50000`,
        state: "open",
        queuedBytes,
        stats: { ...noStats(), messagesReceived: index, handlersInFlight: index % 5 === 4 ? 1 : 0 },
      };
    });
    this.connections = new Set(connections);
  }

  stats(): ReturnType<Observable["stats"]> {
    const messages = Math.round((Date.now() - this.#begunAt) * 2.5);
    return {
      ...noStats(),
      connections: this.#size,
      accepted: this.#size + 12,
      turnedAway: 3,
      closedByReason: { "peer-closed": 9, "slow-consumer": 2, "heartbeat-lost": 1 },
      messagesReceived: messages,
      messagesSent: messages * 3,
      bytesReceived: messages * 60,
      bytesSent: messages * 200,
      bufferedBytes: 150_000_000,
      messagesDropped: 0,
      callsAnswered: 5,
      callsFailedByCode: {},
      ...(this.backplane && { backplane: this.backplane }),
    };
  }

  watch(watcher: ServerWatcher): ReturnType<Observable["watch"]> {
    this.watchers.push(watcher);
    return {
      protocol: { name: "crowd", version: 1, fingerprint: "0123456789abcdef", callCodes: [] },
      timeNext() {},
      figures: () => {
        const elapsedMs = Date.now() - this.#begunAt;
        return {
          receivedByType: { order: elapsedMs * 2, cancel: Math.round(elapsedMs / 20) },
          sentByType: { price: elapsedMs * 6, filled: elapsedMs, $forwarded: 0 },
          turnedAwayBy: { maxConnections: 3, maxConnectionsPerAddress: 0, descriptors: 0 },
          topics: 20,
          maxBufferedBytes: 256 * 1024 * 1024,
          handlersInFlight: 2_000,
          slowConnections: HOSTILE_NAMES.length,
        };
      },
    };
  }

  /** A connection with each of the hostile names opens, and one ends. */
  happen(): void {
    for (const watcher of this.watchers) {
      for (const [index, name] of HOSTILE_NAMES.entries()) {
        watcher.opened({ name } as never);
        if (index % 2 === 0) {
          watcher.closed({ name, wasOpen: true } as never, {
            code: "slow-consumer",
            message: "a sentence of the peer's",
            origin: "local",
          });
        }
      }
      watcher.handled("order", 0.2);
      watcher.handled("order", 3);
      watcher.handled("cancel", 40);
    }
  }
}
