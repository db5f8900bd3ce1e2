// Typewire over NATS: two servers of one protocol, and a client at the second, each a process. The peer that listens
// starts NATS with the configuration in its first argument, and publishes at the first server; the one that connects
// starts the second, by the second argument, which is NATS's port. Each message is checked where it is published,
// looked at by the second server, and checked by the client.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { connect as connectClient, serve } from "@typewire/bun";
import { nats } from "@typewire/nats";
import { defineProtocol } from "@typewire/protocol";

import { startNatsServer } from "../nats-server.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import { messageNameOf, type Workload, workloadOf } from "../workload.ts";

const TOPIC = "all";
/** What is published between two looks at how much waits for the bus. */
const BATCH = 1024;
const ENOUGH_BYTES = 2 * 1024 * 1024;
const BETWEEN_LOOKS_MS = 1;

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

/** The second server. It ends with the process that has started it. */
function serveSecond(port: number): void {
  const server = serve(protocolOf(workloadOf("posted")), {
    port: 0,
    backplane: backplaneAt(port),
    onOpen: (connection) => connection.subscribe(TOPIC),
  });
  process.stdout.write(`${server.port}\n`);
  process.stdin.resume().once("end", () => process.exit(0));
}

async function startSecond(port: number): Promise<number> {
  const [program = ""] = process.argv.slice(1);
  const child = spawn(process.execPath, [program, "", String(port)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return Number(line);
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
      port: await startSecond(port),
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
  return {
    listen: () => listen(protocol),
    connect: (port, receiver) => connect(protocol, name, port, receiver),
  };
}

const [, , , natsPort] = process.argv;
if (natsPort === undefined) await runPeer(bus);
else serveSecond(Number(natsPort));
