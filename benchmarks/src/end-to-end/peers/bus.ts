// Typewire over NATS: servers of one protocol, each a process. The peer that listens starts NATS with the configuration
// in its first argument, and publishes at the first server. The one that connects starts up to two others, by the second
// argument, which is NATS's port, and connects to each in turn. Each message is checked where it is published, looked at
// by the other servers, and checked by every client.

import { setTimeout as sleep } from "node:timers/promises";

import { connect as connectClient, serve } from "@typewire/bun";
import { nats } from "@typewire/nats";
import { defineProtocol } from "@typewire/protocol";

import { startNatsServer } from "../nats-server.ts";
import { isListeningOn, OtherServers } from "../other-servers.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import { messageNameOf, type Workload, workloadOf } from "../workload.ts";

const TOPIC = "all";
/** What is published between two looks at how much waits for the bus. */
const BATCH = 1024;
const ENOUGH_BYTES = 2 * 1024 * 1024;
const BETWEEN_LOOKS_MS = 1;
/** As NATS's configuration has it: patience with a client that is behind. */
const limits = { hardQueueBytes: 1024 * 1024 * 1024 };

function protocolOf({ schemas }: Workload) {
  return defineProtocol({ name: "bench", version: 1, server: schemas, client: {} });
}

type BenchProtocol = ReturnType<typeof protocolOf>;

function backplaneAt(port: number) {
  return nats({ servers: `127.0.0.1:${port}` });
}

async function listen(protocol: BenchProtocol): Promise<PeerServer> {
  const { port, pid, stop } = await startNatsServer();
  const server = serve(protocol, { port: 0, backplane: backplaneAt(port) });
  const waiting = (): number => server.stats().backplane?.heldBytes ?? 0;
  let published = 0;
  return {
    port,
    pid,
    senders: new Set([
      {
        send(message) {
          server.publish(TOPIC, message);
          published += 1;
          return published % BATCH !== 0 || waiting() < ENOUGH_BYTES;
        },
        async ready() {
          // The answers of the bus come in their own time: looking each turn would take the others' processor.
          while (waiting() > ENOUGH_BYTES / 2) await sleep(BETWEEN_LOOKS_MS);
        },
      },
    ]),
    connectionCount: () => server.subscribers(TOPIC).members,
    close: stop,
  };
}

/** Another server. It ends with the process that has started it. */
function serveOther(port: number): void {
  const server = serve(protocolOf(workloadOf("posted")), {
    port: 0,
    limits,
    backplane: backplaneAt(port),
    onOpen: (connection) => connection.subscribe(TOPIC),
  });
  isListeningOn(server.port);
}

async function connect(
  protocol: BenchProtocol,
  name: string,
  port: number,
  receiver: Receiver,
): Promise<PeerClient> {
  const client = await connectClient(
    protocol,
    {
      port,
      reconnect: false,
      onGap: ({ missed }) => receiver.fail(new Error(`${missed} messages are lost`)),
    },
    { [name]: (message: unknown) => receiver.message(message) },
  );
  void client.closed.then(({ message }) => receiver.fail(new Error(message)));
  return { request: () => Promise.reject(new Error("what is published has no answer")) };
}

function bus(workload: Workload): Peer {
  const protocol = protocolOf(workload);
  const name = messageNameOf(workload);
  const others = new OtherServers();
  return {
    listen: () => listen(protocol),
    async connect(port, receiver) {
      return connect(protocol, name, await others.next(port), receiver);
    },
  };
}

const [, , , natsPort] = process.argv;
if (natsPort === undefined) await runPeer(bus);
else serveOther(Number(natsPort));
