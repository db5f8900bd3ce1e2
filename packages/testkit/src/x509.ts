// Makes X.509 certificates (RFC 5280) over P-256 keys, for tests on machines without the `openssl` command.
// It writes DER (X.690) and knows the few extensions that tests ask for. Bun's TLS judges what it makes.

import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";

/** What a certificate says. */
export interface CertificateClaims {
  /** The common names of the certificate's subject and of its issuer. */
  readonly subject: string;
  readonly issuer: string;
  /** The first and the last second of its validity. */
  readonly from: Date;
  readonly until: Date;
  /** Whether its subject signs certificates. */
  readonly isAuthority: boolean;
  /** Such as `DNS:localhost,IP:127.0.0.1` (IPv4 only); an empty text leaves the extension out. */
  readonly altNames: string;
  /** `extendedKeyUsage`; undefined leaves it out. */
  readonly usage?: "serverAuth" | "clientAuth" | undefined;
}

const oid = {
  commonName: [2, 5, 4, 3],
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
  subjectKeyIdentifier: [2, 5, 29, 14],
  keyUsage: [2, 5, 29, 15],
  subjectAltName: [2, 5, 29, 17],
  basicConstraints: [2, 5, 29, 19],
  authorityKeyIdentifier: [2, 5, 29, 35],
  extKeyUsage: [2, 5, 29, 37],
  serverAuth: [1, 3, 6, 1, 5, 5, 7, 3, 1],
  clientAuth: [1, 3, 6, 1, 5, 5, 7, 3, 2],
} as const;

/** Tags of X.690. */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/**
 * The certificate in PEM.
 *
 * @param subjectKey Private key of the subject, in PEM.
 * @param issuerKey Private key of the issuer, in PEM; the subject's own for a self-signed certificate.
 */
export function makeCertificate(
  claims: CertificateClaims,
  subjectKey: string,
  issuerKey: string,
): string {
  const algorithm = sequence(objectIdentifier(oid.ecdsaWithSha256));
  const claimed = sequence(
    explicit(0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, positive(randomBytes(16))),
    algorithm,
    name(claims.issuer),
    sequence(time(claims.from), time(claims.until)),
    name(claims.subject),
    publicKeyInfo(subjectKey),
    explicit(3, sequence(...extensions(claims, subjectKey, issuerKey))),
  );
  const signature = sign("sha256", claimed, createPrivateKey(issuerKey));
  const whole = sequence(claimed, algorithm, bits(signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** `keyUsage`: digitalSignature and keyCertSign, bits 0 and 5; two bits of the byte are unused. */
const signsAll = der(tag.bits, Buffer.from([2, 0b1000_0100]));

function extensions(
  { isAuthority, altNames, usage }: CertificateClaims,
  subjectKey: string,
  issuerKey: string,
): Buffer[] {
  const authority = isAuthority ? [der(tag.boolean, Buffer.from([0xff]))] : [];
  const made = [
    extension(oid.basicConstraints, sequence(...authority), true),
    extension(oid.subjectKeyIdentifier, der(tag.octets, keyIdentifier(subjectKey))),
    extension(oid.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuerKey)))),
  ];
  if (isAuthority) made.push(extension(oid.keyUsage, signsAll, true));
  if (altNames !== "") made.push(extension(oid.subjectAltName, alternativeNames(altNames)));
  if (usage !== undefined) {
    made.push(extension(oid.extKeyUsage, sequence(objectIdentifier(oid[usage]))));
  }
  return made;
}

function extension(id: readonly number[], value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [der(tag.boolean, Buffer.from([0xff]))] : [];
  return sequence(objectIdentifier(id), ...critical, der(tag.octets, value));
}

function alternativeNames(altNames: string): Buffer {
  const names = altNames.split(",").map((entry) => {
    const [kind = "", value = ""] = entry.split(":");
    if (kind === "DNS") return implicit(2, Buffer.from(value, "latin1"));
    if (kind === "IP") return implicit(7, Buffer.from(value.split(".").map(Number)));
    throw new Error(`altNames: expected DNS:… or IP:…, got ${entry}`);
  });
  return sequence(...names);
}

function name(commonName: string): Buffer {
  const attribute = sequence(
    objectIdentifier(oid.commonName),
    der(tag.utf8, Buffer.from(commonName)),
  );
  return sequence(der(tag.set, attribute));
}

function publicKeyInfo(key: string): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function keyIdentifier(key: string): Buffer {
  return createHash("sha1").update(publicKeyInfo(key)).digest();
}

/** To the second: UTCTime, which has two digits of the year, and GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/\.\d+|[-:T]/g, "");
  return date.getUTCFullYear() < 2050
    ? der(tag.utcTime, Buffer.from(digits.slice(2), "latin1"))
    : der(tag.generalizedTime, Buffer.from(digits, "latin1"));
}

function objectIdentifier([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return der(tag.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Seven bits a byte, the most significant first; all but the last have the eighth bit. */
function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) groups.unshift(0x80 | (left & 0x7f));
  return groups;
}

/** The same bytes with the first bit off and the second on: a positive integer of fixed length. */
function positive(bytes: Buffer): Buffer {
  const [first = 0] = bytes;
  return Buffer.concat([Buffer.from([(first & 0x7f) | 0x40]), bytes.subarray(1)]);
}

function bits(bytes: Buffer): Buffer {
  return der(tag.bits, Buffer.from([0]), bytes);
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(tag.sequence, ...items);
}

function explicit(number: number, item: Buffer): Buffer {
  return der(0xa0 | number, item);
}

function implicit(number: number, value: Buffer): Buffer {
  return der(0x80 | number, value);
}

/** Tag, length and value. */
function der(itemTag: number, ...values: readonly Buffer[]): Buffer {
  const value = Buffer.concat(values);
  const { length } = value;
  let head = [itemTag, length];
  if (length > 0xff) head = [itemTag, 0x82, length >> 8, length & 0xff];
  else if (length > 0x7f) head = [itemTag, 0x81, length];
  return Buffer.concat([Buffer.from(head), value]);
}
