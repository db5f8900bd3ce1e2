// The shared secret on its host: read from a file, checked, and closed in, so that what is handed on can
// make codes with it but cannot be printed, logged or sent.

import { createHmac, randomBytes } from "node:crypto";
import {
  MIN_SECRET_BYTES,
  type OptionCheck,
  type SharedSecret,
  withoutOuterBlanks,
} from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

import { readNamedFile } from "./named-file.ts";

/** A file this large is some other file. */
const MAX_SECRET_BYTES = 64 * 1024;

/** What `serve` and `connect` take of it. */
export interface SecretOptions {
  /**
   * The peer has to prove that it has this too, and so does this end to it, before anything else is
   * accepted; it never travels. At least 16 bytes; text counts as UTF-8. Default: any peer will do.
   */
  readonly secret?: Uint8Array | string;
}

export const aSecret: OptionCheck = {
  expected: "text or bytes (a Uint8Array)",
  allows: (value) => typeof value === "string" || value instanceof Uint8Array,
};

/**
 * The secret, ready for `createEndpoint`. Text counts as its UTF-8 bytes.
 *
 * @throws TypewireError `option-invalid` where it has fewer than `MIN_SECRET_BYTES` bytes, or only blanks.
 */
export function sharedSecret(secret: Uint8Array | string): SharedSecret {
  // Bytes whose buffer was transferred are none any more, and cannot be copied.
  const key = secret.length === 0 ? Buffer.alloc(0) : Buffer.from(secret);
  if (key.length < MIN_SECRET_BYTES) {
    throw new TypewireError(
      "option-invalid",
      `secret: expected at least ${MIN_SECRET_BYTES} bytes, got ${key.length}`,
    );
  }
  if (withoutOuterBlanks(key).length === 0) {
    throw new TypewireError("option-invalid", "secret: expected more than blanks");
  }
  return {
    hmacSha256: (bytes) => new Uint8Array(createHmac("sha256", key).update(bytes).digest()),
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
  };
}

/** A secret, and what is to be said of its file. */
export interface SecretFile {
  readonly secret: Uint8Array;
  /** What should not stay as it is: sentences for a log. */
  readonly warnings: readonly string[];
}

/**
 * The secret in a file: all its bytes but one line end behind them, because editors add one.
 *
 * @throws TypewireError `option-invalid` naming the file, and nothing of what is in it.
 */
export function readSecretFile(path: string): SecretFile {
  const { bytes, readers } = readNamedFile(path, MAX_SECRET_BYTES);
  const end = lengthWithoutLineEnd(bytes);
  if (end < MIN_SECRET_BYTES) {
    throw new TypewireError(
      "option-invalid",
      `Cannot use the secret in ${path}: expected ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes, got ${end}`,
    );
  }
  if (withoutOuterBlanks(bytes).length === 0) {
    const message = `Cannot use the secret in ${path}: expected more than blanks`;
    throw new TypewireError("option-invalid", message);
  }
  const warnings =
    readers === undefined ? [] : [`The secret in ${path} can be read by ${readers}: chmod 600`];
  return { secret: bytes.slice(0, end), warnings };
}

function lengthWithoutLineEnd(bytes: Uint8Array): number {
  if (bytes.at(-1) !== 0x0a) return bytes.length;
  return bytes.at(-2) === 0x0d ? bytes.length - 2 : bytes.length - 1;
}
