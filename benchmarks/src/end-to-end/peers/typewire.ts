// Typewire: the server's and the client's library as their users have them. `reference` as the first
// argument switches the compiled path off; `topic` has every connection subscribe to one; `watched` has metrics, and
// scrapes them once a second.

import { connect as connectClient, serve } from "@typewire/bun";

import { metrics } from "@typewire/observe";

import type { Message } from "../../codec/corpus.ts";
import { defineFor } from "../../typewire-path.ts";
import { Answers } from "../answers.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import { messageNameOf, type Workload } from "../workload.ts";

/** What all connections are subscribed to where the first argument is `topic`. */
const TOPIC = "all";
const hasTopic = process.argv[2] === "topic";
const isWatched = process.argv[2] === "watched";
const SCRAPE_EVERY_MS = 1000;
const path = process.argv[2] === "reference" ? "reference" : "compiled";
/** Room for the largest text of the growth benchmarks: the default is 1 MiB for the whole payload. */
const limits = { maxFrameBytes: 2 * 1024 * 1024 };
const CONNECT_TIMEOUT_MS = 60_000;

function protocolOf({ schemas }: Workload) {
  const definition = { name: "bench", version: 1, server: schemas, client: schemas };
  return defineFor[path](definition);
}

type BenchProtocol = ReturnType<typeof protocolOf>;

async function listen(protocol: BenchProtocol, name: string): Promise<PeerServer> {
  const server = serve(
    protocol,
    {
      port: 0,
      limits,
      maxConnections: 20_000,
      ...(hasTopic && { onOpen: (connection) => connection.subscribe(TOPIC) }),
    },
    { [name]: (message, connection) => void connection.send(message) },
  );
  const scrape = (): unknown => metrics(server);
  if (isWatched) {
    scrape();
    setInterval(scrape, SCRAPE_EVERY_MS);
  }
  return {
    port: server.port,
    senders: server.connections,
    broadcast: (message) => void server.broadcast(message),
    publish: (message) => void server.publish(TOPIC, message),
    ...(isWatched && { scrape }),
  };
}

async function connect(
  protocol: BenchProtocol,
  name: string,
  port: number,
  receiver: Receiver,
): Promise<PeerClient> {
  const answers = new Answers<Message>();
  const client = await connectClient(
    protocol,
    { port, limits, connectTimeoutMs: CONNECT_TIMEOUT_MS, reconnect: false },
    {
      [name](message: Message) {
        if (!answers.take(message)) receiver.message(message);
      },
    },
  );
  return {
    request(message) {
      client.send(message);
      return answers.next();
    },
  };
}

function typewire(workload: Workload): Peer {
  const protocol = protocolOf(workload);
  const name = messageNameOf(workload);
  return {
    listen: () => listen(protocol, name),
    connect: (port, receiver) => connect(protocol, name, port, receiver),
  };
}

await runPeer(typewire);
