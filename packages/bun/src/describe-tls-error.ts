// Why a TLS handshake failed, in words that say what to do. OpenSSL's code stays at the end of the
// sentence, because that is what people look up.

/** `{peer}` is replaced by the role of the other end. */
const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the {peer}'s certificate has expired",
  CERT_NOT_YET_VALID: "the {peer}'s certificate is not valid yet; is a clock wrong?",
  CERT_REVOKED: "the {peer}'s certificate has been revoked",
  CERT_SIGNATURE_FAILURE:
    "the {peer}'s certificate is signed with another key than its authority's",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the {peer}'s certificate is self-signed, and not among the given authorities",
  SELF_SIGNED_CERT_IN_CHAIN: "the {peer}'s certificate comes from an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the {peer}'s certificate comes from an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "the {peer}'s certificate comes from an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the {peer}'s certificate comes from an unknown authority",
  INVALID_CA: "the {peer}'s certificate is signed by one that is no authority",
  INVALID_PURPOSE: "the {peer}'s certificate is not made for a {peer}",
  PATH_LENGTH_EXCEEDED: "the {peer}'s certificate has more authorities above it than they allow",
  ERR_TLS_CERT_ALTNAME_INVALID: "the {peer}'s certificate is for another host",
};

/** BoringSSL's reasons, which come as the last part of a message such as `error:…:SSL routines:OPENSSL_internal:HTTP_REQUEST`. */
const protocolFaults: readonly (readonly [reason: RegExp, sentence: string])[] = [
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|UNEXPECTED_RECORD|UNEXPECTED_MESSAGE|UNKNOWN_PROTOCOL/,
    "the {peer} does not speak TLS here",
  ],
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, "the {peer} showed no certificate, and one is required"],
  [/CERTIFICATE_REQUIRED/, "the {peer} asks for a certificate, and this side has none"],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/,
    "the {peer} does not accept this side's certificate",
  ],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION/, "the {peer} speaks no version of TLS from 1.2"],
  [/NO_SHARED_CIPHER|HANDSHAKE_FAILURE/, "the two ends share no cipher"],
];

/** One sentence about `error`, of a handshake with a peer of that role, without its full stop. */
export function describeTlsError(error: unknown, peerRole: "server" | "client"): string {
  if (!(error instanceof Error)) return `the ${peerRole} is not verified`;
  const code = "code" in error ? String(error.code) : "";
  if (code === "ECONNRESET") return `the ${peerRole} ended the connection during the TLS handshake`;
  const fault = certificateFaults[code];
  if (fault !== undefined) return `${withPeer(fault, peerRole)}${hosts(error, code)} (${code})`;
  const [, reason = error.message] = /OPENSSL_internal:(\w+)/.exec(error.message) ?? [];
  const [, sentence = "TLS failed"] =
    protocolFaults.find(([pattern]) => pattern.test(reason)) ?? [];
  return `${withPeer(sentence, peerRole)} (${reason})`;
}

/** Whether `error` is about the peer's certificate, and not about the handshake itself. */
export function isCertificateFault(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    Object.hasOwn(certificateFaults, String(error.code))
  );
}

function withPeer(sentence: string, peerRole: string): string {
  return sentence.replaceAll("{peer}", peerRole);
}

/** For a wrong host, the one asked for and those that the certificate names. */
function hosts({ message }: Error, code: string): string {
  if (code !== "ERR_TLS_CERT_ALTNAME_INVALID") return "";
  const [, detail = ""] = /altnames: (.+)$/.exec(message) ?? [];
  return detail === ""
    ? ""
    : `: ${detail.replace("Host: ", "asked for ").replace(". is not in the cert's altnames: ", ", it names ")}`;
}
