// Typewire's calls: a call for requests, a call that yields for what comes unasked. The first argument is what a
// program adds to each call: nothing, a `signal`, `try`, or three middlewares on the server; or that a topic carries
// what is for all. The second is the window of a stream in bytes.

import { connect as connectClient, serve } from "@typewire/bun";
import type { Middleware } from "@typewire/connection";
import { defineProtocol } from "@typewire/protocol";

import { MessageQueue } from "../message-queue.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import { messageNameOf, type Workload } from "../workload.ts";

const [, , added = "nothing", windowBytes] = process.argv;
const limits = {
  maxFrameBytes: 2 * 1024 * 1024,
  ...(windowBytes !== undefined && { windowBytes: Number(windowBytes) }),
};
const CONNECT_TIMEOUT_MS = 60_000;
const TOPIC = "all";

type Message = Workload["messages"][number];

function protocolOf({ schema }: Workload) {
  return defineProtocol({
    name: "bench",
    version: 1,
    server: { told: schema },
    client: {},
    calls: {
      echo: { input: schema, output: schema },
      subscribe: { yields: schema },
    },
  });
}

type BenchProtocol = ReturnType<typeof protocolOf>;

/** As one that measures or traces: it waits for what is within. */
const around: Middleware = async (_, next) => {
  const outcome = await next();
  return outcome;
};

async function listen(protocol: BenchProtocol): Promise<PeerServer> {
  const senders = new Set<MessageQueue>();
  const server = serve(
    protocol,
    {
      port: 0,
      limits,
      maxConnections: 20_000,
      use: added === "middlewares" ? [around, around, around] : [],
      observers: added === "topic" ? [{ onOpen: (connection) => connection.subscribe(TOPIC) }] : [],
    },
    {
      echo: (message) => message,
      async *subscribe() {
        const queue = new MessageQueue();
        senders.add(queue);
        try {
          yield* queue;
        } finally {
          senders.delete(queue);
        }
      },
    },
  );
  const told = (message: Message) => ({ ...message, type: "told" }) as const;
  return {
    port: server.port,
    senders,
    connectionCount: () => server.connections.size,
    broadcast: (message) => {
      if (added === "topic") server.publish(TOPIC, told(message));
      else server.broadcast(told(message));
    },
  };
}

async function connect(
  protocol: BenchProtocol,
  port: number,
  receiver: Receiver,
): Promise<PeerClient> {
  const client = await connectClient(
    protocol,
    { port, limits, connectTimeoutMs: CONNECT_TIMEOUT_MS, reconnect: false },
    { told: (message) => receiver.message(message) },
  );
  if (added !== "topic" && added !== "broadcast") void receive(client.call.subscribe(), receiver);
  const { signal } = new AbortController();
  const asked = {
    signal: (message: Message) => client.call.echo(message, { signal }),
    async try(message: Message) {
      const outcome = await client.try.echo(message);
      if (!outcome.ok) throw outcome.error;
      return outcome.output;
    },
  };
  const request =
    added === "signal" || added === "try"
      ? asked[added]
      : (message: Message) => client.call.echo(message);
  return { request };
}

async function receive(messages: AsyncIterable<unknown>, receiver: Receiver): Promise<void> {
  for await (const message of messages) receiver.message(message);
}

function calls(workload: Workload): Peer {
  // What travels is the schema's: a call has no `type`.
  const name = messageNameOf(workload);
  const protocol = protocolOf(workload);
  return {
    listen: () => listen(protocol),
    connect(port, receiver) {
      receiver.toMessage = (message) => ({ ...(message as object), type: name });
      return connect(protocol, port, receiver);
    },
  };
}

await runPeer(calls);
