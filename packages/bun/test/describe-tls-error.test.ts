import { describe, expect, test } from "bun:test";

import { describeTlsError } from "../src/describe-tls-error.ts";
import { environmentWarnings } from "../src/environment.ts";

const withCode = (code: string, message = "x") => Object.assign(new Error(message), { code });

describe("describeTlsError", () => {
  test.each([
    ["CERT_HAS_EXPIRED", "the server's certificate has expired (CERT_HAS_EXPIRED)"],
    [
      "SELF_SIGNED_CERT_IN_CHAIN",
      "the server's certificate comes from an unknown authority (SELF_SIGNED_CERT_IN_CHAIN)",
    ],
    ["INVALID_PURPOSE", "the server's certificate is not made for a server (INVALID_PURPOSE)"],
  ])("has words for %s", (code, sentence) => {
    expect(describeTlsError(withCode(code), "server")).toBe(sentence);
  });

  test("names the host that was asked for and those of the certificate", () => {
    const message =
      "Hostname/IP does not match certificate's altnames: Host: a.example. is not in the cert's altnames: DNS:b.example";
    expect(describeTlsError(withCode("ERR_TLS_CERT_ALTNAME_INVALID", message), "server")).toBe(
      "the server's certificate is for another host: asked for a.example, it names DNS:b.example (ERR_TLS_CERT_ALTNAME_INVALID)",
    );
  });

  test.each([
    ["WRONG_VERSION_NUMBER", "the client does not speak TLS here (WRONG_VERSION_NUMBER)"],
    ["HTTP_REQUEST", "the client does not speak TLS here (HTTP_REQUEST)"],
    [
      "TLSV1_ALERT_UNKNOWN_CA",
      "the client does not accept this side's certificate (TLSV1_ALERT_UNKNOWN_CA)",
    ],
    [
      "SSLV3_ALERT_CERTIFICATE_EXPIRED",
      "the client does not accept this side's certificate (SSLV3_ALERT_CERTIFICATE_EXPIRED)",
    ],
    ["SOMETHING_NEW", "TLS failed (SOMETHING_NEW)"],
  ])("has words for BoringSSL's %s", (reason, sentence) => {
    const message = `error:100000f7:SSL routines:OPENSSL_internal:${reason}`;
    expect(describeTlsError(withCode("EPROTO", message), "client")).toBe(sentence);
  });

  test("has words for nothing at all", () => {
    expect(describeTlsError(null, "server")).toBe("the server is not verified");
  });
});

describe("environmentWarnings", () => {
  test("tells a user that tries to turn verification off that it stays on (T6)", () => {
    expect(environmentWarnings({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toHaveLength(1);
    expect(environmentWarnings({ NODE_TLS_REJECT_UNAUTHORIZED: "1" })).toEqual([]);
    expect(environmentWarnings({})).toEqual([]);
  });
});
