// cbor2 judges our codec, value by value, in both directions: what we write must mean to it what this
// table says, integer or float, text or bytes, order of keys included; what it writes of the same values
// (its default form with eight-byte floats, and its canonical one) must come back as the same message.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Type } from "@sinclair/typebox";
import { defineProtocol, FrameReader, type MessageOf } from "@typewire/protocol";

import { askCbor2, describeCbor2 } from "./python.ts";

const Colour = { red: "red", three: 3 } as const;

const Tree = Type.Recursive((This) =>
  Type.Object({ name: Type.String(), children: Type.Array(This) }),
);

const Shapes = Type.Module({
  Point: Type.Object({ x: Type.Number(), y: Type.Number() }),
  Line: Type.Object({ from: Type.Ref("Point"), to: Type.Ref("Point") }),
});

const kinds = defineProtocol({
  name: "kinds",
  version: 1,
  server: {
    number: Type.Object({ value: Type.Number() }),
    integer: Type.Object({ value: Type.Integer() }),
    bigint: Type.Object({ value: Type.BigInt() }),
    text: Type.Object({ value: Type.String() }),
    boolean: Type.Object({ value: Type.Boolean() }),
    null: Type.Object({ value: Type.Null() }),
    undefined: Type.Object({ value: Type.Undefined() }),
    bytes: Type.Object({ value: Type.Uint8Array() }),
    date: Type.Object({ value: Type.Date() }),
    literal: Type.Object({ value: Type.Literal("only") }),
    enum: Type.Object({ value: Type.Enum(Colour) }),
    array: Type.Object({ value: Type.Array(Type.Integer()) }),
    tuple: Type.Object({ value: Type.Tuple([Type.String(), Type.Integer()]) }),
    optional: Type.Object({ value: Type.Optional(Type.Integer()), last: Type.Boolean() }),
    textRecord: Type.Object({ value: Type.Record(Type.String(), Type.Integer()) }),
    integerRecord: Type.Object({ value: Type.Record(Type.Integer(), Type.String()) }),
    union: Type.Object({ value: Type.Union([Type.String(), Type.Array(Type.Number())]) }),
    intersect: Type.Object({
      value: Type.Intersect([
        Type.Object({ a: Type.Integer() }),
        Type.Object({ b: Type.Optional(Type.String()) }),
      ]),
    }),
    recursive: Type.Object({ value: Tree }),
    module: Type.Object({ value: Shapes.Import("Line") }),
    unknown: Type.Object({ value: Type.Unknown() }),
  },
  client: {},
});

type Message = MessageOf<typeof kinds, "server">;

/** A value as check_frames.py describes it. */
type Description =
  | string
  | boolean
  | null
  | { int: string }
  | { float: string }
  | { bytes: string }
  | { undefined: true }
  | { map: [Description, Description][] }
  | Description[];

const cases: readonly (readonly [Message, Description])[] = [
  ...[0, 1, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296].map(integer),
  ...[Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, -24, -25, -256, -257].map(integer),
  ...[1.5, -0, 0.1, 65_504.5, 3.4e38, 5.960_464_477_539_063e-8, 5e-324, 1e300, 2 ** 53].map(float),
  [{ type: "number", value: 7 }, int(7)],
  ...[0n, -1n, 2n ** 53n, 2n ** 64n - 1n, -(2n ** 63n)].map(bigint),
  ...["", "hola", "¿Qué?", "日本語", "👋🏽", "\u{FEFF}con BOM", "\0", "ñ".repeat(300)].map(text),
  [{ type: "boolean", value: true }, true],
  [{ type: "boolean", value: false }, false],
  [{ type: "null", value: null }, null],
  [{ type: "undefined", value: undefined }, { undefined: true }],
  [{ type: "bytes", value: new Uint8Array() }, { bytes: "" }],
  [{ type: "bytes", value: new Uint8Array([0, 255, 128]) }, { bytes: "00ff80" }],
  [{ type: "bytes", value: new Uint8Array(70_000) }, { bytes: "00".repeat(70_000) }],
  [{ type: "date", value: new Date(1_763_865_600_000) }, int(1_763_865_600_000)],
  [{ type: "date", value: new Date(-1) }, int(-1)],
  [{ type: "literal", value: "only" }, "only"],
  [{ type: "enum", value: Colour.red }, "red"],
  [{ type: "enum", value: Colour.three }, int(3)],
  [{ type: "array", value: [] }, []],
  [{ type: "array", value: [1, -2, 3000] }, [int(1), int(-2), int(3000)]],
  [{ type: "tuple", value: ["uno", 1] }, ["uno", int(1)]],
  [
    { type: "textRecord", value: { "": 0, b: 1, a: 2 } },
    map(["", int(0)], ["b", int(1)], ["a", int(2)]),
  ],
  [
    { type: "integerRecord", value: { 1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor" } },
    map([int(1), "Hola"], [int(2), "Bienvenido"], [int(3), "Al"], [int(4), "Servidor"]),
  ],
  [
    { type: "integerRecord", value: { [-5]: "menos", [Number.MAX_SAFE_INTEGER]: "más" } },
    map([int(-5), "menos"], [int(Number.MAX_SAFE_INTEGER), "más"]),
  ],
  [{ type: "union", value: "texto" }, "texto"],
  [{ type: "union", value: [1, 0.5] }, [int(1), floatOf(0.5)]],
  [{ type: "intersect", value: { a: 1, b: "dos" } }, map(["a", int(1)], ["b", "dos"])],
  [
    { type: "recursive", value: { name: "raíz", children: [{ name: "hoja", children: [] }] } },
    map(["name", "raíz"], ["children", [map(["name", "hoja"], ["children", []])]]),
  ],
  [
    { type: "module", value: { from: { x: 0, y: 0 }, to: { x: 1, y: -0.5 } } },
    map(
      ["from", map(["x", int(0)], ["y", int(0)])],
      ["to", map(["x", int(1)], ["y", floatOf(-0.5)])],
    ),
  ],
  [
    { type: "unknown", value: { list: [1, "dos", null, true, 2.5], deep: { deeper: {} } } },
    map(["list", [int(1), "dos", null, true, floatOf(2.5)]], ["deep", map(["deeper", map()])]),
  ],
];

const folder = mkdtempSync(join(tmpdir(), "typewire-cbor2-"));
afterAll(() => rmSync(folder, { recursive: true }));

describeCbor2("what the codec writes", () => {
  test("means the same to cbor2, and what cbor2 writes of it comes back as the same message", async () => {
    const [frames, expected, echo] = ["frames", "expected.json", "echo"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    const wholes: readonly (readonly [Message, Description])[] = [
      ...cases.map(([message, value]) => [message, whole(message, ["value", value])] as const),
      [{ type: "optional", last: true }, map(["type", "optional"], ["last", true])],
      [
        { type: "optional", value: 5, last: false },
        map(["type", "optional"], ["value", int(5)], ["last", false]),
      ],
    ];
    writeFileSync(
      frames,
      Buffer.concat(wholes.map(([message]) => kinds.server.encodeFrame(message))),
    );
    writeFileSync(expected, JSON.stringify(wholes.map(([, description]) => description)));

    askCbor2("check_frames.py", "", frames, expected, echo);

    const echoed: Message[] = [];
    new FrameReader().push(new Uint8Array(await Bun.file(echo).bytes()), (bytes, start, end) =>
      echoed.push(kinds.server.decode(bytes, start, end)),
    );
    expect(echoed).toEqual(wholes.flatMap(([message]) => [message, message]));
  });
});

function whole(message: Message, ...fields: [string, Description][]): Description {
  return map(["type", message.type], ...fields);
}

function integer(value: number): readonly [Message, Description] {
  return [{ type: "integer", value }, int(value)];
}

function float(value: number): readonly [Message, Description] {
  return [{ type: "number", value }, floatOf(value)];
}

function bigint(value: bigint): readonly [Message, Description] {
  return [{ type: "bigint", value }, int(value)];
}

function text(value: string): readonly [Message, Description] {
  return [{ type: "text", value }, value];
}

function int(value: number | bigint): Description {
  return { int: String(value) };
}

/** A float by its eight bytes. */
function floatOf(value: number): Description {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return { float: bytes.toString("hex") };
}

function map(...entries: [Description, Description][]): Description {
  return { map: entries };
}
