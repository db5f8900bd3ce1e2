// Functions for the shapes that generated code does not write in place: those that are large, and those
// that contain themselves. A function that one message has brought with it serves all messages after it.

import type { ResolvedShape } from "../../schema/shape.ts";
import { type Source, TooLarge } from "./source.ts";
import type { Structures } from "./structures.ts";

/**
 * How code is made: written in place, which is fast, for as long as there is room for it; or all of it dense,
 * which is short.
 */
export type CodeStyle = "in place" | "dense";

/** So long a function is written in place; a longer one is dense. */
const MAX_FUNCTION_IN_PLACE = 16 * 1024;

/** So much of a direction's decoder is written in place, and of its encoder; what comes later is dense. */
const MAX_IN_PLACE = 64 * 1024;

/** The functions that the code of a direction has made, by the structure that they read or write. */
export class Functions {
  readonly #structures: Structures;
  readonly #made = new Map<number, unknown>();
  /** Characters that may still be written in place. */
  roomInPlace: number;

  constructor(structures: Structures, style: CodeStyle) {
    this.#structures = structures;
    this.roomInPlace = style === "dense" ? 0 : MAX_IN_PLACE;
  }

  /** How many there are. */
  get size(): number {
    return this.#made.size;
  }

  /** The functions that the code in `source` calls. */
  within(source: Source): ModuleFunctions {
    return new ModuleFunctions(source, this, this.#structures, this.#made);
  }
}

/** The functions that one message's code calls: those that are there, and those that it brings. */
export class ModuleFunctions {
  readonly #source: Source;
  readonly #all: Functions;
  readonly #structures: Structures;
  readonly #made: Map<number, unknown>;
  /** In the order in which they were first called. */
  readonly #brought = new Map<number, { readonly name: string; readonly shape: ResolvedShape }>();

  constructor(source: Source, all: Functions, structures: Structures, made: Map<number, unknown>) {
    this.#source = source;
    this.#all = all;
    this.#structures = structures;
    this.#made = made;
  }

  /** Whether a value of `shape` is always read or written by a function. */
  isFunction(shape: ResolvedShape): boolean {
    return this.#structures.of(shape).isFunction;
  }

  /** The name of the function for `shape`, which is brought where it is not there. */
  nameOf(shape: ResolvedShape): string {
    const { id } = this.#structures.of(shape);
    const made = this.#made.get(id);
    if (made !== undefined) return this.#source.constant(made, "value");
    let brought = this.#brought.get(id);
    if (brought === undefined) {
      brought = { name: this.#source.fresh("value"), shape };
      this.#brought.set(id, brought);
    }
    return brought.name;
  }

  /** Adds the function that `emit` writes: in place where it is short and there is room for such, dense otherwise. */
  add(emit: (source: Source) => void): void {
    const room = Math.min(MAX_FUNCTION_IN_PLACE, this.#all.roomInPlace);
    const inPlace = this.#source.draft({ room });
    try {
      emit(inPlace);
      this.#source.append(inPlace);
      this.#all.roomInPlace -= inPlace.written;
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      const dense = this.#source.draft({ isDense: true });
      emit(dense);
      this.#source.append(dense);
    }
  }

  /** What is to be brought, those included that are first called while this is walked. */
  brought(): Iterable<{ readonly name: string; readonly shape: ResolvedShape }> {
    return this.#brought.values();
  }

  /** Keeps what was brought: `evaluated`, in the order of `brought`. */
  keep(evaluated: readonly unknown[]): void {
    [...this.#brought.keys()].forEach((id, index) => this.#made.set(id, evaluated[index]));
  }
}
