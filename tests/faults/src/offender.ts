// One peer that misbehaves, and what the server tells it.

import { type ControlMessage, isControlMessage, type PeerError } from "@typewire/protocol";
import { saludo, type SaludoServerMessage } from "@typewire/protocol/saludo";
import {
  byteByByte,
  cutAt,
  type Cutter,
  inPiecesOf,
  randomly,
  type ScriptedPeer,
  SeededRandom,
  whole,
} from "@typewire/testkit";

import { frame, message } from "./cbor.ts";
import { connectPeer } from "./tls.ts";

type Received = SaludoServerMessage | ControlMessage;

export class Offender implements Disposable {
  readonly peer: ScriptedPeer;

  private constructor(peer: ScriptedPeer) {
    this.peer = peer;
  }

  /** Connects and takes the server's `$hello`. */
  static async connect(port: number): Promise<Offender> {
    const offender = new Offender(await connectPeer(port));
    await offender.next("$hello");
    return offender;
  }

  /** How the server's log names it. */
  get name(): string {
    return this.peer.name;
  }

  /** All messages so far, without control messages. */
  get messages(): readonly SaludoServerMessage[] {
    return this.peer.payloads.map(decode).filter((message) => !isControlMessage(message));
  }

  /** The next message of this type; those before it are passed over. */
  async next<Name extends Received["type"]>(
    type: Name,
  ): Promise<Extract<Received, { type: Name }>> {
    const payload = await this.peer.next((candidate) => decode(candidate).type === type);
    return decode(payload) as Extract<Received, { type: Name }>;
  }

  /** The next thing that the connection of this name said, with everybody else's passed over. */
  async heardFrom(name: string): Promise<string> {
    for (;;) {
      const { from, text } = await this.next("said");
      if (from === name) return text;
    }
  }

  /** The next `$error`. */
  async refusal(): Promise<PeerError> {
    return this.next("$error");
  }

  say(content: string): Promise<boolean> {
    return this.peer.send(saludo.client.encodeFrame({ type: "say", text: content }));
  }

  /** Ends its half, and waits for the server's. */
  async leave(): Promise<void> {
    this.peer.shutdown();
    await this.peer.ended;
  }

  [Symbol.dispose](): void {
    this.peer.reset();
  }
}

function decode(payload: Uint8Array): Received {
  return saludo.server.decodeIncoming(payload, 0, payload.length);
}

/** As long as most of what a slow reader does not read. */
export const LARGE_TEXT = "x".repeat(4000);

/** What loopback itself holds for a reader that does not read, at most: both socket buffers. */
const MOST_KERNEL_BYTES = 12 * 1024 ** 2;

/** Beyond the kernel's buffers and each bound of a server in these tests. */
const MOST_SAID_BYTES = 64 * 1024 ** 2;

/** Messages that are said in a row, before the server is waited for. */
const BURST = 50;

/** Says so much that a client that does not read has at least `bytes` waiting in the server's memory. */
export function sayAtLeast(speaker: Offender, bytes: number): Promise<void> {
  return sayMore(speaker, bytes + MOST_KERNEL_BYTES);
}

/** Says `bytes` more, in large messages. */
export async function sayMore(speaker: Offender, bytes: number): Promise<void> {
  for (let said = 0; said < bytes; said += BURST * LARGE_TEXT.length) await sayBurst(speaker);
}

/** Says large messages until `isEnough`. Rejects after as many as any bound of the server's is reached with. */
export async function sayUntil(speaker: Offender, isEnough: () => boolean): Promise<void> {
  for (let said = 0; !isEnough(); said += BURST * LARGE_TEXT.length) {
    if (said > MOST_SAID_BYTES) throw new Error(`${said} bytes were said, and it is not enough`);
    await sayBurst(speaker);
  }
}

async function sayBurst(speaker: Offender): Promise<void> {
  for (let index = 0; index < BURST; index += 1) await speaker.say(LARGE_TEXT);
  // As fast as the server takes it, so that the others can follow.
  await speaker.peer.send(frame(message("$ping")));
  await speaker.next("$pong");
}

/** Above this, only the two edges go byte by byte: a megabyte of them is row F7. */
const MOST_SINGLE_BYTES = 2048;

/** The three ways in which every row's bytes are sent. */
export function waysToSend(seed: number): readonly (readonly [way: string, cut: Cutter])[] {
  const random = new SeededRandom(seed);
  return [
    ["in one write", whole],
    ["byte by byte", edgesByteByByte],
    [`cut at random (seed ${seed})`, (bytes) => randomly(random, 1 + bytes.length / 8)(bytes)],
  ];
}

const edgesByteByByte: Cutter = (bytes) => {
  if (bytes.length <= MOST_SINGLE_BYTES) return byteByByte(bytes);
  const [start, middle, end] = cutAt(256, bytes.length - 256)(bytes);
  if (start === undefined || middle === undefined || end === undefined) return [];
  return [...byteByByte(start), ...inPiecesOf(65_536)(middle), ...byteByByte(end)];
};
