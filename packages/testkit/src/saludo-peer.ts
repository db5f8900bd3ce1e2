// A client of `saludo` that shares nothing with our connections but the codec.

import { type ControlMessage, isControlMessage } from "@typewire/protocol";
import { saludo, type SaludoServerMessage } from "@typewire/protocol/saludo";
import { type Address, ScriptedPeer } from "./scripted-peer.ts";

type Received = SaludoServerMessage | ControlMessage;

export class SaludoPeer implements Disposable {
  readonly raw: ScriptedPeer;

  constructor(raw: ScriptedPeer) {
    this.raw = raw;
  }

  static async connect(address: Address): Promise<SaludoPeer> {
    return new SaludoPeer(await ScriptedPeer.connect(address));
  }

  /** The next message of this type; those before it are passed over. */
  async next<Name extends Received["type"]>(
    type: Name,
  ): Promise<Extract<Received, { type: Name }>> {
    const payload = await this.raw.next((candidate) => decode(candidate).type === type);
    return decode(payload) as Extract<Received, { type: Name }>;
  }

  /** The types of all messages so far, without control messages. */
  get received(): readonly SaludoServerMessage[] {
    return this.raw.payloads.map(decode).filter((message) => !isControlMessage(message));
  }

  say(text: string): Promise<boolean> {
    return this.raw.send(saludo.client.encodeFrame({ type: "say", text }));
  }

  [Symbol.dispose](): void {
    this.raw.reset();
  }
}

function decode(payload: Uint8Array): Received {
  return saludo.server.decodeIncoming(payload, 0, payload.length);
}
