// The way from a publication at one server to its receipt in another, and back: two lines of a backplane to NATS, with
// frames that were made before.

import { type BackplaneLine } from "@typewire/backplane";
import { systemClock } from "@typewire/connection";
import { nats } from "@typewire/nats";
import { type AnyMessage, type Codec, defineProtocol } from "@typewire/protocol";

import { Answers } from "../answers.ts";
import { startNatsServer } from "../nats-server.ts";
import { type Peer, runPeer } from "../peer.ts";
import { type ReadyFrames, readyFrames } from "../ready-frames.ts";
import type { Workload } from "../workload.ts";

const ASK = "ask";
const ANSWER = "answer";

/** A line that hears `topic`. */
function join(
  { schemas }: Workload,
  port: number,
  topic: string,
  receive: (frame: Uint8Array) => void,
): BackplaneLine {
  const protocol = defineProtocol({ name: "bench", version: 1, server: schemas, client: {} });
  const line = nats({ servers: `127.0.0.1:${port}` }).join({
    protocol: protocol.name,
    version: protocol.version,
    fingerprint: protocol.fingerprint,
    // Any message that a server sends.
    codec: protocol.server as unknown as Codec<AnyMessage>,
    clock: systemClock,
    connections: () => 1,
    receive: (_, { bytes }) => receive(bytes),
    gap({ missed }) {
      throw new Error(`${missed} messages are lost`);
    },
    event() {},
    answered() {},
  });
  line.members(topic, 1);
  return line;
}

function busLine(workload: Workload): Peer {
  const { frames }: ReadyFrames = readyFrames(workload);
  return {
    async listen() {
      const { port, pid, stop } = await startNatsServer();
      const line: BackplaneLine = join(workload, port, ASK, (frame) =>
        line.publish(ANSWER, frame.slice(), false),
      );
      const connectionCount = (): number => line.othersOf(ANSWER).members;
      return { port, pid, senders: new Set(), connectionCount, close: stop };
    },
    async connect(port) {
      const answers = new Answers<void>();
      const line = join(workload, port, ANSWER, () => void answers.take());
      return {
        async request(message) {
          line.publish(ASK, frames.get(message) ?? new Uint8Array(), false);
          await answers.next();
          return message;
        },
      };
    },
  };
}

await runPeer(busLine);
