// What the files of the decoder's generator share. Generated code has the payload in `b`, its end in
// `e`, the position in `p`, and a ReadState in `s`. Known bytes are gathered and compared in one
// condition; whatever does not fit runs `fail`, a statement that gives up.

import type { ResolvedShape, Shape } from "../../../schema/shape.ts";
import type { ModuleFunctions } from "../functions.ts";
import { literalOfBytes, type Source } from "../source.ts";

/** Emits code that reads a value of `shape` at `p`; returns the expression that is the value. */
export type EmitValue = (emitter: DecodeEmitter, shape: Shape) => string;

export class DecodeEmitter {
  readonly source: Source;
  readonly #emitValue: EmitValue;
  readonly functions: ModuleFunctions;
  /** The statement that gives up on what is being read. */
  fail = "return MISS;";
  /** Levels of nesting opened so far in this function, and the most it opens. */
  depth = 0;
  maxDepth = 0;
  /** Data items read so far in this function, outside of loops. */
  items = 0;
  /** Whether what is being emitted runs for each item of something. */
  inLoop = false;
  /** Whether the function reads through the DataView `v`. */
  needsView = false;
  #expected: number[] = [];
  /** Whether the byte at `p` is known to be before `e`. */
  #ready = false;

  constructor(source: Source, emitValue: EmitValue, functions: ModuleFunctions) {
    this.source = source;
    this.#emitValue = emitValue;
    this.functions = functions;
  }

  /** Shapes whose code is being emitted: one that comes again inside itself becomes a function. */
  readonly underWay = new Set<ResolvedShape>();

  value(shape: Shape): string {
    return this.#emitValue(this, shape);
  }

  /** The next bytes can only be these. They are compared together with what follows. */
  expect(bytes: readonly number[]): void {
    this.#expected.push(...bytes);
    this.#ready = false;
  }

  /**
   * Compares what is expected and makes sure that one byte more is there:
   *
   *     if (p + 3 >= e || ((b[p] ^ 98) | (b[p + 1] ^ 105) | (b[p + 2] ^ 100)) !== 0) return MISS;
   *     p += 3;
   */
  head(): void {
    if (this.#ready) return;
    this.#compare(">=");
    this.#ready = true;
  }

  /** Compares what is expected, and asks nothing of what follows. */
  settle(): void {
    if (this.#expected.length > 0) this.#compare(">");
  }

  #compare(bound: ">" | ">="): void {
    const bytes = this.#expected;
    const length = bytes.length;
    this.#expected = [];
    if (length === 0) {
      this.source.line(`if (p >= e) ${this.fail}`);
      return;
    }
    const isCompared = this.source.isDense && length > COMPARED_IN_PLACE;
    const mismatch = isCompared ? `!isAt(b, p, ${literalOfBytes(bytes)})` : differs(bytes, "p");
    this.source.line(`if (p + ${length} ${bound} e || ${mismatch}) ${this.fail}`);
    this.source.line(`p += ${length};`);
  }

  /** Tells that `p` has moved behind a value. */
  moved(): void {
    this.#ready = false;
  }

  /** Emits a block in which `p` may move, or may not: nothing is known of it before or after. */
  block(opening: string, body: () => void, closing = "}"): void {
    this.settle();
    this.#ready = false;
    this.source.block(
      opening,
      () => {
        body();
        this.settle();
      },
      closing,
    );
    this.#ready = false;
  }

  /** Emits `body` one level of nesting deeper. */
  nested<Result>(body: () => Result): Result {
    this.depth += 1;
    this.maxDepth = Math.max(this.maxDepth, this.depth);
    const result = body();
    this.depth -= 1;
    return result;
  }

  /** Emits `body` with another way to give up. */
  failingBy(fail: string, body: () => void): void {
    const outer = this.fail;
    this.fail = fail;
    body();
    this.fail = outer;
  }

  /**
   * Reads the length of a text, byte string, array or map into a fresh name, and moves behind its head:
   *
   *     let n1 = b[p] - 96;
   *     if (n1 >= 0 && n1 < 24) p += 1;
   *     else {
   *       n1 = readLength(b, p, e, 3);
   *       if (n1 === -1) return MISS;
   *       p += HEAD_BYTES[b[p]];
   *     }
   *     if (n1 > e - p) return MISS;
   */
  length(majorType: number, bytesEach = 1): string {
    const { source } = this;
    const n = source.fresh("n");
    this.head();
    source.line(`let ${n} = b[p] - ${majorType << 5};`);
    source.line(`if (${n} >= 0 && ${n} < 24) p += 1;`);
    source.block("else {", () => {
      source.line(`${n} = readLength(b, p, e, ${majorType});`);
      source.line(`if (${n} === -1) ${this.fail}`);
      source.line("p += HEAD_BYTES[b[p]];");
    });
    const needed = bytesEach === 1 ? n : `${n} * ${bytesEach}`;
    source.line(`if (${needed} > e - p) ${this.fail}`);
    this.moved();
    return n;
  }
}

/** Dense code compares more bytes by a function. */
const COMPARED_IN_PLACE = 2;

/** A condition that is true where the bytes at `position` are not `bytes`. */
export function differs(bytes: readonly number[], position: string): string {
  const parts = bytes.map((byte, index) =>
    index === 0 ? `(b[${position}] ^ ${byte})` : `(b[${position} + ${index}] ^ ${byte})`,
  );
  return `(${parts.join(" | ")}) !== 0`;
}
