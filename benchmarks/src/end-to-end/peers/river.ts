// replit/river over WebSocket with its binary codec: a subscription for what comes unasked, an rpc for
// requests. River checks what the server is sent; its client does not look at what it receives, so the
// compiled TypeBox check does.

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";

import { createClient, createServer, Ok, Procedure, ServiceSchema } from "@replit/river";
import { BinaryCodec } from "@replit/river/codec";
import { WebSocketClientTransport } from "@replit/river/transport/ws/client";
import { WebSocketServerTransport } from "@replit/river/transport/ws/server";
import { type TObject, Type } from "@sinclair/typebox";
import { WebSocket, WebSocketServer } from "ws";

import { messageSchema } from "../../codec/corpus.ts";
import { type Checker, checkerOf } from "../json.ts";
import { type Peer, type PeerClient, type PeerServer, runPeer } from "../peer.ts";
import type { Receiver } from "../receiver.ts";
import { type Sender, untilBelow } from "../sender.ts";
import type { Workload } from "../workload.ts";

const SERVER = "server";
const ENOUGH_MESSAGES = 256;
const ENOUGH_BYTES = 1024 * 1024;

/** What a subscription of River offers, as far as it is used here. */
interface Output {
  push(result: ReturnType<typeof Ok>): unknown;
  onEmpty(): Promise<void>;
}

/** A subscription has no backpressure of its own: its queue and its socket are waited for. */
class SubscriptionSender implements Sender {
  readonly #output: Output;
  readonly #socket: WebSocket;
  #waiting = 0;

  constructor(output: Output, socket: WebSocket) {
    this.#output = output;
    this.#socket = socket;
  }

  send(message: object): boolean {
    this.#output.push(Ok(message));
    this.#waiting += 1;
    return this.#waiting < ENOUGH_MESSAGES;
  }

  async ready(): Promise<void> {
    await this.#output.onEmpty();
    await untilBelow(ENOUGH_BYTES, () => this.#socket.bufferedAmount);
    this.#waiting = 0;
  }
}

function servicesOf(workload: Workload, senders: Set<Sender>) {
  const message = messageSchema(workload) as TObject;
  return {
    bench: ServiceSchema.define({
      echo: Procedure.rpc({
        input: message,
        output: message,
        errors: Type.Never(),
        handler: async (_, input) => Ok(input),
      }),
      subscribe: Procedure.subscription({
        input: Type.Object({}),
        output: message,
        errors: Type.Never(),
        async handler({ session }, _, output) {
          const { ws } = session.connection as unknown as { readonly ws: WebSocket };
          const sender = new SubscriptionSender(output, ws);
          senders.add(sender);
          return () => void senders.delete(sender);
        },
      }),
    }),
  };
}

function serve(transport: WebSocketServerTransport, workload: Workload, senders: Set<Sender>) {
  return createServer(transport, servicesOf(workload, senders));
}

async function listen(workload: Workload): Promise<PeerServer> {
  const senders = new Set<Sender>();
  const http = createHttpServer();
  const wss = new WebSocketServer({ server: http, perMessageDeflate: false });
  const transport = new WebSocketServerTransport(wss, SERVER, { codec: BinaryCodec });
  serve(transport, workload, senders);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return { port: (http.address() as AddressInfo).port, senders };
}

let clients = 0;

async function connect(port: number, check: Checker, receiver: Receiver): Promise<PeerClient> {
  clients += 1;
  const transport = new WebSocketClientTransport(
    async () => new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false }),
    `client-${process.pid}-${clients}`,
    { codec: BinaryCodec },
  );
  const client = createClient<ReturnType<typeof serve>>(transport, SERVER, {
    eagerlyConnect: true,
  });
  const [messages] = await client.bench.subscribe.subscribe({});
  void receive(messages as AsyncIterable<Result>, check, receiver);
  return {
    request: async (message) => check(payloadOf((await client.bench.echo.rpc(message)) as Result)),
  };
}

type Result = { readonly ok: boolean; readonly payload: unknown };

async function receive(
  messages: AsyncIterable<Result>,
  check: Checker,
  receiver: Receiver,
): Promise<void> {
  for await (const result of messages) receiver.message(check(payloadOf(result)));
}

function payloadOf({ ok, payload }: Result): unknown {
  if (!ok) throw new Error(`river: ${JSON.stringify(payload)}`);
  return payload;
}

function river(workload: Workload): Peer {
  const check = checkerOf(workload);
  return {
    listen: () => listen(workload),
    connect: (port, receiver) => connect(port, check, receiver),
  };
}

await runPeer(river);
