// One peer that speaks the messages of calls as badly as it likes, and what it hears.

import { type ControlMessage, isControlMessage, type Result } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import type { ScriptedPeer } from "@typewire/testkit";

import { connectPeer } from "../tls.ts";
import { callsProtocol } from "./protocol.ts";

/** What a client may say of its calls, and control messages. */
export type Said = Parameters<typeof callsProtocol.client.encodeInto>[0];
type Heard = ControlMessage;

/** A caller without a connection of ours. */
export class RawCaller implements Disposable {
  readonly peer: ScriptedPeer;
  /** The names of the calls made, by id. */
  readonly #names = new Map<number, string>();

  private constructor(peer: ScriptedPeer) {
    this.peer = peer;
  }

  /** Connects to a port, or a Unix socket, and takes the server's `$hello`. */
  static async connect(address: number | { readonly unix: string }): Promise<RawCaller> {
    const caller = new RawCaller(await connectPeer(address));
    await caller.next("$hello");
    return caller;
  }

  /** How the server's log names it. */
  get name(): string {
    return this.peer.name;
  }

  /** The frames of valid messages, one behind the other. */
  frames(...messages: readonly Said[]): Uint8Array {
    const writer = new ByteWriter();
    for (const message of messages) {
      if (message.type === "$call") {
        this.#names.set(message.id, message.call);
        callsProtocol.client.encodeCallInto(message, message.call, writer);
      } else if (message.type === "$item") {
        const name = this.#names.get(message.id) ?? "sum";
        callsProtocol.client.encodeCallInto(message, name, writer);
      } else {
        callsProtocol.client.encodeInto(message, writer);
      }
    }
    return writer.copy();
  }

  send(...messages: readonly Said[]): Promise<boolean> {
    return this.peer.send(this.frames(...messages));
  }

  /** The next message of this type; those before it are passed over. */
  async next<Name extends Heard["type"]>(type: Name): Promise<Extract<Heard, { type: Name }>> {
    const payload = await this.peer.next((candidate) => this.#decode(candidate)?.type === type);
    return this.#decode(payload) as Extract<Heard, { type: Name }>;
  }

  /** The result of this call. */
  async result(id: number): Promise<Result> {
    for (;;) {
      const result = await this.next("$result");
      if (result.id === id) return result;
    }
  }

  /** All messages of control that it has heard so far, in order. */
  get all(): readonly Heard[] {
    return this.peer.payloads.flatMap((payload) => this.#decode(payload) ?? []);
  }

  /** All that it has heard so far of this type. */
  heard<Name extends Heard["type"]>(type: Name): readonly Extract<Heard, { type: Name }>[] {
    return this.peer.payloads
      .map((payload) => this.#decode(payload))
      .filter((message) => message?.type === type) as Extract<Heard, { type: Name }>[];
  }

  /** Waits until the server has handled all that was sent so far. */
  async settle(): Promise<void> {
    await this.send({ type: "$ping" });
    await this.next("$pong");
  }

  /** Ends its half, and waits for the server's. */
  async leave(): Promise<void> {
    this.peer.shutdown();
    await this.peer.ended;
  }

  [Symbol.dispose](): void {
    this.peer.reset();
  }

  /** Undefined where it is a message of the program's. */
  #decode(payload: Uint8Array): Heard | undefined {
    const openCalls = (id: number): string => this.#names.get(id) ?? "hang";
    const message = callsProtocol.server.decodeIncoming(
      payload,
      0,
      payload.length,
      undefined,
      openCalls,
    );
    return isControlMessage(message) ? message : undefined;
  }
}
