// C: payloads that are not one CBOR item of our profile. The decoder's own tests have every vector
// (packages/protocol/test); here one or a few of each class go through the executable.

import { afterAll, beforeAll, describe, expect } from "bun:test";

import { saludo } from "@typewire/protocol/saludo";
import { pickSeed, SeededRandom } from "@typewire/testkit";

import { Arena } from "../src/arena.ts";
import { type ByteRow, byteRows } from "../src/byte-rows.ts";
import { carrying, concat, frame, head, hex, map, message, repeated, text } from "../src/cbor.ts";
import { Offender } from "../src/offender.ts";
import { row, rowsEnd } from "../src/row.ts";

const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
/** For how long damaged messages are sent, and how many frames that are dear to read each of two peers sends. */
const [DAMAGE_MS, DEAR_FRAMES] = isLong ? [1000, 150] : [300, 60];
const MAX_ITEMS = 65_536;
const MAX_NESTING = 32;

const malformed = (name: string, payload: Uint8Array): ByteRow => ({
  name,
  bytes: frame(payload),
  fatal: "cbor-malformed",
});
const unsupported = (name: string, payload: Uint8Array): ByteRow => ({
  name,
  bytes: frame(payload),
  fatal: "cbor-unsupported",
});
const overLimit = (name: string, payload: Uint8Array): ByteRow => ({
  name,
  bytes: frame(payload),
  fatal: "cbor-limit",
});
const taken = (name: string, payload: Uint8Array): ByteRow => ({
  name,
  bytes: frame(payload),
  said: "hola",
});

/** So many arrays in each other, in a message that is itself one level. */
const nested = (levels: number): Uint8Array =>
  carrying(concat(new Uint8Array(levels - 1).fill(0x81), hex("80")));
const items = (count: number): Uint8Array =>
  carrying(concat(head("array", count), new Uint8Array(count)));
const keys = (count: number): Uint8Array =>
  carrying(
    concat(
      head("map", count),
      ...Array.from({ length: count }, (_, index) => concat(text(`k${index}`), hex("00"))),
    ),
  );

const rows: readonly ByteRow[] = [
  malformed("C1 the end of input in a head", hex("18")),
  malformed("C1 reserved additional information", hex("1c")),
  malformed("C1 a break outside", hex("ff")),
  malformed("C1 the end of input in a string", hex("62 61")),
  taken(
    "C2 longer heads than needed",
    hex("b9 0002 7804 74797065 7803 736179 7804 74657874 7900 04 686f6c61"),
  ),
  malformed("C3 2^64-1 array items", hex("9b ffffffffffffffff")),
  malformed("C3 100 million array items", hex("9a 05f5e100")),
  malformed("C3 a million map entries", hex("ba 000f4240")),
  malformed("C3 2^63-1 bytes", hex("5b 7fffffffffffffff")),
  malformed("C3 2^31-1 characters", hex("7a 7fffffff")),
  taken("C4 as many levels as allowed", nested(MAX_NESTING - 1)),
  overLimit("C4 one level too many", nested(MAX_NESTING)),
  overLimit("C4 a thousand levels", nested(1000)),
  overLimit("C4 a million levels of arrays", new Uint8Array(1_048_000).fill(0x81)),
  overLimit("C4 20 000 levels of maps", repeated(hex("a1 61 61"), 20_000)),
  unsupported("C4 20 000 levels of tags", new Uint8Array(20_000).fill(0xc6)),
  // The message itself is a map of three keys and three values.
  taken("C5 as many items as allowed", items(MAX_ITEMS - 7)),
  overLimit("C5 one item too many", items(MAX_ITEMS - 6)),
  overLimit(
    "C5 a million empty maps",
    concat(head("array", 1_000_000), new Uint8Array(1_000_000).fill(0xa0)),
  ),
  unsupported("C6 an indefinite array", carrying(hex("9f ff"))),
  unsupported("C6 an indefinite map", carrying(hex("bf ff"))),
  unsupported("C6 an indefinite text", carrying(hex("7f 61 61 ff"))),
  unsupported(
    "C6 100 000 empty chunks",
    carrying(concat(hex("5f"), new Uint8Array(1e5).fill(0x40))),
  ),
  malformed("C7 a byte after the item", concat(carrying(hex("00")), hex("00"))),
  malformed("C7 two items", concat(carrying(hex("00")), carrying(hex("00")))),
  malformed("C8 invalid UTF-8", carrying(hex("62 c328"))),
  malformed("C8 overlong UTF-8", carrying(hex("62 c080"))),
  malformed("C8 an encoded surrogate", carrying(hex("63 eda080"))),
  malformed("C8 a character above U+10FFFF", carrying(hex("64 f4908080"))),
  malformed("C8 a character cut at the end", carrying(hex("61 c3"))),
  unsupported("C9 the key __proto__", message("say", text("__proto__"), map())),
  unsupported(
    "C9 the key __proto__ deep down",
    carrying(map(text("a"), map(text("__proto__"), hex("00")))),
  ),
  ...["constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "toJSON", "then"].map(
    (key) =>
      taken(`C9 the key ${key}`, message("say", text("text"), text("hola"), text(key), map())),
  ),
  unsupported("C9 a key of bytes", carrying(map(hex("41 61"), hex("00")))),
  malformed(
    "C10 a key twice",
    message("say", text("text"), text("hola"), text("text"), text("adiós")),
  ),
  unsupported("C10 an array as a key", carrying(map(hex("80"), hex("00")))),
  unsupported("C10 a float as a key", carrying(map(hex("f90000"), hex("00")))),
  {
    name: "C11 an integer where text is asked for",
    bytes: frame(message("say", text("text"), hex("1bffffffffffffffff"))),
    forgiven: "schema-mismatch",
    path: "/text",
  },
  unsupported("C12 a date", carrying(hex("c1 fb7e37e43c8800759c"))),
  unsupported(
    "C12 a bignum of 64 KiB",
    carrying(concat(hex("c2"), head("bytes", 65_536), new Uint8Array(65_536))),
  ),
  unsupported("C12 a decimal with a huge exponent", carrying(hex("c4 82 1b7fffffffffffffff 01"))),
  unsupported("C12 a reference", carrying(hex("d81d 00"))),
  unsupported("C12 an object of a class", carrying(hex("d81b 80"))),
  unsupported("C12 a record of cbor-x", hex("d9dfff 83 19e000 81 6474797065 63736179")),
  unsupported("C12 the self-described tag, many times", carrying(repeated(hex("d9d9f7"), 1e5))),
  unsupported("C13 undefined", carrying(hex("f7"))),
  unsupported("C13 a simple value without a meaning", carrying(hex("f8ff"))),
  malformed("C13 a simple value in two bytes that fits one", carrying(hex("f814"))),
  malformed("C13 reserved simple values", carrying(hex("fc"))),
  overLimit("C17 more keys than items are allowed", keys(MAX_ITEMS)),
];

describe("typewire-server, payloads", () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open();
  }, 60_000);
  afterAll(() => arena[Symbol.asyncDispose]());

  byteRows(() => arena, rows);

  row("C15 damaged messages are refused or taken, never fatal to the process", () =>
    arena.withstand(async () => {
      const seed = pickSeed();
      const random = new SeededRandom(seed);
      const valid = saludo.client.encode({ type: "say", text: "hola, what a nice day" });
      const untilMs = performance.now() + DAMAGE_MS;
      while (performance.now() < untilMs) {
        using offender = await Offender.connect(arena.port);
        const damaged = Array.from({ length: 8 }, () => frame(damage(valid, random)));
        await offender.peer.send(concat(...damaged));
        await offender.leave();
        const { code } = await arena.log.endOf(offender.name);
        expect({ seed, code }).toEqual({
          seed,
          code: expect.stringMatching(/^(cbor-|peer-closed|too-many-errors)/),
        });
      }
    }),
  );

  row("C18 frames that are dear to read, one after the other, keep no client waiting", () =>
    arena.withstand(async () => {
      // 131 KB each: an unknown property with a map of 32 700 integer keys in no order.
      const seed = pickSeed();
      const random = new SeededRandom(seed);
      const keys = Array.from({ length: 32_700 }, (_, index) => index);
      for (let index = keys.length - 1; index > 0; index -= 1) {
        const other = random.integer(0, index);
        [keys[index], keys[other]] = [keys[other] ?? 0, keys[index] ?? 0];
      }
      const entries = concat(...keys.map((key) => Uint8Array.of(0x19, key >> 8, key & 255, 0)));
      const dear = message("$pong", text("x"), concat(head("map", keys.length), entries));
      const offenders = await Promise.all([1, 2].map(() => Offender.connect(arena.port)));
      await Promise.all(offenders.map(({ peer }) => peer.send(repeated(frame(dear), DEAR_FRAMES))));
      for (const offender of offenders) {
        await offender.peer.send(frame(message("$ping")));
        await offender.next("$pong");
        await offender.leave();
        offender[Symbol.dispose]();
      }
    }),
  );

  rowsEnd("C");
});

/** One to three of: a bit flipped, a byte replaced, a piece removed, a piece repeated. Never empty. */
function damage(payload: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = payload;
  for (let count = random.integer(1, 3); count > 0; count -= 1) {
    const at = random.integer(0, bytes.length - 1);
    const to = random.integer(at, Math.min(at + 4, bytes.length));
    switch (random.integer(0, 3)) {
      case 0:
        bytes = bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.integer(0, 7)));
        break;
      case 1:
        bytes = bytes.with(at, random.integer(0, 255));
        break;
      case 2:
        bytes = concat(bytes.subarray(0, at + 1), bytes.subarray(to));
        break;
      default:
        bytes = concat(bytes.subarray(0, to), bytes.subarray(at));
    }
    if (bytes.length === 0) bytes = payload;
  }
  return bytes;
}
