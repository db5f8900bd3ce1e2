// The compiled path of one direction: decoders and encoders generated from its schemas, each when its
// message has been used often enough. It knows the layout that Typewire writes and answers `MISS` or false
// to everything else, errors included: the reference path decides then, and words them.

import type { ByteWriter } from "../../byte-writer.ts";
import type { CodeBudget } from "../../code-budget.ts";
import { type DecodeLimits, defaultLimits } from "../../limits.ts";
import { type CallTable, formsIn, type OpenCalls } from "../../schema/call-table.ts";
import type { MessageEntry } from "../../schema/message-entry.ts";
import type { AnyMessage, MessageTable } from "../../schema/message-table.ts";
import { Unions } from "../../schema/union.ts";
import { ShapeWriter } from "../reference/encode/value.ts";
import { decodeEntrance, type DecodeEntrance } from "./decode/entrance.ts";
import {
  type CompiledDecode,
  decodeScope,
  type DecodeState,
  emitMessage as emitDecoder,
} from "./decode/module.ts";
import { MISS } from "./decode/read.ts";
import { encodeEntrance, type EncodeEntrance } from "./encode/entrance.ts";
import type { EncodeState } from "./encode/fields.ts";
import { type CompiledEncode, emitMessage as emitEncoder, encodeScope } from "./encode/module.ts";
import type { CodeStyle } from "./functions.ts";
import { Generator, type MessageCode } from "./generator.ts";
import { Structures } from "./structures.ts";

/** What the compiled path made of a direction, to be read or printed. */
export interface GeneratedCode {
  /** The source of the decoders, formatted; empty where nothing was generated. */
  readonly decoder: string;
  /** The source of the encoders, formatted. */
  readonly encoder: string;
  /** What became of every message, control messages included, in the order of the protocol. */
  readonly messages: readonly {
    readonly name: string;
    readonly decode: MessageCode;
    readonly encode: MessageCode;
  }[];
}

/** What stands in for code until there is some. */
const decodeNothing: DecodeEntrance = () => MISS;
const encodeNothing: EncodeEntrance = () => false;

export class CompiledPath {
  readonly #entries: MessageTable;
  readonly #decoder: Generator<CompiledDecode>;
  readonly #encoder: Generator<CompiledEncode>;
  #decode: DecodeEntrance = decodeNothing;
  #encode: EncodeEntrance = encodeNothing;

  /** `budget` says when code may be made. */
  constructor(
    table: MessageTable,
    calls: CallTable | undefined,
    budget: CodeBudget,
    style: CodeStyle = "in place",
  ) {
    const entries = calls === undefined ? table : new Map([...table, ...formsIn(calls)]);
    const structures = new Structures();
    const decodeState: DecodeState = {
      position: 0,
      items: 0,
      levels: 0,
      optional: 0,
      bytes: undefined,
      view: new DataView(new ArrayBuffer(0)),
    };
    const encodeState: EncodeState = { items: 0, levels: 0, limits: defaultLimits };
    this.#entries = entries;
    this.#decoder = new Generator(entries, structures, budget, style, {
      emitMessage: emitDecoder,
      scope: decodeScope(decodeState),
      install: (decoders) => {
        this.#decode = decodeEntrance(decodeState, decoders);
      },
    });
    this.#encoder = new Generator(entries, structures, budget, style, {
      emitMessage: emitEncoder,
      scope: encodeScope(encodeState, new ShapeWriter(new Unions(budget))),
      install: (encoders) => {
        this.#encode = encodeEntrance(encodeState, encoders);
      },
    });
  }

  /** The message in `bytes[start, end)`, or `MISS`. `openCalls` says which call an id belongs to. */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: DecodeLimits,
    openCalls: OpenCalls | undefined,
  ): AnyMessage | typeof MISS {
    try {
      return this.#decode(bytes, start, end, limits, openCalls);
    } catch {
      // A format's check that throws, nesting beyond the stack: the reference path meets it again and says so.
      return MISS;
    }
  }

  /**
   * Appends the payload of `message`, in the form of a call where there is one; false, with `writer` as it was,
   * where it does not know how.
   */
  encode(
    message: AnyMessage,
    form: MessageEntry | undefined,
    writer: ByteWriter,
    limits: DecodeLimits,
  ): boolean {
    const start = writer.length;
    try {
      if (this.#encode(message, writer, limits, form)) return true;
    } catch {
      // A getter that throws, a value without a wire form: the reference path meets it again and says so.
    }
    writer.length = start;
    return false;
  }

  /** Tells that the reference path has read a valid message whose entry is called `name`. */
  hasDecoded(name: string): void {
    this.#decoder.used(name);
  }

  /** Tells that the reference path has written a valid message whose entry is called `name`. */
  hasEncoded(name: string): void {
    this.#encoder.used(name);
  }

  /** Compiles every message at once, whatever its uses. */
  compileAll(): void {
    this.#decoder.compileAll();
    this.#encoder.compileAll();
  }

  /** The generated sources, and what became of each message. */
  generated(): GeneratedCode {
    return {
      decoder: this.#decoder.source,
      encoder: this.#encoder.source,
      messages: [...this.#entries.keys()].map((name) => ({
        name,
        decode: this.#decoder.codeOf(name),
        encode: this.#encoder.codeOf(name),
      })),
    };
  }
}
