// Prints the heap bytes that an idle connection costs, after traffic in both directions. A process of its
// own, because what other tests have left to collect would count as well. It goes on until it is ended.

import { heapStats } from "bun:jsc";

import { createEndpoint, LiveConnection } from "../../src/index.ts";
import { clientHello, fromClient, talk, turn } from "../talk.ts";

/** Heap bytes after garbage collection; objects that the last turn's stack still names take a second round. */
async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn();
    Bun.gc(true);
  }
  return heapStats().heapSize;
}

const endpoint = createEndpoint(talk, "server", {
  ask: ({ text }, connection) => void connection.send({ type: "reply", text }),
});
const socket = {
  write: (bytes: Uint8Array) => bytes.length,
  shutdown() {},
  end() {},
  terminate() {},
  pause() {},
  resume() {},
};
const traffic = fromClient(clientHello, { type: "ask", text: "x".repeat(2_000) });
const connections: unknown[] = [];
const connect = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    const connection = new LiveConnection(endpoint, `127.0.0.1:${10_000 + index}`);
    connection.opened(socket);
    // Cut, so that the frame reader needs buffers of its own.
    connection.receive(traffic.subarray(0, 500));
    connection.receive(traffic.subarray(500));
    connections.push(connection);
  }
  await turn();
};
await connect(500);
const before = await heapBytes();
await connect(5_000);
process.stdout.write(`${((await heapBytes()) - before) / connections.length}\n`);
