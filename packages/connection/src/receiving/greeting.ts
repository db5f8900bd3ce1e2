// The hello of a peer, at an end that takes only small frames: the peer has not heard of that yet, and its hello
// carries the protocol's name. It may be as large as a hello of this protocol can be, and nothing else may.

import {
  type AnyMessage,
  type Codec,
  type ControlMessage,
  type DecodeLimits,
  decodeHeader,
  type Hello,
} from "@typewire/protocol";
import { ByteWriter, frameTooLarge } from "@typewire/protocol/internal";

import { NONCE_BYTES } from "../handshake/secret-exchange.ts";
import { limitRows } from "../limit-rows.ts";
import type { InflowConsumer } from "./inflow.ts";

/** Payload bytes of the `$hello` of an end like that which says `hello`, with every field at its largest. */
export function largestHelloBytes(
  codec: Pick<Codec<AnyMessage>, "encodeInto">,
  hello: Hello,
  hasSecret: boolean,
): number {
  const { maxFrameBytes, maxItems, maxNesting, heartbeatIntervalMs, maxCalls, maxStreams } =
    limitRows;
  const largest: Hello = {
    ...hello,
    maxFrameBytes: maxFrameBytes.most,
    maxItems: maxItems.most,
    maxNesting: maxNesting.most,
    heartbeatIntervalMs: heartbeatIntervalMs.most,
    maxCalls: maxCalls.most,
    maxStreams: maxStreams.most,
    features: ["calls", "gap"],
    ...(hasSecret && { nonce: new Uint8Array(NONCE_BYTES) }),
  };
  const writer = new ByteWriter();
  codec.encodeInto(largest as AnyMessage, writer);
  return decodeHeader(writer.copy());
}

/** The endpoint as it reads greetings. */
export interface GreetingEndpoint {
  readonly incoming: Codec<AnyMessage>;
  readonly limits: DecodeLimits;
}

/** The receiver as it takes a greeting. */
export interface Greeted extends InflowConsumer {
  /** Whether nothing came but what may stand before the peer's `$hello`. */
  readonly hasHeardNothing: boolean;
}

/** Hands everything on to the receiver, but a first frame that is too large and no hello. */
export class Greeting implements InflowConsumer {
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
