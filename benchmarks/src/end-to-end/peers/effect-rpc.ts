// Effect RPC over its socket server: a streaming procedure for what comes unasked, a plain one for
// requests. Effect's schemas validate at both ends. TCP, with the serialisation that is fastest here.

import { NodeSocket, NodeSocketServer } from "@effect/platform-node";
import { Context, Effect, Layer, ManagedRuntime, Scope, Stream } from "effect";
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc";
import { SocketServer } from "effect/socket";

import { Posted, posted } from "../effect-schema.ts";
import { MessageQueue } from "../message-queue.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";

class Bench extends RpcGroup.make(
  Rpc.make("Echo", { payload: posted, success: Posted }),
  Rpc.make("Subscribe", { success: Posted, stream: true }),
) {}

const serialization = RpcSerialization.layerSchemaBinary();

/** What the queue holds goes out as one array: Effect's streams are made of those. */
function subscription(senders: Set<MessageQueue>) {
  const queue = new MessageQueue();
  senders.add(queue);
  return Stream.fromIterableEffectRepeat(
    Effect.promise(() => queue.take() as Promise<readonly (typeof Posted.Type)[]>),
  ).pipe(Stream.ensuring(Effect.sync(() => senders.delete(queue))));
}

async function listen(): Promise<PeerServer> {
  const senders = new Set<MessageQueue>();
  const handlers = Bench.toLayer({
    Echo: (message) => Effect.succeed(message),
    Subscribe: () => Stream.suspend(() => subscription(senders)),
  });
  const layer = RpcServer.layer(Bench, { disableTracing: true }).pipe(
    Layer.provide(handlers),
    Layer.provide(RpcServer.layerProtocolSocketServer),
    Layer.provide(serialization),
    Layer.provideMerge(NodeSocketServer.layer({ host: "127.0.0.1", port: 0 })),
  );
  const context = await ManagedRuntime.make(layer).context();
  const { address } = Context.get(context, SocketServer.SocketServer);
  if (!("port" in address)) throw new Error("expected a TCP address");
  return { port: address.port, senders };
}

async function connect(port: number, receiver: Receiver): Promise<PeerClient> {
  const layer = RpcClient.layerProtocolSocket().pipe(
    Layer.provide(NodeSocket.layerNet({ host: "127.0.0.1", port })),
    Layer.provide(serialization),
  );
  const runtime = ManagedRuntime.make(layer);
  const scope = Scope.makeUnsafe();
  const make = RpcClient.make(Bench, { disableTracing: true });
  const client = await runtime.runPromise(Scope.provide(make, scope));
  const receive = Stream.runForEachArray(
    client.Subscribe(undefined, { streamBufferSize: 4096 }),
    (messages) =>
      Effect.sync(() => {
        for (const message of messages) receiver.message(message);
      }),
  );
  runtime.runFork(receive);
  return {
    request: (message) => runtime.runPromise(client.Echo(message as unknown as typeof Posted.Type)),
  };
}

const effectRpc: Peer = { listen, connect };

// The schemas above are those of the only workload that all systems have.
await runPeer(() => effectRpc);
