// Which ending of the client is which exit code.

import { type ExitCode, exitCodes } from "@typewire/command";
import type { CloseCode } from "@typewire/connection";

/** Of an end before the server's first valid message. */
export function attemptExitCodeOf(code: CloseCode): ExitCode {
  const exitCode = exitCodeOf(code);
  return exitCode === exitCodes.peerClosed ? exitCodes.unreachable : exitCode;
}

/** Of the end of a connection. */
export function exitCodeOf(code: CloseCode): ExitCode {
  switch (code) {
    case "done":
      return exitCodes.done;
    case "connect-failed":
    case "connect-timeout":
    case "tls-failed":
      return exitCodes.unreachable;
    case "schema-mismatch":
    case "unknown-type":
    case "unknown-call":
    case "invalid-input":
    case "invalid-item":
    case "invalid-answer":
    case "too-many-errors":
      return exitCodes.forbiddenMessage;
    case "protocol-mismatch":
    case "hello-timeout":
    case "hello-required":
    case "auth-required":
    case "auth-failed":
      return exitCodes.incompatiblePeer;
    case "header-invalid":
    case "frame-empty":
    case "frame-too-large":
    case "frame-truncated":
    case "frame-timeout":
    case "cbor-malformed":
    case "cbor-unsupported":
    case "cbor-limit":
      return exitCodes.brokenBytes;
    case "peer-closed":
    case "connection-reset":
    case "slow-consumer":
    case "heartbeat-lost":
    case "write-timeout":
    case "too-many-connections":
    case "shutting-down":
    case "auth-expired":
      return exitCodes.peerClosed;
    case "option-invalid":
      return exitCodes.usage;
    case "internal":
    case "protocol-invalid":
    case "listen-failed":
    case "connection-closed":
    case "queue-full":
    case "deadline-exceeded":
    case "topic-invalid":
    case "topic-limit":
      return exitCodes.internal;
  }
}

/** What was read from stdin and has not left is no success. */
export function withUnsent(code: ExitCode, hasUnsent: boolean): ExitCode {
  return code === exitCodes.done && hasUnsent ? exitCodes.peerClosed : code;
}

/** A line of stdin that was no message is no success, also where it was read at the end. */
export function withInvalidInput(code: ExitCode, hasInvalidInput: boolean): ExitCode {
  return code === exitCodes.done && hasInvalidInput ? exitCodes.forbiddenMessage : code;
}

/** A server that sent what the schema forbids explains an end that would otherwise have no reason. */
export function withRefusals(code: ExitCode, hasRefused: boolean): ExitCode {
  const isUnexplained =
    code === exitCodes.unreachable || code === exitCodes.timedOut || code === exitCodes.peerClosed;
  return isUnexplained && hasRefused ? exitCodes.forbiddenMessage : code;
}
