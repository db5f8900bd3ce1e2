// Socket.IO with its Redis adapter: several servers, each a process, with the compiled TypeBox check at both ends. The
// peer that listens starts Redis and publishes at the first server. The one that connects starts up to two others, by
// the second argument, which is Redis's port, and connects to each in turn.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";

import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { io } from "socket.io-client";

import { deferred } from "../deferred.ts";
import { type Checker, checkerOf } from "../json.ts";
import { isListeningOn, OtherServers } from "../other-servers.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import type { Workload } from "../workload.ts";

const EVENT = "message";
const JOINED = "joined";
/** What is published between two looks at whether Redis has it all. */
const BATCH = 1024;

async function freePort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function startRedis(port: number) {
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", flags, { stdio: "ignore" });
  await once(child, "spawn");
  return { pid: child.pid ?? 0, stop: () => void child.kill() };
}

/** A server whose adapter is at this Redis; its client waits until Redis is there. */
async function serverAt(redisPort: number) {
  const publisher = createClient({ url: `redis://127.0.0.1:${redisPort}` });
  const subscriber = publisher.duplicate();
  // While Redis starts they fail, and dial again.
  for (const client of [publisher, subscriber]) client.on("error", () => {});
  await Promise.all([publisher.connect(), subscriber.connect()]);
  const http = createServer();
  const server = new Server(http, {
    transports: ["websocket"],
    perMessageDeflate: false,
    adapter: createAdapter(publisher, subscriber),
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { server, publisher, port: (http.address() as AddressInfo).port };
}

async function listen(check: Checker): Promise<PeerServer> {
  const port = await freePort();
  const redis = await startRedis(port);
  const { server, publisher } = await serverAt(port);
  let joined = 0;
  server.on(JOINED, () => {
    joined += 1;
  });
  let published = 0;
  return {
    port,
    pid: redis.pid,
    senders: new Set([
      {
        send(message: Workload["messages"][number]) {
          server.emit(EVENT, check(message));
          published += 1;
          return published % BATCH !== 0;
        },
        ready: async () => void (await publisher.ping()),
      },
    ]),
    connectionCount: () => joined,
    close: redis.stop,
  };
}

/** Another server. It ends with the process that has started it. */
async function serveOther(redisPort: number): Promise<void> {
  const { server, port } = await serverAt(redisPort);
  server.on("connection", () => server.serverSideEmit(JOINED));
  isListeningOn(port);
}

async function connect(port: number, check: Checker, receiver: Receiver): Promise<PeerClient> {
  const socket = io(`http://127.0.0.1:${port}`, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
  });
  socket.on(EVENT, (message: unknown) => receiver.message(check(message)));
  const { promise, resolve, reject } = deferred();
  socket.on("connect", resolve);
  socket.on("connect_error", reject);
  await promise;
  return { request: () => Promise.reject(new Error("what is published has no answer")) };
}

function socketIoRedis(workload: Workload): Peer {
  const check = checkerOf(workload);
  const others = new OtherServers();
  return {
    listen: () => listen(check),
    async connect(port, receiver) {
      return connect(await others.next(port), check, receiver);
    },
  };
}

const [, , , redisPort] = process.argv;
if (redisPort === undefined) await runPeer(socketIoRedis);
else await serveOther(Number(redisPort));
