import { describe, expect, test } from "bun:test";

import { exposureOf, type Guards, remedyOf } from "../src/exposure.ts";

const open: Guards = { tls: false, clientCert: false, secret: false };

describe("exposureOf", () => {
  test.each(["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", undefined])(
    "finds nothing on %p, which only this machine reaches",
    (hostname) => {
      expect(exposureOf(hostname, open)).toBeUndefined();
    },
  );

  test.each([
    [{ tls: true, secret: true }],
    [{ tls: true, clientCert: true }],
    [{ tls: true, clientCert: true, secret: true }],
  ])("finds nothing where traffic is encrypted and clients prove their names: %j", (guards) => {
    expect(exposureOf("0.0.0.0", { ...open, ...guards })).toBeUndefined();
  });

  test.each([
    [{}, /anyone who reaches it may connect, and anyone on the way can read and change/],
    [{ tls: true }, /^anyone who reaches it may connect$/],
    [{ secret: true }, /^anyone on the way can read what is said, and change it/],
  ])("says what a stranger could do elsewhere, guarded by %j", (guards, risk) => {
    for (const hostname of ["0.0.0.0", "::", "192.168.1.1", "fe80::1"]) {
      expect(exposureOf(hostname, { ...open, ...guards })).toMatch(risk);
    }
  });
});

describe("remedyOf", () => {
  test("names what is missing, and nothing that is there", () => {
    expect(remedyOf(open)).toContain("--tls-cert, --tls-key and --secret-file");
    expect(remedyOf({ ...open, tls: true })).not.toContain("--tls-cert");
    expect(remedyOf({ ...open, secret: true })).toBe("--tls-cert and --tls-key");
  });
});
