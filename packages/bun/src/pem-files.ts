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

/** The first and the last line of a PEM block (RFC 7468 §3); white space may follow. */
const boundary = /^-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]*)-----\s*$/;

/** What is inside a PEM block and in its boundary lines, headers of old keys included. */
interface PemBlock {
  readonly label: string;
  readonly text: string;
}

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
  const blocks = blocksIn(pem, path).filter(({ label }) => label === "CERTIFICATE");
  if (blocks.length === 0) {
    throw invalid(path, "expected certificates in PEM, -----BEGIN CERTIFICATE-----");
  }
  return blocks.map(({ text }, index) => {
    try {
      return new X509Certificate(text);
    } catch {
      throw invalid(path, `certificate ${index + 1} of ${blocks.length} is damaged`);
    }
  });
}

/**
 * The PEM blocks of a whole file. Text between them is allowed, as tools write it; a line with hyphens that
 * is no boundary, or a boundary without its other half, shows a file that is still being written.
 */
function blocksIn(pem: string, path: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  for (const [index, line] of pem.split("\n").entries()) {
    const [, side, label = ""] = boundary.exec(line) ?? [];
    const where = `in line ${index + 1}`;
    open?.lines.push(line);
    if (side === undefined) {
      if (!line.startsWith("--")) continue;
      throw invalid(
        path,
        `expected a whole -----BEGIN or -----END line ${where}, got a part of one`,
      );
    }
    if (side === "BEGIN") {
      if (open !== undefined) {
        throw invalid(path, `expected -----END ${open.label}-----, got the next BEGIN ${where}`);
      }
      open = { label, lines: [line] };
    } else {
      if (open?.label !== label) {
        throw invalid(path, `expected -----BEGIN ${label}----- before the END ${where}, got none`);
      }
      blocks.push({ label, text: open.lines.join("\n") });
      open = undefined;
    }
  }
  if (open === undefined) return blocks;
  throw invalid(path, `expected -----END ${open.label}-----, got the end of the file`);
}

/** The header of an encrypted key in the old form (RFC 1421 §4.6.1.1). */
const isEncrypted = /^Proc-Type: 4,ENCRYPTED/m;

function keyIn(pem: string, path: string): KeyObject {
  const blocks = blocksIn(pem, path);
  if (blocks.some(({ label, text }) => label.startsWith("ENCRYPTED ") || isEncrypted.test(text))) {
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
