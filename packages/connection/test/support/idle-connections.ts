// Prints the heap bytes that an idle connection costs, after traffic in both directions: the median of some
// measurements, because what is not collected yet counts in one and not in the next. A process of its own, because what other tests
// have left to collect would count as well. It goes on until it is ended.

import { heapStats } from "bun:jsc";

import { defineProtocol, Type } from "@typewire/protocol";

import { createEndpoint, type HandlersOf, LiveConnection } from "../../src/index.ts";
import { clientHello, fromClient, talk, turn } from "../talk.ts";

const MEASUREMENTS = 5;
const CONNECTIONS = 4_000;

/** Heap bytes after garbage collection; objects that the last turn's stack still names take a second round. */
async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn();
    Bun.gc(true);
  }
  return heapStats().heapSize;
}

const text = Type.Object({ text: Type.String() });
/** The same messages, and calls that nobody makes. */
const talkWithCalls = defineProtocol({
  name: "talk",
  version: 1,
  server: { reply: text },
  client: { ask: text },
  calls: { echo: { input: Type.String(), output: Type.String() } },
});
const handlers: HandlersOf<typeof talk, "server"> = {
  ask: ({ text }, connection) => void connection.send({ type: "reply", text }),
};
// What travels is the same with both.
const endpoint = process.argv.includes("calls")
  ? (createEndpoint(talkWithCalls, "server", {
      ...handlers,
      echo: (input: string) => input,
    } as never) as unknown as ReturnType<typeof plainEndpoint>)
  : plainEndpoint();

function plainEndpoint() {
  return createEndpoint(talk, "server", handlers);
}

const socket = {
  write: (bytes: Uint8Array) => bytes.length,
  shutdown() {},
  end() {},
  terminate() {},
  pause() {},
  resume() {},
};
const traffic = fromClient(clientHello, { type: "ask", text: "x".repeat(2_000) });
const connect = async (count: number): Promise<readonly unknown[]> => {
  const connections: unknown[] = [];
  for (let index = 0; index < count; index += 1) {
    const connection = new LiveConnection(endpoint, `127.0.0.1:${10_000 + index}`);
    connection.opened(socket);
    // Cut, so that the frame reader needs buffers of its own.
    connection.receive(traffic.subarray(0, 500));
    connection.receive(traffic.subarray(500));
    connections.push(connection);
  }
  await turn();
  return connections;
};
// Kept to the end: a batch that is collected would be taken from the cost of the next one.
const batches = [await connect(500)];
const costs: number[] = [];
while (costs.length < MEASUREMENTS) {
  const before = await heapBytes();
  const batch = await connect(CONNECTIONS);
  costs.push(((await heapBytes()) - before) / CONNECTIONS);
  batches.push(batch);
}
const median = costs.toSorted((a, b) => a - b)[Math.floor(MEASUREMENTS / 2)];
process.stdout.write(`${median}\n`);
// The batches are reachable up to here.
setInterval(() => batches.length, 60_000);
