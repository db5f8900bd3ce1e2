// Source text under construction: indented lines, fresh names, and the constants that the finished
// function closes over. Everything of a schema that reaches the text does so through `literal` or
// `constant`, so a hostile property name stays data.

/** What a source and its drafts have in common. */
interface Shared {
  readonly constants: Map<unknown, string>;
  names: number;
}

/** A generated module: a function body whose parameters are the names of `constants`. */
export class Source {
  readonly #lines: string[] = [];
  readonly #shared: Shared;
  /** Characters that may still be written. */
  #room: number;
  #written = 0;
  #indent = 0;
  /** Whether the code is to be short rather than fast: what a table can say is not written in place. */
  readonly isDense: boolean;

  /** `room`: how many characters may be written. */
  constructor(
    room = Infinity,
    isDense = false,
    shared: Shared = { constants: new Map(), names: 0 },
  ) {
    this.#room = room;
    this.isDense = isDense;
    this.#shared = shared;
  }

  /** How many characters were written. */
  get written(): number {
    return this.#written;
  }

  /** An empty source with the same names and constants, to be appended when it turns out well. */
  draft({ room = Infinity, isDense = this.isDense } = {}): Source {
    return new Source(Math.min(room, this.#room), isDense, this.#shared);
  }

  /**
   * Adds the lines of a draft of this source.
   *
   * @throws TooLarge where there is no room for them.
   */
  append(draft: Source): void {
    this.#take(draft.#written);
    const indent = "  ".repeat(this.#indent);
    for (const line of draft.#lines) this.#lines.push(indent + line);
  }

  /**
   * Adds a line at the present indentation.
   *
   * @throws TooLarge where there is no room for it.
   */
  line(text: string): void {
    this.#take(text.length);
    this.#lines.push("  ".repeat(this.#indent) + text);
  }

  /** Adds a line that opens a block, `body` inside it, and the line that closes it. */
  block(opening: string, body: () => void, closing = "}"): void {
    this.line(opening);
    this.#indent += 1;
    body();
    this.#indent -= 1;
    this.line(closing);
  }

  /** A name that is used nowhere else in this source. */
  fresh(prefix: string): string {
    this.#shared.names += 1;
    return `${prefix}${this.#shared.names}`;
  }

  /** The name under which the generated code sees `value`, an object that has no literal form. */
  constant(value: unknown, prefix: string): string {
    const known = this.#shared.constants.get(value);
    if (known !== undefined) return known;
    const name = this.fresh(prefix);
    this.#shared.constants.set(value, name);
    return name;
  }

  #take(characters: number): void {
    this.#written += characters;
    this.#room -= characters;
    if (this.#room < 0) throw new TooLarge();
  }

  /** The finished text. */
  toString(): string {
    return this.#lines.join("\n");
  }

  /** Runs the text as a function body that sees `scope` and the constants; returns what it returns. */
  evaluate(scope: Readonly<Record<string, unknown>>): unknown {
    const names = [...Object.keys(scope), ...this.#shared.constants.values()];
    const values = [...Object.values(scope), ...this.#shared.constants.keys()];
    // oxlint-disable-next-line no-implied-eval -- the one place that makes code
    return new Function(...names, `"use strict";\n${this.toString()}`)(...values);
  }
}

/** Thrown while generating code: it has become larger than it may. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

/** Thrown while generating code: this schema has no compiled form, for the reason in the message. */
export class Uncompiled extends Error {
  override readonly name = "Uncompiled";
}

/** So many literals of a union are written out, at some 350 characters each; more are looked up in a Set. */
export const MAX_LITERALS_IN_PLACE = 64;

/** A string, number, boolean or bigint as JavaScript source, safe wherever an expression may stand. */
export function literal(value: string | number | boolean | bigint): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** Bytes as the source of a text whose characters they are. */
export function literalOfBytes(bytes: readonly number[]): string {
  return literal(String.fromCharCode(...bytes));
}
