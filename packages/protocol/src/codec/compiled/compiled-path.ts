// The compiled path of one direction: a decoder and an encoder generated from its schemas, each when it
// is first needed. It knows the layout that Typewire writes and answers `MISS` or false to everything
// else, errors included: the reference path decides then, and words them.

import type { ByteWriter } from "../../byte-writer.ts";
import type { DecodeLimits } from "../../limits.ts";
import type { AnyMessage, MessageTable } from "../../schema/message-table.ts";
import { Unions } from "../../schema/union.ts";
import { ShapeWriter } from "../reference/encode/value.ts";
import { type CompiledDecode, compileDecoder } from "./decode/module.ts";
import { MISS } from "./decode/read.ts";
import { type CompiledEncode, compileEncoder } from "./encode/module.ts";
import type { GeneratedModule } from "./generated-module.ts";

/** What the compiled path made of a direction, for people who want to see it. */
export interface GeneratedCode {
  /** The decoder's source, formatted; empty where nothing was generated. */
  readonly decoder: string;
  /** The encoder's source, formatted. */
  readonly encoder: string;
  /** What goes to the reference path, and why. */
  readonly uncompiled: readonly {
    readonly message: string;
    readonly direction: "decode" | "encode";
    readonly reason: string;
  }[];
}

/** What stands in for code where the runtime forbids generating any. */
const decodeNothing: CompiledDecode = () => MISS;
const encodeNothing: CompiledEncode = () => false;

export class CompiledPath {
  readonly #table: MessageTable;
  #decoder: GeneratedModule<CompiledDecode> | undefined;
  #encoder: GeneratedModule<CompiledEncode> | undefined;
  #decode: CompiledDecode | undefined;
  #encode: CompiledEncode | undefined;

  constructor(table: MessageTable) {
    this.#table = table;
  }

  /** The message in `bytes[start, end)`, or `MISS`. */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: DecodeLimits,
  ): AnyMessage | typeof MISS {
    const decode = this.#decode ?? this.#makeDecode();
    try {
      return decode(bytes, start, end, limits);
    } catch {
      // A format's check that throws, nesting beyond the stack: the reference path meets it again and says so.
      return MISS;
    }
  }

  /** Appends the payload of `message`; false, with `writer` as it was, where it does not know how. */
  encode(message: AnyMessage, writer: ByteWriter, limits: DecodeLimits): boolean {
    const encode = this.#encode ?? this.#makeEncode();
    const start = writer.length;
    try {
      if (encode(message, writer, limits)) return true;
    } catch {
      // A getter that throws, a value without a wire form: the reference path meets it again and says so.
    }
    writer.length = start;
    return false;
  }

  /** The generated sources, and what has none. */
  generated(): GeneratedCode {
    this.#makeDecode();
    this.#makeEncode();
    const reasons = (uncompiled: ReadonlyMap<string, string>, direction: "decode" | "encode") =>
      [...uncompiled].map(([message, reason]) => ({ message, direction, reason }));
    return {
      decoder: this.#decoder?.source ?? "",
      encoder: this.#encoder?.source ?? "",
      uncompiled: [
        ...reasons(this.#decoder?.uncompiled ?? new Map(), "decode"),
        ...reasons(this.#encoder?.uncompiled ?? new Map(), "encode"),
      ],
    };
  }

  #makeDecode(): CompiledDecode {
    this.#decoder ??= compileDecoder(this.#table);
    this.#decode = this.#decoder?.code ?? decodeNothing;
    return this.#decode;
  }

  #makeEncode(): CompiledEncode {
    this.#encoder ??= compileEncoder(this.#table, new ShapeWriter(new Unions()));
    this.#encode = this.#encoder?.code ?? encodeNothing;
    return this.#encode;
  }
}
