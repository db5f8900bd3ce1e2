// Harm done to bytes on their way.

import fc from "fast-check";

/** One change, at a place given as a fraction of the length. */
export interface Damage {
  readonly kind: "flip" | "set" | "cut" | "drop" | "insert" | "repeat";
  readonly place: number;
  readonly byte: number;
}

export const arbitraryDamage: fc.Arbitrary<Damage> = fc.record(
  {
    kind: fc.constantFrom<Damage["kind"]>("flip", "set", "set", "cut", "drop", "insert", "repeat"),
    place: fc.double({ min: 0, max: 0.999999, noNaN: true }),
    // Heads of every kind and width are worth more than random bytes.
    byte: fc.oneof(
      fc.nat(255),
      fc.constantFrom(
        0x1b,
        0x3b,
        0x40,
        0x60,
        0x7b,
        0x80,
        0x9b,
        0xa0,
        0xbb,
        0xc1,
        0xf6,
        0xf7,
        0xf9,
        0xfb,
        0xff,
      ),
    ),
  },
  { noNullPrototype: true },
);

/** A copy of `bytes` with this damage. */
export function damaged(bytes: Uint8Array, { kind, place, byte }: Damage): Uint8Array {
  const at = Math.floor(place * bytes.length);
  const copy = [...bytes];
  switch (kind) {
    case "flip":
      copy[at] = (copy[at] ?? 0) ^ (1 << (byte & 7));
      break;
    case "set":
      copy[at] = byte;
      break;
    case "cut":
      copy.length = at;
      break;
    case "drop":
      copy.splice(at, 1 + (byte & 7));
      break;
    case "insert":
      copy.splice(at, 0, byte);
      break;
    case "repeat":
      copy.splice(at, 0, ...copy.slice(at, at + 1 + (byte & 15)));
      break;
  }
  return Uint8Array.from(copy);
}
