// Connect over HTTP/2, by its own client and server for Node. Messages are Protocol Buffers of protobuf-es,
// checked at both ends for what the wire types leave open.

import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  type Message,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as FieldKind,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import {
  connectNodeAdapter,
  createConnectTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";

import { convertRecord, modelsOf, numberToSymbol, recordChecks } from "../../codec/model.ts";
import { symbolToNumber } from "../../codec/model.ts";
import { messageType } from "../../codec/sides/bufbuild.ts";
import { bytesOf, chunk, items, takeAll, workload } from "../items.ts";
import { type CallClient, type CallServer, runCallPeer } from "../peer.ts";

const [found] = modelsOf(workload);
if (found === undefined) throw new Error("expected a record of the workload");
const model = found;

const field = (name: string, type: FieldKind) => ({
  name: "Given",
  field: [{ name, number: 1, label: Label.OPTIONAL, type, typeName: "" }],
});
const posted = `.bench.${model.name}`;
const file = create(FileDescriptorProtoSchema, {
  name: "bench.proto",
  package: "bench",
  syntax: "proto3",
  messageType: [
    messageType(model, ""),
    { ...field("count", FieldKind.UINT32), name: "Count" },
    { ...field("bytes", FieldKind.BYTES), name: "Chunk" },
  ],
  service: [
    {
      name: "Bench",
      method: [
        { name: "Echo", inputType: posted, outputType: posted },
        { name: "Down", inputType: ".bench.Count", outputType: posted, serverStreaming: true },
        {
          name: "Both",
          inputType: posted,
          outputType: posted,
          clientStreaming: true,
          serverStreaming: true,
        },
        {
          name: "Chunks",
          inputType: ".bench.Count",
          outputType: ".bench.Chunk",
          serverStreaming: true,
        },
      ],
    },
  ],
});
const registry = createFileRegistry(file, () => undefined);

function known<Found>(name: string, of: Found | undefined): Found {
  if (of === undefined) throw new Error(`bench.proto: expected ${name} in the registry`);
  return of;
}

const service: DescService = known("Bench", registry.getService("bench.Bench"));
const postedType: DescMessage = known(model.name, registry.getMessage(`bench.${model.name}`));
const chunkType: DescMessage = known("Chunk", registry.getMessage("bench.Chunk"));

const isValid = known("a check", recordChecks(workload, "numbers")[model.name]);
function check<Value>(value: Value): Value {
  if (!isValid(value)) throw new Error("a message fails its check");
  return value;
}

const values = new Map(
  workload.messages.map((item): [object, Message] => [
    item,
    create(postedType, convertRecord(model, item, symbolToNumber)),
  ]),
);

function valueOf(item: object): Message {
  return check(known("a message of the workload", values.get(item)));
}

async function* valuesOf(count: number): AsyncGenerator<Message> {
  for (const item of items(count)) yield valueOf(item);
}

async function* chunksOf(count: number): AsyncGenerator<Message> {
  for (let index = 0; index < count; index += 1) {
    yield create(chunkType, { bytes: chunk } as Record<string, unknown>);
  }
}

async function* checked(from: AsyncIterable<Message>): AsyncGenerator<Message> {
  for await (const value of from) yield check(value);
}

interface Count {
  readonly count: number;
}

async function listen(): Promise<CallServer> {
  const server = createServer(
    connectNodeAdapter({
      routes(router) {
        router.service(service, {
          echo: (value: Message) => check(value),
          down: ({ count }: Message & Count) => valuesOf(count),
          both: (given: AsyncIterable<Message>) => checked(given),
          chunks: ({ count }: Message & Count) => chunksOf(count),
        } as object);
      },
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port };
}

/** The methods by the types that generated code would give them. */
interface BenchClient {
  echo(value: Message): Promise<Message>;
  down(given: Count, options: { readonly signal: AbortSignal }): AsyncIterable<Message>;
  both(given: AsyncIterable<Message>): AsyncIterable<Message>;
  chunks(given: Count): AsyncIterable<Message & { readonly bytes: Uint8Array }>;
}

async function connect(port: number): Promise<CallClient> {
  const baseUrl = `http://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  await sessionManager.connect();
  const transport = createConnectTransport({ httpVersion: "2", baseUrl, sessionManager });
  const client = createClient(service, transport) as unknown as BenchClient;
  return {
    call: async (item) => check(await client.echo(valueOf(item))),
    async down(count, take) {
      const leaving = new AbortController();
      await takeAll(client.down({ count }, leaving), (value) => take(check(value)));
      leaving.abort();
    },
    both: (count, take) => takeAll(checked(client.both(valuesOf(count))), take),
    chunks: (count) => bytesOf(bytesIn(client.chunks({ count }))),
    toMessage: (value) => ({
      type: model.name,
      ...convertRecord(model, value as Record<string, unknown>, numberToSymbol),
    }),
    close: () => sessionManager.abort(),
  };
}

async function* bytesIn(
  from: AsyncIterable<{ readonly bytes: Uint8Array }>,
): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of from) yield bytes;
}

await runCallPeer({ listen, connect });
