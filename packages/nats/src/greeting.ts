// Whether NATS is at an address: it speaks first, a line that begins with INFO. Asked on a socket of its own before
// NATS's client dials: the client keeps all that comes until a line ends, and looks at the whole of it again with each
// piece, so that another service with much to say would stop this process. Says nothing on the line itself.

import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import type { Cancel, Clock } from "@typewire/connection";

import type { Place } from "./options.ts";

/** The line names the servers of a cluster, 30 bytes each; a service that says more before a line ends is another. */
const MOST_BYTES = 64 * 1024;

const BEGINNING = "INFO ";

/** The addresses that a name has. */
type Resolve = (hostname: string) => Promise<readonly { readonly address: string }[]>;

/**
 * Resolves when NATS has said its line at `place`, at any of the addresses that its name has: the client tries them all.
 *
 * @throws Error where nothing answers, or something else, or nothing within `timeoutMs` for each address. `resolve` is for
 * tests.
 */
export async function greeted(
  { hostname, port }: Place,
  clock: Clock,
  timeoutMs: number,
  resolve: Resolve = (name) => lookup(name, { all: true }),
): Promise<void> {
  let why: unknown = new Error("the name has no address");
  for (const { address } of await resolve(hostname)) {
    try {
      await greetedAt(address, port, clock, timeoutMs);
      return;
    } catch (error) {
      why = error;
    }
  }
  throw why;
}

async function greetedAt(
  address: string,
  port: number,
  clock: Clock,
  timeoutMs: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let cancel: Cancel = () => {};
  const socket = connect({ host: address, port });
  let line = "";
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    line += String(text);
    if (!isBeginning(line) || line.length > MOST_BYTES) {
      reject(new Error("another service answers: NATS says INFO first"));
    } else if (line.includes("\r\n")) resolve();
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("it is closed before NATS says INFO")));
  try {
    cancel = clock.after(timeoutMs, () => reject(new Error("NATS does not say INFO in time")));
    await promise;
  } finally {
    cancel();
    socket.destroy();
  }
}

/** Whether NATS's line may begin so. */
function isBeginning(text: string): boolean {
  return BEGINNING.startsWith(text.slice(0, BEGINNING.length).toUpperCase());
}
