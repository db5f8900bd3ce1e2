// Certificates for tests, made when they are needed and gone with them: good ones, and each kind of bad
// one. A key and its certificate take a millisecond.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type CertificateClaims, makeCertificate } from "./x509.ts";

/** The files of a certificate and its key. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** Whom it names. Default `DNS:localhost,IP:127.0.0.1`; an empty text leaves the extension out. */
  readonly altNames?: string;
  /** Validity, as `YYYYMMDDhhmmssZ`. Default: a minute ago, for a day. */
  readonly from?: string;
  readonly until?: string;
  /** `extendedKeyUsage`. Default: none, good for all. */
  readonly usage?: "serverAuth" | "clientAuth";
  /** Default: a new one on P-256. */
  readonly privateKey?: KeyObject;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const LOCAL_NAMES = "DNS:localhost,IP:127.0.0.1";

/** A folder with authorities and what they have signed. */
export class Certificates implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "typewire-certificates-"));

  /** A path in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** A new authority with this name. */
  authority(name: string): Authority {
    return new Authority(this, name, this.selfSigned(name, ""));
  }

  /** A certificate that only itself vouches for. */
  selfSigned(name: string, altNames = LOCAL_NAMES): CertificateFiles {
    return this.make({ subject: name, issuer: name, isAuthority: true, altNames, ...validity({}) });
  }

  /** Writes a certificate and its key, signed by the key in `issuerKeyFile`, or by its own. */
  make(
    claims: CertificateClaims,
    issuerKeyFile?: string,
    { privateKey }: { readonly privateKey: KeyObject } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
    }),
  ): CertificateFiles {
    const { subject } = claims;
    const files = { certFile: this.path(`${subject}.pem`), keyFile: this.path(`${subject}.key`) };
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const issuerKey = issuerKeyFile === undefined ? key : readFileSync(issuerKeyFile, "utf8");
    writeFileSync(files.keyFile, key, { mode: 0o600 });
    writeFileSync(files.certFile, makeCertificate(claims, key, issuerKey));
    return files;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Signs certificates. */
export class Authority {
  readonly caFile: string;
  readonly #certificates: Certificates;
  readonly #name: string;
  readonly #keyFile: string;

  constructor(certificates: Certificates, name: string, { certFile, keyFile }: CertificateFiles) {
    this.#certificates = certificates;
    this.#name = name;
    this.caFile = certFile;
    this.#keyFile = keyFile;
  }

  /** A new certificate with this name, signed by this authority. */
  issue(name: string, options: CertificateOptions = {}): CertificateFiles {
    const { altNames = LOCAL_NAMES, usage, privateKey } = options;
    const claims = { subject: name, issuer: this.#name, isAuthority: false, altNames, usage };
    const key = privateKey && { privateKey };
    return this.#certificates.make({ ...claims, ...validity(options) }, this.#keyFile, key);
  }
}

function validity({ from, until }: CertificateOptions): { from: Date; until: Date } {
  const now = Date.now();
  return {
    from: from === undefined ? new Date(now - 60_000) : parseTime(from),
    until: until === undefined ? new Date(now + DAY_MS) : parseTime(until),
  };
}

function parseTime(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
