// The public face of @typewire/protocol.

export { ByteWriter } from "./byte-writer.ts";
export { toDiagnostic } from "./cbor/diagnostic.ts";
export type { AnyMessage, Codec, GeneratedCode } from "./codec/codec.ts";
export type { MessageSchemas } from "./codec/message-table.ts";
export {
  type Bye,
  type ControlMessage,
  type Hello,
  isControlMessage,
  type PeerError,
  type Ping,
  type Pong,
  type Proof,
} from "./control.ts";
export {
  type AnyProtocol,
  defineProtocol,
  type MessageOf,
  type MessagesOf,
  type Protocol,
  type ProtocolDefinition,
  type Role,
} from "./define-protocol.ts";
export {
  type ErrorCode,
  isFatal,
  isWireErrorCode,
  type LocalErrorCode,
  TypewireError,
  type TypewireErrorOptions,
  type WireErrorCode,
} from "./errors.ts";
export { release } from "./release.ts";
export { FrameReader, type FrameReaderOptions, type OnFrame } from "./frame-reader.ts";
export { decodeHeader, encodeHeader, HEADER_BYTES, MAX_ANNOUNCED_BYTES } from "./header.ts";
export { type DecodeLimits, defaultLimits, type MessageLimits } from "./limits.ts";
