// NATS: a request through nats-server between two clients, JSON and the compiled TypeBox check at both.
// Its core has no streams with backpressure. The first argument is the server's configuration.

import { connect as connectNats } from "@nats-io/transport-node";

import { checkerOf, parserOf } from "../../end-to-end/json.ts";
import { startNatsServer } from "../../end-to-end/nats-server.ts";
import { workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";

const SUBJECT = "echo";
const TIMEOUT_MS = 30_000;
const parse = parserOf(workload);
const check = checkerOf(workload);

async function listen(): Promise<CallServer> {
  const { port, pid, stop } = await startNatsServer();
  const connection = await connectNats({ servers: `127.0.0.1:${port}` });
  connection.subscribe(SUBJECT, {
    callback: (_, request) => void request.respond(JSON.stringify(parse(request.string()))),
  });
  await connection.flush();
  return { port, pid, close: stop };
}

async function connect(port: number): Promise<CallClient> {
  const connection = await connectNats({ servers: `127.0.0.1:${port}` });
  return {
    async call(item) {
      const text = JSON.stringify(check(item));
      return parse((await connection.request(SUBJECT, text, { timeout: TIMEOUT_MS })).string());
    },
    close: () => connection.close(),
  };
}

await runCallPeer({ listen, connect });
