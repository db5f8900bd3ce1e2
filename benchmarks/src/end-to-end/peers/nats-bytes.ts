// The same way by NATS alone: its client publishes the bytes that Typewire's frames have.

import { connect as connectNats } from "@nats-io/transport-node";

import { Answers } from "../answers.ts";
import { startNatsServer } from "../nats-server.ts";
import { type Peer, runPeer } from "../peer.ts";
import { readyFrames } from "../ready-frames.ts";
import type { Workload } from "../workload.ts";

const ASK = "ask";
const ANSWER = "answer";
const JOIN = "join";

function natsBytes(workload: Workload): Peer {
  const { frames } = readyFrames(workload);
  return {
    async listen() {
      const { port, pid, stop } = await startNatsServer();
      const connection = await connectNats({ servers: `127.0.0.1:${port}` });
      let joined = 0;
      connection.subscribe(ASK, {
        callback: (_, { data }) => connection.publish(ANSWER, data),
      });
      connection.subscribe(JOIN, {
        callback(_, request) {
          joined += 1;
          request.respond();
        },
      });
      await connection.flush();
      return { port, pid, senders: new Set(), connectionCount: () => joined, close: stop };
    },
    async connect(port) {
      const connection = await connectNats({ servers: `127.0.0.1:${port}` });
      const answers = new Answers<void>();
      connection.subscribe(ANSWER, { callback: () => void answers.take() });
      await connection.request(JOIN);
      return {
        async request(message) {
          connection.publish(ASK, frames.get(message) ?? new Uint8Array());
          await answers.next();
          return message;
        },
      };
    },
  };
}

await runPeer(natsBytes);
