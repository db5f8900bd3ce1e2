// What the flag --backplane makes of the server, and what the log says of it. NATS' client is in the executable, and
// is loaded by a server that has the flag.

import { readNamedFile } from "@typewire/bun";
import type { Log } from "@typewire/command";
import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import type { ServerObserver, ServerOptions } from "@typewire/server";

import type { ServerFlags } from "./command-line.ts";
import type { busEvents } from "./bus-events.ts";

/** Certificates among them. */
const MOST_FILE_BYTES = 1024 * 1024;

export type BackplaneOptions = Pick<ServerOptions<typeof saludo>, "backplane">;

/** What `--backplane` asks for. */
export interface BackplanePlan {
  /** Of `serve`. */
  readonly options: BackplaneOptions;
  /** Sentences for a log. */
  readonly warnings: readonly string[];
}

/**
 * Reads the file once, so that what is wrong with it is said at the start; and then before each dial.
 *
 * @throws TypewireError `option-invalid` where it cannot be read, or says what is no option.
 */
export async function planBackplane(
  flags: Pick<ServerFlags, "backplane" | "backplaneOptions">,
): Promise<BackplanePlan> {
  const { backplane: servers, backplaneOptions: path } = flags;
  if (servers === undefined) return { options: {}, warnings: [] };
  const { nats } = await import("@typewire/nats");
  if (path === undefined) return { options: { backplane: nats({ servers }) }, warnings: [] };
  const { options, readers } = readOptions(path, servers);
  nats(options);
  const warnings = readers === undefined ? [] : [`${path} can be read by ${readers}: chmod 600`];
  return { options: { backplane: nats(() => readOptions(path, servers).options) }, warnings };
}

function readOptions(path: string, servers: readonly string[]) {
  const { bytes, readers } = readNamedFile(path, MOST_FILE_BYTES);
  const given = parse(new TextDecoder().decode(bytes));
  if (given === undefined || "servers" in given) {
    const expected = "expected a JSON object of the options of nats() beside servers";
    throw new TypewireError("option-invalid", `Cannot use ${path}: ${expected}`);
  }
  return { options: { ...given, servers }, readers };
}

/** An object; undefined for what is none. The words of JSON's own error may be a secret. */
function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
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
