// The one family of errors, and what each code means for the connection it happened on.
// Pure code throws these; the connection catches them at its single entry.

/** Codes that travel in `$error` (docs/wire.md) and are recorded as the reason of a close. */
export const wireErrorCodes = [
  "header-invalid",
  "frame-empty",
  "frame-too-large",
  "frame-truncated",
  "frame-timeout",
  "cbor-malformed",
  "cbor-unsupported",
  "cbor-limit",
  "schema-mismatch",
  "unknown-type",
  "too-many-errors",
  "protocol-mismatch",
  "hello-timeout",
  "hello-required",
  "auth-required",
  "auth-failed",
  "auth-expired",
  "slow-consumer",
  "heartbeat-lost",
  "write-timeout",
  "too-many-connections",
  "shutting-down",
  "internal",
] as const;

export type WireErrorCode = (typeof wireErrorCodes)[number];

const knownWireErrorCodes: ReadonlySet<string> = new Set(wireErrorCodes);

/** Codes of mistakes and failures on this side alone; they never travel. */
export type LocalErrorCode =
  | "protocol-invalid"
  | "option-invalid"
  | "connect-failed"
  | "connect-timeout"
  | "tls-failed"
  | "listen-failed"
  | "connection-closed"
  | "queue-full"
  | "deadline-exceeded"
  | "topic-invalid"
  | "topic-limit";

/** Codes of a message of a call that does not fit: the call is told by its `$result`, and the connection goes on. */
const callMisfitCodes = [
  "unknown-call",
  "invalid-input",
  "invalid-item",
  "invalid-answer",
] as const;

export type CallMisfitCode = (typeof callMisfitCodes)[number];

export type ErrorCode = WireErrorCode | LocalErrorCode | CallMisfitCode;

/** Details of a `TypewireError` beyond its code and sentence. */
export interface TypewireErrorOptions {
  /** JSON Pointer (RFC 6901) to the offending part of the message or schema; `""` is the whole. */
  readonly path?: string | undefined;
  /** The `type` of the message that was refused, as it was sent: a peer's word. */
  readonly of?: string | undefined;
  readonly cause?: unknown;
}

/** Every error that Typewire raises: a stable `code`, and a sentence saying what was expected, what came, and where. */
export class TypewireError extends Error {
  override readonly name = "TypewireError";
  readonly code: ErrorCode;
  readonly path: string | undefined;
  /** The `type` of the message that was refused, where it was read before the fault. */
  readonly of: string | undefined;

  constructor(code: ErrorCode, message: string, options: TypewireErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path;
    this.of = options.of;
  }
}

/** A message of a call whose id is known, and which does not fit: what is to be told of it to that call alone. */
export class CallMisfit extends TypewireError {
  declare readonly code: CallMisfitCode;
  /** The id of the call. */
  readonly id: number;
  /** The name of the call, as the peer wrote it where it is `unknown-call`. */
  readonly call: string | undefined;

  constructor(
    code: CallMisfitCode,
    message: string,
    {
      id,
      call,
      ...options
    }: TypewireErrorOptions & { readonly id: number; readonly call?: string },
  ) {
    super(code, message, options);
    this.id = id;
    this.call = call;
  }
}

/** Whether `code`, which a peer wrote, is one that this version knows. */
export function isWireErrorCode(code: string): code is WireErrorCode {
  return knownWireErrorCodes.has(code);
}

const forgivenCodes: ReadonlySet<ErrorCode> = new Set([
  "schema-mismatch",
  "unknown-type",
  ...callMisfitCodes,
] as const);

/**
 * Whether an error with this code ends the connection. Only a well-formed message that fails its
 * schema, or is not one of this direction, leaves the position in the stream trusted.
 */
export function isFatal(code: ErrorCode): boolean {
  return !forgivenCodes.has(code);
}

/** The same error, about a message of the type `of`. */
export function refusalOf(
  of: string,
  { code, message, path, cause }: TypewireError,
): TypewireError {
  return new TypewireError(code, message, { path, of, cause });
}

/** Appends one segment to a JSON Pointer, escaped as RFC 6901 §3 asks. */
export function appendPointer(path: string, segment: string | number): string {
  if (typeof segment === "number") return `${path}/${segment}`;
  // Hundreds of schemas are walked with the paths of all their parts; few names need the replacements.
  if (!/[~/]/.test(segment)) return `${path}/${segment}`;
  return `${path}/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The JSON Pointer made of these segments; `""` for none. */
export function toPointer(segments: readonly (string | number)[]): string {
  return segments.reduce<string>(appendPointer, "");
}

/** The error for a part of a definition that cannot travel; `path` is where it stands in the protocol. */
export function refuse(path: string, reason: string): TypewireError {
  return new TypewireError("protocol-invalid", `Cannot define protocol at ${path}: ${reason}`, {
    path,
  });
}

/** The error of a value that is not what its schema asks; `received` names a kind, never the value. */
export function schemaMismatch(path: string, expected: string, received: string): TypewireError {
  const where = path === "" ? "" : ` at ${path}`;
  return new TypewireError(
    "schema-mismatch",
    `schema-mismatch${where}: expected ${expected}, got ${received}`,
    { path },
  );
}
