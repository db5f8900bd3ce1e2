// Certificates for tests, made when they are needed and gone with them: good ones, and each kind of bad
// one. Made by the `openssl` command, so that nothing of ours judges its own work. P-256 keys: 10 ms each.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The files of a certificate and its key. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface CertificateOptions {
  /** Whom it names. Default `DNS:localhost,IP:127.0.0.1`; an empty text leaves the extension out. */
  readonly altNames?: string;
  /** Validity, as `YYYYMMDDhhmmssZ`. Default: now, for a day. */
  readonly from?: string;
  readonly until?: string;
  /** `extendedKeyUsage`, such as `clientAuth`. Default: none, good for all. */
  readonly usage?: string;
}

/** A folder with authorities and what they have signed. */
export class Certificates implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "typewire-certificates-"));

  /** A path in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** A new authority with this name. */
  authority(name: string): Authority {
    const files = this.selfSigned(name, "");
    return new Authority(this, files);
  }

  /** A certificate that nobody but itself vouches for. */
  selfSigned(name: string, altNames = "DNS:localhost,IP:127.0.0.1"): CertificateFiles {
    const files = { certFile: this.path(`${name}.pem`), keyFile: this.path(`${name}.key`) };
    const { certFile, keyFile } = files;
    const extension = altNames === "" ? [] : ["-addext", `subjectAltName=${altNames}`];
    openssl(
      ["req", "-x509", ...newKey, "-subj", `/CN=${name}`, "-days", "1", ...extension],
      ["-keyout", keyFile, "-out", certFile],
    );
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
  readonly #keyFile: string;

  constructor(certificates: Certificates, { certFile, keyFile }: CertificateFiles) {
    this.#certificates = certificates;
    this.caFile = certFile;
    this.#keyFile = keyFile;
  }

  /** A new certificate with this name, signed by this authority. */
  issue(name: string, options: CertificateOptions = {}): CertificateFiles {
    const { altNames = "DNS:localhost,IP:127.0.0.1", from, until, usage } = options;
    const at = (suffix: string): string => this.#certificates.path(`${name}.${suffix}`);
    const request = at("csr");
    openssl(["req", ...newKey, "-subj", `/CN=${name}`, "-keyout", at("key"), "-out", request]);
    writeFileSync(at("index"), "");
    writeFileSync(
      at("cnf"),
      [
        "[ca]\ndefault_ca=here\n[here]",
        `database=${at("index")}\nnew_certs_dir=${this.#certificates.folder}`,
        "rand_serial=yes\nunique_subject=no\ndefault_md=sha256\npolicy=any\ndefault_days=1",
        "[any]\ncommonName=supplied\n[extensions]\nbasicConstraints=CA:FALSE",
        ...(altNames === "" ? [] : [`subjectAltName=${altNames}`]),
        ...(usage === undefined ? [] : [`extendedKeyUsage=${usage}`]),
        "",
      ].join("\n"),
    );
    openssl(
      ["ca", "-batch", "-notext", "-config", at("cnf"), "-extensions", "extensions"],
      ["-cert", this.caFile, "-keyfile", this.#keyFile, "-in", request, "-out", at("pem")],
      from === undefined ? [] : ["-startdate", from],
      until === undefined ? [] : ["-enddate", until],
    );
    return { certFile: at("pem"), keyFile: at("key") };
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;

function openssl(...parts: readonly (readonly string[])[]): void {
  const command = ["openssl", ...parts.flat()];
  const { success, stderr } = Bun.spawnSync(command, { stdin: "ignore", stdout: "ignore" });
  if (!success) throw new Error(`${command.join(" ")} failed:\n${String(stderr)}`);
}
