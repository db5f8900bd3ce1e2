// What streams consist of, at both ends: the workload's messages in turn, counted as they are asked for,
// and chunks of bytes.

import { setImmediate as nextTurn } from "node:timers/promises";

import { untilBelow } from "../end-to-end/sender.ts";
import { type Workload, workloadOf } from "../end-to-end/workload.ts";

export const workload: Workload = workloadOf("posted");

export const CHUNK_BYTES = 32 * 1024;

/** A chunk whose bytes are not all alike. */
export const chunk: Uint8Array = Uint8Array.from({ length: CHUNK_BYTES }, (_, index) => index * 7);

export type Item = Workload["messages"][number];

/** Takes one item. False: no more of them; a promise: not before it has resolved. */
export type Take = (item: unknown) => boolean | Promise<boolean>;

let asked = 0;

/** How many items the streams of this process have been asked for. */
export function producedItems(): number {
  return asked;
}

export function* items(count: number): Generator<Item> {
  const { messages } = workload;
  const { length } = messages;
  for (let index = 0; index < count; index += 1) {
    asked += 1;
    const item = messages[index % length];
    if (item !== undefined) yield item;
  }
}

/**
 * The same, for systems that take nothing else. In a loop, as programs have it: `yield*` of items that do not wait
 * takes 75 ns more for each.
 */
export async function* asyncItems(count: number): AsyncGenerator<Item> {
  for (const item of items(count)) yield item;
}

/** What a source lets wait before it looks whether it has been sent. */
const BURST_ITEMS = 256;
const ENOUGH_BYTES = 1024 * 1024;

/**
 * The same, for systems that have no backpressure, and would not let the event loop turn before the last
 * item: after each burst, until the connection has at most 1 MiB `waiting`. Written by hand, as one would.
 */
export async function* pacedItems(count: number, waiting: () => number): AsyncGenerator<Item> {
  let sent = 0;
  for (const item of items(count)) {
    yield item;
    if ((sent += 1) % BURST_ITEMS !== 0) continue;
    await nextTurn();
    await untilBelow(ENOUGH_BYTES, waiting);
  }
}

export async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield chunk;
}

/** Hands all items to `take`, for as long as it wants them. */
export async function takeAll(from: AsyncIterable<unknown>, take: Take): Promise<void> {
  for await (const item of from) {
    const more = take(item);
    if (more !== true && !(await more)) return;
  }
}

/** Counts the bytes of chunks. */
export async function bytesOf(from: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const { length } of from) bytes += length;
  return bytes;
}
