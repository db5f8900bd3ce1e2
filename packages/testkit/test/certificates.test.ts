import { afterAll, describe, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

import { type CertificateFiles, Certificates, outsideTool } from "@typewire/testkit";

const certificates = new Certificates();
afterAll(() => certificates[Symbol.dispose]());

function read({ certFile }: Pick<CertificateFiles, "certFile">): X509Certificate {
  return new X509Certificate(readFileSync(certFile));
}

describe("Certificates", () => {
  const authority = certificates.authority("authority");
  const authoritys = read({ certFile: authority.caFile });

  test("an authority is one, and vouches for itself", () => {
    expect(authoritys.ca).toBe(true);
    expect(authoritys.subject).toBe("CN=authority");
    expect(authoritys.verify(authoritys.publicKey)).toBe(true);
  });

  test("what an authority issues is signed by it, fits its key and names loopback", () => {
    const files = authority.issue("server");
    const certificate = read(files);
    expect(certificate.verify(authoritys.publicKey)).toBe(true);
    expect(certificate.checkIssued(authoritys)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(files.keyFile)))).toBe(true);
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkHost("elsewhere.example")).toBeUndefined();
  });

  test("another authority has not signed it", () => {
    const rogue = read({ certFile: certificates.authority("rogue").caFile });
    expect(read(authority.issue("honest")).verify(rogue.publicKey)).toBe(false);
  });

  test("validity, usage and names are those asked for", () => {
    const from = "20200101000000Z";
    const until = "20520102030405Z";
    const asked = { from, until, usage: "clientAuth", altNames: "DNS:db.example" } as const;
    const certificate = read(authority.issue("asked", asked));
    expect(new Date(certificate.validFrom).toISOString()).toBe("2020-01-01T00:00:00.000Z");
    expect(new Date(certificate.validTo).toISOString()).toBe("2052-01-02T03:04:05.000Z");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(certificate.subjectAltName).toBe("DNS:db.example");
  });

  const openssl = outsideTool("openssl");
  test.skipIf(openssl === undefined)("openssl, strictly, takes what an authority issued", () => {
    const { certFile } = authority.issue("judged");
    const command = [
      openssl ?? "",
      "verify",
      "-x509_strict",
      "-CAfile",
      authority.caFile,
      certFile,
    ];
    const { stdout, stderr } = Bun.spawnSync(command);
    expect(`${stdout.toString()}${stderr.toString()}`).toBe(`${certFile}: OK\n`);
  });

  test("without names it has none", () => {
    expect(read(authority.issue("bare", { altNames: "" })).subjectAltName).toBeUndefined();
  });
});
