// The messages of one direction, user's and control alike, each with its shape and its check. Built
// once, when a protocol is defined.

import type { TSchema } from "@sinclair/typebox";

import type { CodeBudget } from "../code-budget.ts";
import { appendPointer, refuse } from "../errors.ts";
import { controlSchemas } from "./control.ts";
import { EntryBuilder, type MessageEntry } from "./message-entry.ts";
import { assertSpoken } from "./names.ts";
import { partsOf, type ResolvedShape, resolveShape, type Shape } from "./shape.ts";

/** What every message has. */
export interface AnyMessage {
  readonly type: string;
}

/** The messages of one direction as they are defined: name to schema, the `type` left out. */
export type MessageSchemas = Readonly<Record<string, TSchema>>;

/** The messages of one direction, by name. */
export type MessageTable = ReadonlyMap<string, MessageEntry>;

/**
 * The table of `schemas`, with the control messages added. `path` is where the direction stands, `budget`
 * says when its checks may be compiled.
 *
 * @throws TypewireError `protocol-invalid` where a name is reserved or a schema cannot travel.
 */
export function buildMessageTable(
  schemas: MessageSchemas,
  path: string,
  budget: CodeBudget,
): MessageTable {
  const table = new Map<string, MessageEntry>();
  const builder = new EntryBuilder(budget);
  for (const [name, schema] of Object.entries(schemas)) {
    const messagePath = appendPointer(path, name);
    assertName(name, messagePath);
    assertSpoken(name, path, "a message");
    table.set(name, builder.build({ type: name }, schema, messagePath));
  }
  for (const entry of controlEntries) table.set(entry.name, entry);
  return table;
}

/** The control messages are the same in every direction of every protocol. */
const controlEntries = buildControlEntries();

function buildControlEntries(): readonly MessageEntry[] {
  const builder = new EntryBuilder();
  return Object.entries(controlSchemas).map(([name, schema]) =>
    builder.build({ type: name }, schema, appendPointer("", name)),
  );
}

function assertName(name: string, path: string): void {
  if (name === "") throw refuse(path, "a message needs a name");
  if (name.startsWith("$"))
    throw refuse(path, 'names that start with "$" are for control messages; call it otherwise');
  if (!name.isWellFormed()) throw refuse(path, "a message name must be well-formed Unicode");
}

/** Whether `undefined` is a value of some message. */
export function mentionsUndefined(entries: Iterable<MessageEntry>): boolean {
  const seen = new Set<ResolvedShape>();
  const mentions = (shape: Shape | undefined): boolean => {
    const resolved = shape && resolveShape(shape);
    if (resolved === undefined || seen.has(resolved)) return false;
    seen.add(resolved);
    switch (resolved.kind) {
      case "undefined":
        return true;
      case "any":
        return mentions(resolved.excluded);
      case "array":
        return mentions(resolved.items) || mentions(resolved.contained?.shape);
      default:
        return partsOf(resolved).some(mentions);
    }
  };
  return [...entries].some((entry) => mentions(entry.shape));
}
