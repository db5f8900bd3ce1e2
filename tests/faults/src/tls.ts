// Rows of the fault list over TLS: `bun run faults --tls` makes an authority and a server's certificate, and
// names their folder in the environment of the tests. The attacked servers, their peers and the
// well-behaved clients ask here what that means for them; without the variable it means nothing.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Certificates, ScriptedPeer } from "@typewire/testkit";

const VARIABLE = "TYPEWIRE_FAULTS_TLS";

/** The environment that turns TLS on, and the certificates that it names, for as long as they are kept. */
export function makeCertificates(): {
  readonly certificates: Certificates;
  readonly env: Readonly<Record<string, string>>;
} {
  const certificates = new Certificates();
  certificates.authority("authority").issue("server");
  return { certificates, env: { [VARIABLE]: certificates.folder } };
}

/** Whether TLS is spoken: the authority's certificate, or undefined. */
export function tlsAuthority(): string | undefined {
  return inFolder("authority.pem");
}

/** The option `tls` of a server that speaks TLS; undefined without it. */
export function serverTls(): { readonly certFile: string; readonly keyFile: string } | undefined {
  const certFile = inFolder("server.pem");
  const keyFile = inFolder("server.key");
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

/** What a `typewire-server` is given to speak TLS; nothing without it. */
export function serverTlsFlags(): readonly string[] {
  const tls = serverTls();
  return tls === undefined ? [] : ["--tls-cert", tls.certFile, "--tls-key", tls.keyFile];
}

/** The option `tls` of a client that speaks it. */
export function clientTls(): { readonly caFile: string } | undefined {
  const caFile = tlsAuthority();
  return caFile === undefined ? undefined : { caFile };
}

/** What a `typewire-client` is given to speak it. */
export function clientTlsFlags(): readonly string[] {
  const caFile = tlsAuthority();
  return caFile === undefined ? [] : ["--tls-ca", caFile];
}

/** Connects to an attacked server, or to a proxy before it, the way it speaks. A Unix socket is never secured. */
export function connectPeer(address: number | { readonly unix: string }): Promise<ScriptedPeer> {
  if (typeof address !== "number") return ScriptedPeer.connect(address);
  const caFile = tlsAuthority();
  if (caFile === undefined) return ScriptedPeer.connect({ port: address });
  return ScriptedPeer.connectSecured(address, { ca: readFileSync(caFile, "utf8") });
}

function inFolder(name: string): string | undefined {
  const folder = process.env[VARIABLE];
  return folder === undefined || folder === "" ? undefined : join(folder, name);
}
