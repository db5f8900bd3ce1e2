// A network of sockets made of arrays for the tests of this package, and a client that is connected over it.

import type { SocketUser } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { saludo, type SaludoClientMessage } from "@typewire/protocol/saludo";
import { FakeClock, MemorySocket } from "@typewire/testkit";

import type { ClientHost } from "../src/client-host.ts";
import type { ClientOptions } from "../src/client-options.ts";
import { LiveClient } from "../src/live-client.ts";

export const target = { hostname: "127.0.0.1", port: 1 };
export const refused = new TypewireError("connect-failed", "Cannot connect: connection refused");

function helloFrame(maxFrameBytes: number): Uint8Array {
  const writer = new ByteWriter();
  const { name: protocol, version, fingerprint } = saludo;
  const hello = { type: "$hello", protocol, version, fingerprint, maxFrameBytes } as const;
  saludo.server.encodeInto(hello, writer);
  return writer.copy();
}

/** A network that connects to a server which says `$hello`, or refuses. */
export class Network {
  isUp = true;
  /** What a dial rejects with while it is not. */
  refusal = refused;
  dials = 0;
  room = Infinity;
  maxFrameBytes = 1_048_576;
  socket = new MemorySocket();
  user: SocketUser | undefined;

  readonly dial: ClientHost["dial"] = async (_, user) => {
    this.dials += 1;
    if (!this.isUp) throw this.refusal;
    this.user = user;
    this.socket = new MemorySocket({ room: this.room });
    this.socket.events = user;
    user.opened(this.socket);
    user.receive(helloFrame(this.maxFrameBytes));
  };

  /** What the socket of the live connection has taken, without `$hello`. */
  get said(): string[] {
    const frames = new TextDecoder().decode(this.socket.written);
    return [...frames.matchAll(/<(.*?)>/g)].map(([, text = ""]) => text);
  }

  lose(): void {
    this.user?.socketClosed(new Error("reset"));
  }
}

/** A host that dials so; what fails and is told to no observer goes to `reported`, by name. */
export const hostOf = (dial: ClientHost["dial"], reported: string[] = []): ClientHost => ({
  dial,
  handlerFailed: (_, name) => void reported.push(name),
});

/** A client that has connected. */
export async function connected(options: ClientOptions<typeof saludo> = {}) {
  const clock = new FakeClock();
  const network = new Network();
  const all = { clock, random: () => 0.5, limits: { heartbeatIntervalMs: 0 }, ...options };
  const reported: string[] = [];
  const client = new LiveClient(saludo, [target], all, {}, hostOf(network.dial, reported));
  await client.start();
  return { client, clock, network, reported };
}

export const say = (text: string): SaludoClientMessage => ({ type: "say", text: `<${text}>` });

/** Lets what was sent in this turn be written. */
export const turn = (): Promise<void> => new Promise(setImmediate);

export const texts = (messages: readonly SaludoClientMessage[]): string[] =>
  messages.map((message) => (message.type === "say" ? message.text : message.type));
