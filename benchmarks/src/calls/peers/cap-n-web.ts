// Cap'n Web over WebSocket. It checks nothing, so the compiled TypeBox check does at both ends. Streams
// are ReadableStreams, whose chunks may be any value.

import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { newWebSocketRpcSession, RpcTarget } from "capnweb";
import { WebSocket, WebSocketServer } from "ws";

import { checkerOf } from "../../end-to-end/json.ts";
import { bytesOf, CHUNK_BYTES, chunk, items, takeAll, workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";

const check = checkerOf(workload);

/** A stream of what `from` gives, as it is pulled. */
function pulled<Value>(from: Iterator<Value>): ReadableStream<Value> {
  return new ReadableStream<Value>({
    pull(controller) {
      const next = from.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  });
}

function* repeated(count: number): Generator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield chunk;
}

class Bench extends RpcTarget {
  echo(item: object): object {
    return check(item);
  }

  down(count: number): ReadableStream<object> {
    return pulled(items(count));
  }

  chunks(count: number): ReadableStream<Uint8Array> {
    return pulled(repeated(count));
  }
}

/** Its client's promises are typed by a mapping that the workload's types are too open for. */
interface BenchStub {
  echo(item: object): Promise<object>;
  down(count: number): Promise<ReadableStream<object>>;
  chunks(count: number): Promise<ReadableStream<Uint8Array>>;
}

type AnySocket = globalThis.WebSocket;

async function listen(): Promise<CallServer> {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  wss.on("connection", (socket) => {
    newWebSocketRpcSession(socket as unknown as AnySocket, new Bench());
  });
  await once(wss, "listening");
  return { port: (wss.address() as AddressInfo).port };
}

async function connect(port: number): Promise<CallClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(socket, "open");
  const stub = newWebSocketRpcSession(socket as unknown as AnySocket) as unknown as BenchStub;
  return {
    call: async (item) => check(await stub.echo(check(item))),
    async down(count, take) {
      const stream = await stub.down(count);
      await takeAll(stream as unknown as AsyncIterable<object>, (item) => take(check(item)));
    },
    async chunks(count) {
      const stream = await stub.chunks(count);
      return bytesOf(checked(stream as unknown as AsyncIterable<Uint8Array>));
    },
    close: () => socket.close(),
  };
}

async function* checked(from: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of from) {
    if (!(bytes instanceof Uint8Array) || bytes.length > CHUNK_BYTES) throw new Error("no chunk");
    yield bytes;
  }
}

await runCallPeer({ listen, connect });
