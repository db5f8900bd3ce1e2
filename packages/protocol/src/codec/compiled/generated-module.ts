// What the generated decoder and encoder of a direction have in common: a function for each message
// that has a compiled form, an entrance that chooses among them, and the reasons for those that have none.

import type { MessageEntry, MessageTable } from "../../schema/message-table.ts";
import { Source, Uncompiled } from "./source.ts";

/** Code for the messages of one direction. */
export interface GeneratedModule<Code> {
  readonly code: Code;
  readonly source: string;
  /** Messages without a compiled form, by name, with the reason. */
  readonly uncompiled: ReadonlyMap<string, string>;
}

/** How one kind of module is made. */
export interface ModuleParts {
  /** Adds the functions of a message and returns the name of its first, or throws `Uncompiled`. */
  readonly emitMessage: (module: Source, entry: MessageEntry) => string;
  /** Adds the statement that returns the code; `functions` are those of the messages, by message name. */
  readonly emitEntrance: (module: Source, functions: ReadonlyMap<string, string>) => void;
  /** What the code calls, by the names it uses. */
  readonly scope: Readonly<Record<string, unknown>>;
}

/** Generates and evaluates a module of `Code` for `table`; undefined where the runtime forbids code generation. */
export function generateModule<Code>(
  table: MessageTable,
  { emitMessage, emitEntrance, scope }: ModuleParts,
): GeneratedModule<Code> | undefined {
  const module = new Source();
  const functions = new Map<string, string>();
  const uncompiled = new Map<string, string>();
  for (const entry of table.values()) {
    try {
      functions.set(entry.name, emitMessage(module, entry));
    } catch (error) {
      if (!(error instanceof Uncompiled)) throw error;
      uncompiled.set(entry.name, error.message);
    }
  }
  emitEntrance(module, functions);
  try {
    return { code: module.evaluate(scope) as Code, source: module.toString(), uncompiled };
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
