// The competitors, in the order of the tables. The first is the one that the ratios are about. Each is
// loaded when it is asked for, so that a process has only the libraries of the sides in it.

import type { CodecSide } from "./side.ts";

/** What a codec benchmark times. */
export type Direction = "decode" | "encode";

export interface SideEntry {
  readonly name: string;
  readonly load: () => Promise<CodecSide>;
}

export function sidesOf(direction: Direction): readonly SideEntry[] {
  return direction === "decode" ? both : [...both.slice(0, 1), typewireInto, ...both.slice(1)];
}

const typewireInto: SideEntry = {
  name: "typewire, into a buffer",
  load: async () => (await import("./sides/typewire.ts")).typewireInto,
};

const both: readonly SideEntry[] = [
  {
    name: "typewire",
    load: async () => (await import("./sides/typewire.ts")).typewire,
  },
  {
    name: "typewire, reference path",
    load: async () => (await import("./sides/typewire.ts")).typewireReference,
  },
  {
    name: "cbor-x + check",
    load: async () => (await import("./sides/cbor-x.ts")).cborX,
  },
  {
    name: "cbor-x, shared structures + check",
    load: async () => (await import("./sides/cbor-x.ts")).cborXShared,
  },
  {
    name: "JSON + check",
    load: async () => (await import("./sides/json.ts")).json,
  },
  {
    name: "JSON in bytes + check",
    load: async () => (await import("./sides/json.ts")).jsonBytes,
  },
  {
    name: "JSON + zod",
    load: async () => (await import("./sides/zod.ts")).jsonZod,
  },
  {
    name: "msgpackr + check",
    load: async () => (await import("./sides/msgpackr.ts")).msgpackr,
  },
  {
    name: "msgpackr, shared structures + check",
    load: async () => (await import("./sides/msgpackr.ts")).msgpackrShared,
  },
  {
    name: "protobufjs",
    load: async () => (await import("./sides/protobufjs.ts")).protobufjs,
  },
  {
    name: "protobufjs + check",
    load: async () => (await import("./sides/protobufjs.ts")).protobufjsChecked,
  },
  {
    name: "@bufbuild/protobuf",
    load: async () => (await import("./sides/bufbuild.ts")).bufbuild,
  },
  {
    name: "@bufbuild/protobuf + check",
    load: async () => (await import("./sides/bufbuild.ts")).bufbuildChecked,
  },
  {
    name: "avsc",
    load: async () => (await import("./sides/avsc.ts")).avsc,
  },
  {
    name: "avsc + check",
    load: async () => (await import("./sides/avsc.ts")).avscChecked,
  },
  {
    name: "bun:jsc serialize + check",
    load: async () => (await import("./sides/structured-clone.ts")).structuredCloneSide,
  },
];
