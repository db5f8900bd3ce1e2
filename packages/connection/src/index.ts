// The public face of @typewire/connection.

export { describeSystemError, formatAddress, type SocketAddress } from "./address.ts";
export type { ByteSocket, SocketUser } from "./byte-socket.ts";
export {
  type CloseCode,
  type CloseOptions,
  type CloseReason,
  describeCloseReason,
} from "./close-reason.ts";
export type { Connection, ConnectionState } from "./connection.ts";
export { checkEnd, type EndHost, endOptions, type EndOptions, observersOf } from "./end-options.ts";
export {
  type ConnectionOwner,
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  type HandlersOf,
  type Received,
  type Sent,
} from "./endpoint.ts";
export { buildCallFaces, type CallFaces } from "./calls/call-faces.ts";
export { GAP_FEATURE } from "./features.ts";
export type { Middleware, MiddlewareCall } from "./calls/call-table.ts";
export type { HandlerTimes, TellHandled } from "./handler-times.ts";
export type { HandlerOrder, Handlers, HandlersArgument } from "./handlers.ts";
export { type ConnectionLimits, type Limits, requireOptions } from "./limits.ts";
export { LiveConnection } from "./live-connection.ts";
export { isSlow } from "./receiving/audience.ts";
export type { Observer } from "./observer.ts";
export { type FailureReport, type Tellers, tellersOf } from "./observers.ts";
export type { Admission, Authenticate, Credentials } from "./handshake/authentication.ts";
export { withoutOuterBlanks } from "./handshake/outer-blanks.ts";
export { MIN_SECRET_BYTES, type SharedSecret } from "./handshake/secret-exchange.ts";
export type { Run } from "./sending/run.ts";
export { isTooLarge } from "./sending/too-large.ts";
export type { ConnectionStats, EndpointStats } from "./stats.ts";
export { FORWARDED } from "./type-counts.ts";
export {
  functions,
  aFunction,
  aName,
  aPlainObject,
  aSignal,
  aText,
  either,
  milliseconds,
  oneOf,
  only,
  type OptionCheck,
  type OptionChecks,
  positiveInteger,
  wholeMilliseconds,
  yesOrNo,
} from "./option-checks.ts";
export { tellOption } from "./option-value.ts";
export { checkOption, checkOptions, checkOptionValues } from "./options.ts";
export { shuffled } from "./shuffled.ts";
export { describeThrown, oneLine } from "./text.ts";
export { type Cancel, type Clock, systemClock } from "./time/clock.ts";
export { type AbortSignalLike, waitFor, type WaitOptions } from "./time/waiting.ts";
