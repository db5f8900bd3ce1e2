// Makes the code of a direction, decoder or encoder, message by message: what is not used costs nothing.
// A peer can make a server compile by sending, so a message is compiled after its sixteenth use, one in a
// turn, and no more source than so much is made at all. The reference path serves the others.

import { type CodeBudget, USES_BEFORE_CODE } from "../../code-budget.ts";
import type { MessageEntry } from "../../schema/message-entry.ts";
import type { MessageTable } from "../../schema/message-table.ts";
import { type CodeStyle, Functions, type ModuleFunctions } from "./functions.ts";
import { Source, TooLarge, Uncompiled } from "./source.ts";
import type { Structures } from "./structures.ts";

/** Most source that one message may take, with the functions that it brings: about 30 ms of compiling. */
export const MAX_MESSAGE_SOURCE = 256 * 1024;

/** Most source of a direction's decoder, and of its encoder. The engine takes up to eighty times the memory for what is busy. */
export const MAX_SOURCE = 512 * 1024;

/** What became of the code of one message. */
export type MessageCode =
  /** Not used often enough, or not in a turn of its own yet. */
  | { readonly state: "waiting"; readonly uses: number }
  /** Compiled from so many characters, the functions that it was the first to need included. */
  | { readonly state: "compiled"; readonly bytes: number }
  /** Would exceed what one message, or all together, may take. */
  | { readonly state: "too large"; readonly limit: number }
  /** Has no compiled form. */
  | { readonly state: "uncompilable"; readonly reason: string };

/** How one kind of code is made. */
export interface GeneratorParts<Code> {
  /** Adds the functions of a message and returns the name of its first, or throws `Uncompiled`. */
  readonly emitMessage: (module: Source, functions: ModuleFunctions, entry: MessageEntry) => string;
  /** What the code calls, by the names it uses. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** Puts the code of all messages that have some into use. */
  readonly install: (code: ReadonlyMap<MessageEntry, Code>) => void;
}

const FORBIDDEN: MessageCode = {
  state: "uncompilable",
  reason: "this runtime forbids making code from text",
};

export class Generator<Code> {
  readonly #table: MessageTable;
  readonly #parts: GeneratorParts<Code>;
  readonly #budget: CodeBudget;
  readonly #functions: Functions;
  readonly #uses = new Map<string, number>();
  /** What became of the messages that were looked at. */
  readonly #done = new Map<string, MessageCode>();
  readonly #code = new Map<MessageEntry, Code>();
  #source = "";
  #isForbidden = false;

  constructor(
    table: MessageTable,
    structures: Structures,
    budget: CodeBudget,
    style: CodeStyle,
    parts: GeneratorParts<Code>,
  ) {
    this.#table = table;
    this.#parts = parts;
    this.#budget = budget;
    this.#functions = new Functions(structures, style);
  }

  /** The source of all that was made, in the order in which it was. */
  get source(): string {
    return this.#source;
  }

  /** How many functions messages share. */
  get functions(): number {
    return this.#functions.size;
  }

  /** Counts a use of the message called `name` that code would have served; compiles it when it is time. */
  used(name: string): void {
    if (this.#done.has(name)) return;
    const uses = (this.#uses.get(name) ?? 0) + 1;
    this.#uses.set(name, uses);
    if (uses < USES_BEFORE_CODE || !this.#budget.takeTurn()) return;
    if (this.#compile(name)) this.#parts.install(this.#code);
  }

  /** Compiles every message that has not been looked at yet. */
  compileAll(): void {
    const waiting = [...this.#table.keys()].filter((name) => !this.#done.has(name));
    const made = waiting.filter((name) => this.#compile(name));
    if (made.length > 0) this.#parts.install(this.#code);
  }

  /** What became of the message called `name`. */
  codeOf(name: string): MessageCode {
    return this.#done.get(name) ?? { state: "waiting", uses: this.#uses.get(name) ?? 0 };
  }

  /** Whether there is code for the message called `name` now. */
  #compile(name: string): boolean {
    const entry = this.#table.get(name);
    if (entry === undefined) return false;
    this.#uses.delete(name);
    this.#done.set(name, this.#isForbidden ? FORBIDDEN : this.#make(entry));
    return this.#code.has(entry);
  }

  #make(entry: MessageEntry): MessageCode {
    const limit = Math.min(MAX_MESSAGE_SOURCE, MAX_SOURCE - this.#source.length);
    const module = new Source(limit);
    const functions = this.#functions.within(module);
    try {
      const main = this.#parts.emitMessage(module, functions, entry);
      const brought = [...functions.brought()].map((each) => each.name);
      module.line(`return [${[main, ...brought].join(", ")}];`);
      const source = module.toString();
      if (source.length > limit) return { state: "too large", limit };
      const [code, ...evaluated] = module.evaluate(this.#parts.scope) as readonly [
        Code,
        ...unknown[],
      ];
      functions.keep(evaluated);
      this.#source += `${source}\n`;
      this.#code.set(entry, code);
      return { state: "compiled", bytes: source.length };
    } catch (error) {
      if (error instanceof Uncompiled) return { state: "uncompilable", reason: error.message };
      if (error instanceof TooLarge) return { state: "too large", limit };
      if (!(error instanceof EvalError)) throw error;
      this.#isForbidden = true;
      return FORBIDDEN;
    }
  }
}
