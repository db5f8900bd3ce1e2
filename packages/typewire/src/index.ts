// What a program imports from "typewire": to define a protocol, and to read and write its bytes. Runs on
// any host; sockets are in "typewire/bun". Lists names and does nothing.

// A user's `lib` may end before `using`; the declarations below do not.
/// <reference lib="esnext.disposable" preserve="true" />

export { FormatRegistry } from "@sinclair/typebox";
export type { Static, TSchema } from "@sinclair/typebox";

export {
  type CloseCode,
  type CloseOptions,
  type CloseReason,
  type Connection,
  type ConnectionState,
  type ConnectionStats,
  describeCloseReason,
  type Limits,
  type Observer,
  type SocketAddress,
  type WaitOptions,
} from "@typewire/connection";
export {
  type AnyMessage,
  type AnyProtocol,
  type AuthOf,
  type CallDefinition,
  type CallDefinitions,
  CallError,
  type CallErrorCode,
  type CallErrorOptions,
  type CallInput,
  type CallItemSent,
  type CallItemYielded,
  type CallNames,
  type CallOptions,
  type CallOutcome,
  type CallOutput,
  type CallShape,
  type CallShapes,
  type CallStream,
  type Codec,
  decodeHeader,
  defineProtocol,
  encodeHeader,
  type ErrorCode,
  FrameReader,
  type FrameReaderOptions,
  isFatal,
  type LocalErrorCode,
  type MessageNamed,
  type MessageOf,
  type MessageSchemas,
  type OnFrame,
  type Protocol,
  type ProtocolDefinition,
  type ProtocolDescription,
  type Ran,
  type Role,
  Type,
  TypewireError,
  type TypewireErrorOptions,
  type WireErrorCode,
} from "@typewire/protocol";
