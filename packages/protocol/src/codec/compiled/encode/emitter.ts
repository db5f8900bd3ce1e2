// What the files of the encoder's generator share. Generated code has the output in `b` (and as a
// DataView in `v`), the position in `p`, and the ByteWriter they belong to in `w`. The room that a
// function's fixed parts take is made once, before them, and again behind every part of variable size.
// Whatever the code does not know runs `fail`, and the reference path writes, or words the error.

import { HEAD_ROOM, SHORT_TEXT } from "../../../cbor/write.ts";
import type { ResolvedShape, Shape } from "../../../schema/shape.ts";
import { wordAt } from "../constant-bytes.ts";
import type { ModuleFunctions } from "../functions.ts";
import { literalOfBytes, type Source } from "../source.ts";

/** Emits code that checks and writes the value called `value`. */
export type EmitWrite = (emitter: EncodeEmitter, shape: Shape, value: string) => void;

export class EncodeEmitter {
  readonly source: Source;
  /** The constant that stands for the room of this function's fixed parts; known when it is finished. */
  readonly room: string;
  /** The constant that stands for the levels of nesting that this function opens. */
  readonly levels: string;
  readonly functions: ModuleFunctions;
  readonly fail = "return false;";
  /** Levels of nesting opened so far in this function, and the most it opens. */
  depth = 0;
  maxDepth = 0;
  /** Data items written in this function, outside of loops. */
  items = 0;
  /** Bytes of the fixed parts so far. */
  fixedBytes = 0;
  readonly #emitWrite: EmitWrite;
  #stores: number[] = [];

  constructor(source: Source, emitWrite: EmitWrite, functions: ModuleFunctions) {
    this.source = source;
    this.#emitWrite = emitWrite;
    this.functions = functions;
    this.room = source.fresh("ROOM");
    this.levels = source.fresh("LEVELS");
  }

  /** Shapes whose code is being emitted: one that comes again inside itself becomes a function. */
  readonly underWay = new Set<ResolvedShape>();

  write(shape: Shape, value: string): void {
    this.#emitWrite(this, shape, value);
  }

  /** The next bytes are these; they are stored together with what follows. */
  put(bytes: readonly number[]): void {
    this.#stores.push(...bytes);
  }

  /**
   * Stores what is put, four bytes at a time:
   *
   *     v.setInt32(p, 0x62696418); b[p + 4] = 0x7b;
   *     p += 5;
   */
  settle(): void {
    const bytes = this.#stores;
    if (bytes.length === 0) return;
    this.#stores = [];
    this.fixedBytes += bytes.length;
    if (this.source.isDense && bytes.length > STORED_IN_PLACE) {
      this.source.line(`p = putKnown(b, p, ${literalOfBytes(bytes)});`);
      return;
    }
    const stores: string[] = [];
    let index = 0;
    for (; index + 4 <= bytes.length; index += 4) {
      stores.push(`v.setInt32(p + ${index}, ${wordAt(bytes, index)});`);
    }
    for (; index < bytes.length; index += 1) stores.push(`b[p + ${index}] = ${bytes[index]};`);
    this.source.line(stores.join(" "));
    this.source.line(`p += ${bytes.length};`);
  }

  /** Gives up where `condition` holds. */
  failIf(condition: string): void {
    this.source.line(`if (${condition}) ${this.fail}`);
  }

  /** Emits a block that may or may not run. */
  block(opening: string, body: () => void): void {
    this.settle();
    this.source.block(opening, () => {
      body();
      this.settle();
    });
  }

  /** Puts a number or head at `p` by `call`, which returns where it ends: at most nine bytes, of the fixed parts. */
  small(call: string): void {
    this.settle();
    this.fixedBytes += HEAD_ROOM;
    this.source.line(`p = ${call};`);
  }

  /**
   * Short ASCII is one of the fixed parts; other text is of variable size:
   *
   *     const q2 = x1.length < 24 ? putShortAscii(b, p, x1) : -1;
   *     if (q2 !== -1) p = q2;
   *     else {
   *       …writeLongText(w, x1), as a part of variable size…
   *     }
   */
  text(value: string): void {
    const { source } = this;
    const behind = source.fresh("q");
    this.settle();
    this.fixedBytes += SHORT_TEXT;
    const put = `putShortAscii(b, p, ${value})`;
    source.line(`const ${behind} = ${value}.length < ${SHORT_TEXT} ? ${put} : -1;`);
    source.line(`if (${behind} !== -1) p = ${behind};`);
    source.block("else {", () => this.large(`if (!writeLongText(w, ${value})) ${this.fail}`));
  }

  /**
   * Writes a part of variable size by the statement `call`, which makes its own room; makes room for the rest behind it:
   *
   *     w.length = p;
   *     if (!writeLongText(w, x1)) return false;
   *     w.reserve(ROOM1);
   *     b = w.bytes; v = w.view; p = w.length;
   */
  large(call: string): void {
    this.settle();
    this.source.line("w.length = p;");
    this.source.line(call);
    this.reload();
  }

  /** Makes room for the fixed parts again, in the middle of a function. */
  refill(): void {
    this.source.block(`if (p + ${this.room} > b.length) {`, () => {
      this.source.line("w.length = p;");
      this.source.line(`w.reserve(${this.room});`);
      this.source.line("b = w.bytes; v = w.view;");
    });
  }

  /** Takes over the writer's buffer, with room for the fixed parts. */
  reload(): void {
    this.source.line(`w.reserve(${this.room});`);
    this.source.line("b = w.bytes; v = w.view; p = w.length;");
  }

  /** A head whose argument is only known when it is written. */
  head(major: number, argument: string): void {
    this.small(`putHead(b, v, p, ${major}, ${argument})`);
  }

  nested(body: () => void): void {
    this.depth += 1;
    this.maxDepth = Math.max(this.maxDepth, this.depth);
    body();
    this.depth -= 1;
  }
}

/** Dense code stores more bytes by a function. */
const STORED_IN_PLACE = 4;
