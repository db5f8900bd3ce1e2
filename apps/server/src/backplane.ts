// What the flag --backplane makes of the server, and what the log says of it. NATS' client is in the executable, and
// is loaded by a server that has the flag.

import type { Log } from "@typewire/command";
import { saludo } from "@typewire/protocol/saludo";
import type { ServerObserver, ServerOptions } from "@typewire/server";

import type { busEvents } from "./bus-events.ts";

type Options = Pick<ServerOptions<typeof saludo>, "backplane">;

/** The options of `serve` for the addresses of one bus; none for none. */
export async function backplaneOptions(servers: readonly string[] | undefined): Promise<Options> {
  if (servers === undefined) return {};
  const { nats } = await import("@typewire/nats");
  return { backplane: nats({ servers }) };
}

/** The observer that writes to `log` what becomes of the bus. */
export function backplaneLog(
  log: Log<typeof busEvents>,
): Pick<ServerObserver<typeof saludo>, "onBackplane" | "onGap"> {
  return {
    onGap({ node, from, missed }) {
      log("gap", { node, from, missed });
    },
    onBackplane(event) {
      switch (event.type) {
        case "up":
          log("bus-up", { address: event.address ?? "" });
          break;
        case "down":
          log("bus-down", { reason: event.why });
          break;
        case "failed":
          log("bus-failed", { reason: event.why });
          break;
        case "refused":
          log("bus-refused", { reason: event.why });
          break;
        case "server-joined":
        case "server-left":
          log(event.type, { node: event.node, servers: event.servers });
          break;
        case "server-lost": {
          const { node, servers, silentMs } = event;
          log("server-lost", { node, servers, silentMs: Math.round(silentMs) });
          break;
        }
        case "other-schemas": {
          const { node, fingerprint: theirs } = event;
          log("server-other-schema", { node, theirs, ours: saludo.fingerprint });
          break;
        }
      }
    },
  };
}
