// A server of `saludo` that does what the test says, and shares nothing with ours but the codec.

import { type ControlMessage, type Hello, isControlMessage } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import {
  saludo,
  type SaludoClientMessage,
  type SaludoServerMessage,
} from "@typewire/protocol/saludo";
import { ScriptedListener, type ScriptedPeer } from "./scripted-peer.ts";

type Received = SaludoClientMessage | ControlMessage;
type Sent = SaludoServerMessage | ControlMessage;

export const hello: Hello = {
  type: "$hello",
  protocol: saludo.name,
  version: saludo.version,
  fingerprint: saludo.fingerprint,
};
export const welcome: SaludoServerMessage = { type: "welcome", text: "Bienvenido al servidor!" };

export class SaludoListener implements Disposable {
  readonly raw = new ScriptedListener();

  get port(): number {
    return this.raw.port;
  }

  /** The next client, told these messages in one write. */
  async accept(...messages: readonly Sent[]): Promise<AcceptedClient> {
    const client = new AcceptedClient(await this.raw.accept());
    await client.send(...messages);
    return client;
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }
}

/** A client under test, seen from the server. */
export class AcceptedClient {
  readonly raw: ScriptedPeer;

  constructor(raw: ScriptedPeer) {
    this.raw = raw;
  }

  async send(...messages: readonly Sent[]): Promise<void> {
    const writer = new ByteWriter();
    for (const message of messages) saludo.server.encodeInto(message, writer);
    await this.raw.send(writer.copy());
  }

  /** The next message of this type; those before it are passed over. */
  async next<Name extends Received["type"]>(
    type: Name,
  ): Promise<Extract<Received, { type: Name }>> {
    const payload = await this.raw.next((candidate) => decode(candidate).type === type);
    return decode(payload) as Extract<Received, { type: Name }>;
  }

  /** What it has said so far. */
  get said(): readonly string[] {
    return this.raw.payloads
      .map(decode)
      .flatMap((message) => (isControlMessage(message) ? [] : [message.text]));
  }
}

function decode(payload: Uint8Array): Received {
  return saludo.client.decodeIncoming(payload, 0, payload.length);
}
