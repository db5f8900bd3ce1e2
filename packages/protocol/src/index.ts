// The public face of @typewire/protocol.

export type { Codec } from "./codec/codec.ts";
export type { AnyMessage, MessageSchemas } from "./schema/message-table.ts";
export {
  type Bye,
  type Call,
  type ControlMessage,
  type Hello,
  isControlMessage,
  type PeerError,
  type Ping,
  type Pong,
  type Proof,
  type Result,
} from "./schema/control.ts";
export {
  type AnyProtocol,
  defineProtocol,
  type MessageNamed,
  type MessageOf,
  type Protocol,
  type ProtocolDefinition,
  type ProtocolSchemas,
  type Role,
  type SchemasOf,
} from "./define-protocol.ts";
export type { DescribedSchemas, ProtocolDescription } from "./describe/description.ts";
export {
  type ErrorCode,
  isFatal,
  isWireErrorCode,
  type LocalErrorCode,
  TypewireError,
  type TypewireErrorOptions,
  type WireErrorCode,
} from "./errors.ts";
export { FrameReader, type FrameReaderOptions, type OnFrame } from "./frame/frame-reader.ts";
export { decodeHeader, encodeHeader, HEADER_BYTES, MAX_ANNOUNCED_BYTES } from "./frame/header.ts";
export { Type } from "./schema/type.ts";
export { type DecodeLimits, defaultLimits, type MessageLimits } from "./limits.ts";
