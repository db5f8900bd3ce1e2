// Certificates and keys from their files, judged when they are read, so that a mistake is told at the
// start, with its file, and not by a handshake that fails. Nothing of a file's content gets into an error.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { TypewireError } from "@typewire/protocol";

import { type NamedFile, readNamedFile } from "./named-file.ts";

/** A certificate, the certificates of its authorities behind it, and its private key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  /** Things that work but should not stay: sentences for a log. */
  readonly warnings: readonly string[];
}

/** More than all the authorities that a system trusts, ten times over. */
const MAX_PEM_BYTES = 4 * 1024 * 1024;

/** Any PEM block that is one certificate. */
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificate and key of this end.
 *
 * @throws TypewireError `option-invalid` naming the file: it cannot be read, is not what it should be,
 * or the key is not the certificate's.
 */
export function readIdentity(certFile: string, keyFile: string, now = new Date()): Identity {
  const { text: cert } = readText(certFile);
  const [certificate] = certificatesIn(cert, certFile);
  const { text: key, readers } = readText(keyFile);
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
  if (readers !== undefined) {
    warnings.push(`The key in ${keyFile} can be read by ${readers}: chmod 600`);
  }
  return { cert, key, warnings };
}

/**
 * The certificates of the authorities that are trusted.
 *
 * @throws TypewireError `option-invalid` naming the file.
 */
export function readAuthorities(caFile: string): string {
  const { text: ca } = readText(caFile);
  certificatesIn(ca, caFile);
  return ca;
}

function readText(path: string): { readonly text: string; readonly readers: NamedFile["readers"] } {
  const { bytes, readers } = readNamedFile(path, MAX_PEM_BYTES);
  return { text: new TextDecoder().decode(bytes), readers };
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
