// A small protocol and a connection on a memory socket, for the tests of this package. `bytesOf` makes
// what a peer sends; `heard` reads what a peer hears.

import { Type } from "@sinclair/typebox";
import {
  type AnyMessage,
  type Codec,
  type ControlMessage,
  defineProtocol,
  type MessageOf,
} from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import {
  collect,
  concatenate,
  FakeClock,
  MemorySocket,
  type MemorySocketOptions,
} from "@typewire/testkit";

import {
  type ConnectionLimits,
  type ConnectionOwner,
  createEndpoint,
  type HandlersOf,
  LiveConnection,
  type Observer,
} from "../src/index.ts";

const text = Type.Object({ text: Type.String({ maxLength: 1_000_000 }) });
const blob = Type.Object({ bytes: Type.Uint8Array() });

export const talk = defineProtocol({
  name: "talk",
  version: 1,
  server: { reply: text, picture: blob },
  client: { ask: text, upload: blob },
});

export type FromServer = MessageOf<typeof talk, "server">;
export type FromClient = MessageOf<typeof talk, "client">;
export type ServerSide = LiveConnection<FromServer, FromClient>;
export type ClientSide = LiveConnection<FromClient, FromServer>;

interface SideOptions<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly limits?: Partial<ConnectionLimits>;
  readonly clock?: FakeClock;
  readonly observer?: Observer<Outgoing, Incoming>;
  readonly owner?: ConnectionOwner<Outgoing>;
}

/** A server's connection that is not opened yet. */
export function serverConnection(
  handlers: HandlersOf<typeof talk, "server"> = {},
  {
    limits = {},
    clock = new FakeClock(),
    observer = {},
    owner = {},
  }: SideOptions<FromServer, FromClient> = {},
): ServerSide {
  const endpoint = createEndpoint(talk, "server", handlers, {
    limits,
    clock,
    owner,
    observers: [observer],
  });
  return new LiveConnection(endpoint, "peer");
}

/** A client's connection that is not opened yet. */
export function clientConnection(
  handlers: HandlersOf<typeof talk, "client"> = {},
  {
    limits = {},
    clock = new FakeClock(),
    observer = {},
    owner = {},
  }: SideOptions<FromClient, FromServer> = {},
): ClientSide {
  const endpoint = createEndpoint(talk, "client", handlers, {
    limits,
    clock,
    owner,
    observers: [observer],
  });
  return new LiveConnection(endpoint, "peer");
}

/** A memory socket that is already this connection's. */
export function openSocket(
  connection: ServerSide | ClientSide,
  options: MemorySocketOptions = {},
): MemorySocket {
  const socket = new MemorySocket(options);
  socket.events = connection;
  connection.opened(socket);
  return socket;
}

/** Frames as the client sends them. */
export function fromClient(...messages: readonly (FromClient | ControlMessage)[]): Uint8Array {
  return concatenate(messages.map((message) => frameOf(talk.client, message)));
}

/** Frames as the server sends them. */
export function fromServer(...messages: readonly (FromServer | ControlMessage)[]): Uint8Array {
  return concatenate(messages.map((message) => frameOf(talk.server, message)));
}

function frameOf<Message extends AnyMessage>(
  codec: Codec<Message>,
  message: Message | ControlMessage,
): Uint8Array {
  const writer = new ByteWriter();
  codec.encodeInto(message, writer);
  return writer.copy();
}

/** The messages in what a server's socket has taken. */
export function heardByClient(socket: MemorySocket): (FromServer | ControlMessage)[] {
  return read(talk.server, socket.written);
}

/** The messages in what a client's socket has taken. */
export function heardByServer(socket: MemorySocket): (FromClient | ControlMessage)[] {
  return read(talk.client, socket.written);
}

function read<Message extends AnyMessage>(
  codec: Codec<Message>,
  bytes: Uint8Array,
): (Message | ControlMessage)[] {
  return collect([bytes], { maxFrameBytes: 2 ** 27 }).map((payload) =>
    codec.decodeIncoming(payload, 0, payload.length),
  );
}

/** What both ends say first. */
export const clientHello = { type: "$hello", protocol: "talk", version: 1 } as const;
export const serverHello = clientHello;

/** After everything that this turn of the event loop has asked for: flushes, handlers, promises. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
