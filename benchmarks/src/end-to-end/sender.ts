// Sends many messages as fast as connections take them, and no faster: a connection that says it has
// enough is waited for.

import { setImmediate as nextTurn } from "node:timers/promises";

import type { Workload } from "./workload.ts";

/** The sending end of one connection. */
export interface Sender {
  /** Sends a message. False: it was taken, but `ready` should be awaited before the next. */
  send(message: Workload["messages"][number]): boolean;
  /** Resolves when there is room again. */
  ready(): Promise<void>;
}

/** With several connections, each gets this many messages before it is the next one's turn. */
const BURST = 16;

/** Sends `each` messages to every sender, in the workload's order. */
export async function pump(
  senders: readonly Sender[],
  messages: Workload["messages"],
  each: number,
): Promise<void> {
  const [only] = senders;
  if (only === undefined) throw new Error("nobody is connected");
  if (senders.length === 1) {
    await pumpSome(only, messages, 0, each);
    return;
  }
  for (let sent = 0; sent < each; sent += BURST) {
    for (const sender of senders) {
      await pumpSome(sender, messages, sent, Math.min(sent + BURST, each));
    }
    await nextTurn();
  }
}

async function pumpSome(
  sender: Sender,
  messages: Workload["messages"],
  from: number,
  to: number,
): Promise<void> {
  const { length } = messages;
  for (let index = from; index < to; index += 1) {
    const message = messages[index % length];
    if (message !== undefined && !sender.send(message)) await sender.ready();
  }
}

/** For systems that only tell how much waits: looks once each turn until it is at most `limit`. */
export async function untilBelow(limit: number, waiting: () => number): Promise<void> {
  while (waiting() > limit) await nextTurn();
}
