// The face of one direction of a protocol. Everything that turns messages into bytes and back stands
// behind this interface, so a faster path can be put in front without a caller noticing.

import type { ByteWriter } from "../byte-writer.ts";
import type { DecodeLimits, MessageLimits } from "../limits.ts";
import type { OpenCalls } from "../schema/call-table.ts";
import type { AnyMessage } from "../schema/message-table.ts";
import type { CallMessage, ControlMessage } from "../schema/control.ts";

/** Encodes and decodes the messages of one direction. Holds no state between calls. */
export interface Codec<Message extends AnyMessage> {
  /** Names of the user's messages, in the order of the protocol. */
  readonly messageNames: readonly string[];

  /**
   * The message in `payload[start, end)`, validated. It shares no memory with `payload`.
   *
   * @throws TypewireError `cbor-malformed`, `cbor-unsupported`, `cbor-limit`, `schema-mismatch` or `unknown-type`;
   * `option-invalid` where `payload` is no Uint8Array.
   */
  decode(payload: Uint8Array, start?: number, end?: number): Message;

  /**
   * Like `decode`, for a connection: control messages are understood as well, and the limits are the
   * connection's. `openCalls` says which call a `$item` or `$result` belongs to; without it, to none.
   *
   * @throws TypewireError as `decode`; `CallMisfit` where a message of a call does not fit that call.
   */
  decodeIncoming(
    payload: Uint8Array,
    start: number,
    end: number,
    limits?: DecodeLimits,
    openCalls?: OpenCalls,
  ): Message | ControlMessage;

  /**
   * The payload of a message, in fresh bytes.
   *
   * @throws TypewireError `schema-mismatch` or `unknown-type` where it is not a message of this direction;
   * `cbor-limit` where it is beyond the default limits of a reader.
   */
  encode(message: Message): Uint8Array;

  /** Header and payload, in fresh bytes: one encoding for many connections, or for a file. Throws as `encode`, at `limits`. */
  encodeFrame(message: Message, limits?: DecodeLimits): Uint8Array;

  /**
   * Appends header and payload to `writer`, which is as before when this throws. `limits` are what the
   * receiver takes, by default any size and the default nesting and items.
   *
   * @throws TypewireError as `encode`, at `limits`; `frame-too-large` where the payload is larger;
   * `schema-mismatch` when called by a getter of a message that is being encoded.
   */
  encodeInto(message: Message | ControlMessage, writer: ByteWriter, limits?: MessageLimits): void;

  /**
   * As `encodeInto`, for a message with a value of the call `callName`, which is checked by that call's schemas.
   * A failure needs no call of this name: it is how an unknown one is answered.
   *
   * @throws TypewireError as `encodeInto`; `unknown-type` where this direction has no such message of that call.
   */
  encodeCallInto(
    message: CallMessage,
    callName: string,
    writer: ByteWriter,
    limits?: MessageLimits,
  ): void;
}
