// The public face of @typewire/protocol.

export type { Codec } from "./codec/codec.ts";
export {
  CallError,
  type CallErrorCode,
  callErrorCodes,
  type CallErrorOptions,
  type Ran,
} from "./call-error.ts";
export type {
  AuthOf,
  CallFailureOf,
  CallHandler,
  CallHandlers,
  CallInput,
  CallItemSent,
  CallItemYielded,
  CallNames,
  CallOptions,
  CallOutcome,
  CallOutput,
  CallsOf,
  CallStream,
  ClientCalls,
  ClientTries,
  DeclaredCodes,
  DeclaredData,
  HostAbortSignal,
  ServerCall,
  ServerCallOf,
} from "./call-types.ts";
export type {
  CallDefinition,
  CallDefinitions,
  CallShape,
  CallShapes,
} from "./schema/call-definition.ts";
export type { OpenCalls } from "./schema/call-table.ts";
export type { AnyMessage, MessageSchemas } from "./schema/message-table.ts";
export {
  type Bye,
  type Call,
  type CallFailure,
  type CallMessage,
  type Cancel,
  type ControlMessage,
  type Credit,
  type Drain,
  type End,
  type GapTold,
  type Hello,
  isControlMessage,
  type Item,
  type Late,
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
  CallMisfit,
  type CallMisfitCode,
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
