// NATS: nats-server between two clients, JSON and the compiled TypeBox check at both. The peer that listens
// starts the server with the configuration in its first argument, publishes and answers; the memory that
// counts is the server's.

import { connect as connectNats, type NatsConnection } from "@nats-io/transport-node";

import { type Checker, checkerOf, type Parse, parserOf } from "../json.ts";
import { startNatsServer } from "../nats-server.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Sender } from "../sender.ts";
import type { Workload } from "../workload.ts";

const SUBJECT = "message";
const REQUEST = "request";
const JOIN = "join";
/** What is published between two looks at whether the server has it all. */
const BATCH = 1024;

class Publisher implements Sender {
  readonly #connection: NatsConnection;
  readonly #check: Checker;
  #unflushed = 0;

  constructor(connection: NatsConnection, check: Checker) {
    this.#connection = connection;
    this.#check = check;
  }

  send(message: Workload["messages"][number]): boolean {
    this.#connection.publish(SUBJECT, JSON.stringify(this.#check(message)));
    this.#unflushed = (this.#unflushed + 1) % BATCH;
    return this.#unflushed !== 0;
  }

  ready(): Promise<void> {
    return this.#connection.flush();
  }
}

async function listen(parse: Parse, check: Checker): Promise<PeerServer> {
  const { port, pid, stop } = await startNatsServer();
  const connection = await connectNats({ servers: `127.0.0.1:${port}` });
  let joined = 0;
  connection.subscribe(REQUEST, {
    callback: (_, request) => void request.respond(JSON.stringify(parse(request.string()))),
  });
  connection.subscribe(JOIN, {
    callback(_, request) {
      joined += 1;
      request.respond();
    },
  });
  await connection.flush();
  return {
    port,
    pid,
    // One publication reaches all that are subscribed.
    senders: new Set([new Publisher(connection, check)]),
    connectionCount: () => joined,
    close: stop,
  };
}

async function connect(port: number, parse: Parse, receiver: Receiver): Promise<PeerClient> {
  const connection = await connectNats({ servers: `127.0.0.1:${port}` });
  connection.subscribe(SUBJECT, {
    callback: (_, message) => receiver.message(parse(message.string())),
  });
  await connection.request(JOIN);
  return {
    async request(message) {
      const answer = await connection.request(REQUEST, JSON.stringify(message), {
        timeout: 30_000,
      });
      return parse(answer.string());
    },
  };
}

function nats(workload: Workload): Peer {
  const parse = parserOf(workload);
  const check = checkerOf(workload);
  return {
    listen: () => listen(parse, check),
    connect: (port, receiver) => connect(port, parse, receiver),
  };
}

await runPeer(nats);
