// Effect RPC over its socket server: a plain procedure and a streaming one. Effect's schemas validate at
// both ends. TCP, with the serialisation that is fastest here. It has no streams from the client.

import { NodeSocket, NodeSocketServer } from "@effect/platform-node";
import { Context, Effect, Layer, ManagedRuntime, Schema, Scope, Stream } from "effect";
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc";
import { SocketServer } from "effect/socket";

import { items } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";
import { Posted, posted } from "../../end-to-end/effect-schema.ts";

const BUFFER_ITEMS = 4096;

class Bench extends RpcGroup.make(
  Rpc.make("Echo", { payload: posted, success: Posted }),
  Rpc.make("Down", { payload: { count: Schema.Int }, success: Posted, stream: true }),
) {}

const serialization = RpcSerialization.layerSchemaBinary();

async function listen(): Promise<CallServer> {
  const handlers = Bench.toLayer({
    Echo: (message) => Effect.succeed(message),
    Down: ({ count }) =>
      Stream.fromIterable(items(count) as Iterable<unknown> as Iterable<typeof Posted.Type>),
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
  return { port: address.port };
}

async function connect(port: number): Promise<CallClient> {
  const layer = RpcClient.layerProtocolSocket().pipe(
    Layer.provide(NodeSocket.layerNet({ host: "127.0.0.1", port })),
    Layer.provide(serialization),
  );
  const runtime = ManagedRuntime.make(layer);
  const scope = Scope.makeUnsafe();
  const make = RpcClient.make(Bench, { disableTracing: true });
  const client = await runtime.runPromise(Scope.provide(make, scope));
  return {
    call: (item) => runtime.runPromise(client.Echo(item as unknown as typeof Posted.Type)),
    async down(count, take) {
      const stream = client.Down({ count }, { streamBufferSize: BUFFER_ITEMS });
      const taken = stream.pipe(Stream.takeWhile((item) => item !== undefined));
      await runtime.runPromise(
        Stream.runForEachWhile(taken, (item) => {
          const more = take(item);
          return typeof more === "boolean" ? Effect.succeed(more) : Effect.promise(() => more);
        }),
      );
    },
    close: () => runtime.dispose(),
  };
}

await runCallPeer({ listen, connect });
