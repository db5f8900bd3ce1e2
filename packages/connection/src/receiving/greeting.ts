// The hello of a peer, at an end that takes only small frames: the peer has not heard of that yet, and its hello
// carries the protocol's name. It may be as large as a hello of this protocol can be, and nothing else may.

import type { AnyMessage, Codec, ControlMessage } from "@typewire/protocol";
import { frameTooLarge } from "@typewire/protocol/internal";

import { Inflow, type InflowConsumer, type InflowEndpoint } from "./inflow.ts";

/** The endpoint as it reads greetings. */
export interface GreetingEndpoint extends InflowEndpoint {
  readonly incoming: Codec<AnyMessage>;
  /** Payload bytes of the largest `$hello` that a peer of this protocol says. */
  readonly greetingBytes: number;
}

/** The handshake as far as it bounds what is read. */
interface Limiting {
  /** The most payload bytes of a frame that is read now. */
  readonly maxFrameBytes: number;
}

/** The receiver as it takes a greeting. */
export interface Greeted extends InflowConsumer {
  /** Whether nothing came but what may stand before the peer's `$hello`. */
  readonly hasHeardNothing: boolean;
}

/** What reads for `receiver` from the first byte on. Nothing stands between them where every hello is within the limit. */
export function inflowFrom(
  endpoint: GreetingEndpoint,
  receiver: Greeted,
  handshake: Limiting,
): Inflow {
  const { maxFrameBytes } = handshake;
  if (maxFrameBytes >= endpoint.greetingBytes) return new Inflow(endpoint, receiver, maxFrameBytes);
  const greeting = new Greeting(endpoint, receiver, maxFrameBytes, () => {
    inflow.maxFrameBytes = handshake.maxFrameBytes;
  });
  const inflow = new Inflow(endpoint, greeting, endpoint.greetingBytes);
  return inflow;
}

/** Hands everything on to the receiver, but a first frame that is too large and no hello. */
class Greeting implements InflowConsumer {
  readonly #endpoint: GreetingEndpoint;
  readonly #receiver: Greeted;
  readonly #maxFrameBytes: number;
  readonly #over: () => void;
  #isOver = false;

  /** `maxFrameBytes` is the limit of what is no hello; `over` is called once, when it holds for every frame to come. */
  constructor(
    endpoint: GreetingEndpoint,
    receiver: Greeted,
    maxFrameBytes: number,
    over: () => void,
  ) {
    this.#endpoint = endpoint;
    this.#receiver = receiver;
    this.#maxFrameBytes = maxFrameBytes;
    this.#over = over;
  }

  receiveFrame(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > this.#maxFrameBytes && !this.#isOver && !this.#isHello(bytes, start, end)) {
      throw frameTooLarge(length, this.#maxFrameBytes);
    }
    this.#receiver.receiveFrame(bytes, start, end);
    if (this.#isOver || this.#receiver.hasHeardNothing) return;
    this.#isOver = true;
    this.#over();
  }

  readingFailed(error: unknown): void {
    this.#receiver.readingFailed(error);
  }

  peerEnded(): void {
    this.#receiver.peerEnded();
  }

  #isHello(bytes: Uint8Array, start: number, end: number): boolean {
    const { incoming, limits } = this.#endpoint;
    let message: AnyMessage | ControlMessage;
    try {
      message = incoming.decodeIncoming(bytes, start, end, limits);
    } catch {
      return false;
    }
    return message.type === "$hello";
  }
}
