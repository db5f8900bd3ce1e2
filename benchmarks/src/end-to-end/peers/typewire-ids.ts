// What a program writes by hand where it has messages and no calls: an id in each, and a Map of those that wait.

import { connect as connectClient, serve } from "@typewire/bun";
import { defineProtocol } from "@typewire/protocol";
import { Type } from "@sinclair/typebox";

import { deferred } from "../deferred.ts";
import { type Peer, runPeer } from "../peer.ts";
import type { Workload } from "../workload.ts";

function ids({ schema }: Workload): Peer {
  const numbered = Type.Object({ number: Type.Integer(), message: schema });
  const protocol = defineProtocol({
    name: "bench",
    version: 1,
    server: { answer: numbered },
    client: { ask: numbered },
  });
  return {
    async listen() {
      const server = serve(
        protocol,
        { port: 0 },
        {
          ask: ({ number, message }, connection) =>
            void connection.send({ type: "answer", number, message }),
        },
      );
      return {
        port: server.port,
        senders: new Set(),
        connectionCount: () => server.connections.size,
      };
    },
    async connect(port) {
      const waiting = new Map<number, (message: unknown) => void>();
      let last = 0;
      const client = await connectClient(
        protocol,
        { port, reconnect: false },
        {
          answer({ number, message }) {
            waiting.get(number)?.(message);
            waiting.delete(number);
          },
        },
      );
      return {
        request(message) {
          const { promise, resolve } = deferred<unknown>();
          last += 1;
          waiting.set(last, resolve);
          client.send({ type: "ask", number: last, message });
          return promise;
        },
      };
    },
  };
}

await runPeer(ids);
