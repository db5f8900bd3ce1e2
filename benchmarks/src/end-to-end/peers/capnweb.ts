// Cap'n Web over WebSocket: a method of an object for requests. It checks nothing, so the compiled TypeBox check does,
// at both ends. For requests only: what comes unasked would be a call to the client for each message.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { newWebSocketRpcSession, type RpcStub, RpcTarget } from "capnweb";
import { WebSocket, WebSocketServer } from "ws";

import { type Checker, checkerOf } from "../json.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Workload } from "../workload.ts";

class Bench extends RpcTarget {
  readonly #check: Checker;

  constructor(check: Checker) {
    super();
    this.#check = check;
  }

  echo(message: object): object {
    return this.#check(message);
  }
}

async function listen(check: Checker): Promise<PeerServer> {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  let connections = 0;
  wss.on("connection", (socket) => {
    connections += 1;
    newWebSocketRpcSession(socket as unknown as globalThis.WebSocket, new Bench(check));
  });
  await once(wss, "listening");
  return {
    port: (wss.address() as AddressInfo).port,
    senders: new Set(),
    connectionCount: () => connections,
  };
}

async function connect(port: number, check: Checker): Promise<PeerClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(socket, "open");
  const api = newWebSocketRpcSession(
    socket as unknown as globalThis.WebSocket,
  ) as unknown as RpcStub<Bench>;
  return { request: async (message) => check((await api.echo(message)) as object) };
}

function capnweb(workload: Workload): Peer {
  const check = checkerOf(workload);
  return { listen: () => listen(check), connect: (port) => connect(port, check) };
}

await runPeer(capnweb);
