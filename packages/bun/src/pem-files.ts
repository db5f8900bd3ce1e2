// Certificates and keys from their files, judged when they are read, so that a mistake is told at the
// start, with its file, and not by a handshake that fails. Nothing of a file's content gets into an error.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { TypewireError } from "@typewire/protocol";

/** A certificate, the certificates of its authorities behind it, and its private key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  /** Things that work but should not stay: sentences for a log. */
  readonly warnings: readonly string[];
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

/** Any PEM block that is one certificate. */
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificate and key of this end.
 *
 * @throws TypewireError `option-invalid` naming the file: it cannot be read, is not what it should be,
 * or the key is not the certificate's.
 */
export function readIdentity(certFile: string, keyFile: string, now = new Date()): Identity {
  const cert = readText(certFile);
  const [certificate] = certificatesIn(cert, certFile);
  const key = readText(keyFile);
  if (certificate?.checkPrivateKey(keyIn(key, keyFile)) !== true) {
    throw invalid(keyFile, `it is not the key of the certificate in ${certFile}`);
  }
  const warnings: string[] = [];
  if (new Date(certificate.validTo) < now) {
    warnings.push(`The certificate in ${certFile} has expired (${certificate.validTo})`);
  }
  if (new Date(certificate.validFrom) > now) {
    warnings.push(`The certificate in ${certFile} is not valid before ${certificate.validFrom}`);
  }
  if (isReadableByOthers(keyFile)) {
    warnings.push(`The key in ${keyFile} can be read by every user of this machine: chmod 600`);
  }
  return { cert, key, warnings };
}

/**
 * The certificates of the authorities that are trusted.
 *
 * @throws TypewireError `option-invalid` naming the file.
 */
export function readAuthorities(caFile: string): string {
  const ca = readText(caFile);
  certificatesIn(ca, caFile);
  return ca;
}

/** Whether users that neither own the file nor are in its group may read it. */
export function isReadableByOthers(path: string): boolean {
  return (statSync(path).mode & 0o004) !== 0;
}

/** The content of a file that an option names. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new TypewireError(
      "option-invalid",
      `Cannot read ${path}: ${reasons[code] ?? "the system refuses"} (${code})`,
    );
  }
}

function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

function certificatesIn(pem: string, path: string): readonly X509Certificate[] {
  const blocks = pem.match(certificateBlock) ?? [];
  if (blocks.length === 0) {
    throw invalid(path, "expected certificates in PEM, -----BEGIN CERTIFICATE-----");
  }
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    throw invalid(path, "one of its certificates is damaged");
  }
}

function keyIn(pem: string, path: string): KeyObject {
  if (/-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/.test(pem)) {
    throw invalid(path, "the key has a passphrase; expected one without");
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalid(path, "expected a private key in PEM, -----BEGIN PRIVATE KEY-----");
  }
}

function invalid(path: string, message: string): TypewireError {
  return new TypewireError("option-invalid", `Cannot use ${path}: ${message}`);
}
