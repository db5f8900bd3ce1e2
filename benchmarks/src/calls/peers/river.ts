// replit/river over WebSocket with its binary codec: rpc, subscription, stream. River checks what the
// server is sent; its client does not look at what it receives, so the compiled TypeBox check does.

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";

import { createClient, createServer, Ok, Procedure, ServiceSchema } from "@replit/river";
import { BinaryCodec } from "@replit/river/codec";
import { WebSocketClientTransport } from "@replit/river/transport/ws/client";
import { WebSocketServerTransport } from "@replit/river/transport/ws/server";
import { Type } from "@sinclair/typebox";
import { WebSocket, WebSocketServer } from "ws";

import { checkerOf } from "../../end-to-end/json.ts";
import { items, pacedItems, workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";
import { message } from "../schema.ts";

const SERVER = "server";
/** Its client is left alone after so many items, until it has handed them on. */
const BURST_ITEMS = 256;
const check = checkerOf(workload);

const services = {
  bench: ServiceSchema.define({
    echo: Procedure.rpc({
      input: message,
      output: message,
      errors: Type.Never(),
      handler: async (_, input) => Ok(input),
    }),
    down: Procedure.subscription({
      input: Type.Object({ count: Type.Integer() }),
      output: message,
      errors: Type.Never(),
      async handler({ session }, { count }, output) {
        const { ws } = session.connection as unknown as { readonly ws: WebSocket };
        let isWanted = true;
        void push();
        return () => {
          isWanted = false;
        };
        async function push(): Promise<void> {
          for await (const item of pacedItems(count, () => ws.bufferedAmount)) {
            if (!isWanted) return;
            output.push(Ok(item as never));
          }
          output.end(undefined);
        }
      },
    }),
    both: Procedure.stream({
      input: message,
      output: message,
      errors: Type.Never(),
      async handler(_, input, output) {
        for await (const item of input) output.push(Ok(item));
        output.end(undefined);
      },
    }),
  }),
};

function serveBench(transport: WebSocketServerTransport) {
  return createServer(transport, services);
}

async function listen(): Promise<CallServer> {
  const http = createHttpServer();
  const wss = new WebSocketServer({ server: http, perMessageDeflate: false });
  serveBench(new WebSocketServerTransport(wss, SERVER, { codec: BinaryCodec }));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { port: (http.address() as AddressInfo).port };
}

type Result = { readonly ok: boolean; readonly payload: unknown };

function payloadOf({ ok, payload }: Result): unknown {
  if (!ok) throw new Error(`river: ${JSON.stringify(payload)}`);
  return check(payload);
}

async function* payloads(results: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const result of results) yield payloadOf(result as Result);
}

let clients = 0;

async function connect(port: number): Promise<CallClient> {
  clients += 1;
  const transport = new WebSocketClientTransport(
    async () => new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false }),
    `client-${process.pid}-${clients}`,
    { codec: BinaryCodec },
  );
  const { bench } = createClient<ReturnType<typeof serveBench>>(transport, SERVER, {
    eagerlyConnect: true,
  });
  return {
    call: async (item) => payloadOf((await bench.echo.rpc(item as never)) as Result),
    async down(count, take) {
      const [results, close] = await bench.down.subscribe({ count });
      for await (const result of results) {
        const more = take(payloadOf(result as Result));
        if (more !== true && !(await more)) break;
      }
      close();
    },
    async both(count, take) {
      const [input, results] = await bench.both.stream();
      let pushed = 0;
      const pushing = (async () => {
        for (const item of items(count)) {
          input.push(item as never);
          if ((pushed += 1) % BURST_ITEMS === 0) await input.onEmpty();
        }
        input.end(undefined as never);
      })();
      for await (const item of payloads(results)) {
        const more = take(item);
        if (more !== true && !(await more)) break;
      }
      await pushing;
    },
    close: () => transport.close(),
  };
}

await runCallPeer({ listen, connect });
