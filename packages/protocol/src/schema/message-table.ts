// The messages of one direction, user's and control alike, each with its shape and its check. Built
// once, when a protocol is defined.

import type { TSchema } from "@sinclair/typebox";

import type { CodeBudget } from "../code-budget.ts";
import { appendPointer, refuse } from "../errors.ts";
import { assertUnambiguous } from "./ambiguity.ts";
import { assertBounds } from "./bounds.ts";
import { SchemaCopier } from "./check-schema.ts";
import { type Check, compileCheck, judgesWholes } from "./check.ts";
import { controlSchemas } from "./control.ts";
import { assertTypeBox } from "./foreign-schema.ts";
import { assertInhabited } from "./inhabited.ts";
import { assertKeywords } from "./keywords.ts";
import { shapeOf } from "./shape-of.ts";
import { resolveShape, type Shape, unionMembers } from "./shape.ts";
import { visitSchemas } from "./visit-schemas.ts";

/** What every message has. */
export interface AnyMessage {
  readonly type: string;
}

/** The messages of one direction as they are defined: name to schema, the `type` left out. */
export type MessageSchemas = Readonly<Record<string, TSchema>>;

/** One message of a direction. Its shape and check are those of the body, which has no `type`. */
export interface MessageEntry {
  readonly name: string;
  readonly isControl: boolean;
  /** A copy of what was given, as the check has it. */
  readonly schema: TSchema;
  readonly shape: Shape;
  readonly check: Check;
  /** Whether the check refuses properties that the schema does not name, `type` among them. */
  readonly closed: boolean;
  /** Whether what the schema asks can only be judged when it is known what is left out of a message. */
  readonly judgesWholes: boolean;
}

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
  const copier = new SchemaCopier();
  for (const [name, schema] of Object.entries(schemas)) {
    const messagePath = appendPointer(path, name);
    assertName(name, messagePath);
    table.set(name, buildEntry(name, schema, messagePath, copier, budget));
  }
  for (const entry of controlEntries) table.set(entry.name, entry);
  return table;
}

/** The control messages are the same in every direction of every protocol. */
const controlEntries = Object.entries(controlSchemas).map(([name, schema]) =>
  buildEntry(name, schema, appendPointer("", name), new SchemaCopier()),
);

function assertName(name: string, path: string): void {
  if (name === "") throw refuse(path, "a message needs a name");
  if (name.startsWith("$"))
    throw refuse(path, 'names that start with "$" are for control messages');
  if (!name.isWellFormed()) throw refuse(path, "a message name must be well-formed Unicode");
}

/** Without a budget the check is compiled at its first use. */
function buildEntry(
  name: string,
  schema: TSchema,
  path: string,
  copier: SchemaCopier,
  budget?: CodeBudget,
): MessageEntry {
  visitSchemas(schema, path, (each, place, isOptional) => {
    assertTypeBox(each, place);
    assertKeywords(each, place);
    assertBounds(each, place, isOptional);
  });
  const checkSchema = copier.copyOf(schema);
  const shape = shapeOf(checkSchema, path);
  assertInhabited(shape, path);
  assertUnambiguous(shape, path);
  assertBody(shape, path);
  return {
    name,
    isControl: name.startsWith("$"),
    schema: checkSchema,
    shape,
    check: compileCheck(checkSchema, shape, { budget }),
    closed: isClosed(shape),
    judgesWholes: judgesWholes(shape),
  };
}

/** What to do with an object that is not ours to change, and cannot be a message as it is. */
const CARRY = "carry the whole under one property: Type.Object({ body: … })";

/** A message is an object of named properties, or a union of such, and `type` is not one of them. */
function assertBody(shape: Shape, path: string): void {
  const resolved = resolveShape(shape);
  if (resolved?.kind === "union") {
    for (const member of unionMembers(resolved)) assertBody(member.shape, path);
    return;
  }
  if (resolved?.kind !== "object") {
    throw refuse(path, `a message must be a Type.Object; ${CARRY}`);
  }
  if (resolved.entries.length > 0 || typeof resolved.rest === "object") {
    throw refuse(path, `a message has named properties only; ${CARRY}`);
  }
  for (const { name } of resolved.properties) {
    if (name !== "type" && !name.startsWith("$")) continue;
    const place = appendPointer(path, name);
    const reason =
      name === "type"
        ? '"type" names the message'
        : 'names that start with "$" are for the envelope';
    throw refuse(place, `${reason}; call the property otherwise, or ${CARRY}`);
  }
}

function isClosed(shape: Shape): boolean {
  const resolved = resolveShape(shape);
  if (resolved?.kind === "union") {
    return unionMembers(resolved).some((member) => isClosed(member.shape));
  }
  return resolved?.kind === "object" && resolved.rest === "refuse";
}

/** Whether `undefined` is a value of some message. */
export function mentionsUndefined(table: MessageTable): boolean {
  const seen = new Set<unknown>();
  const visit = (part: unknown): boolean => {
    if (typeof part !== "object" || part === null || seen.has(part)) return false;
    seen.add(part);
    const kind = (part as { readonly kind?: unknown }).kind;
    if (kind === "undefined") return true;
    const { schemas: _, schema: __, references: ___, ...parts } = part as Record<string, unknown>;
    return Object.values(parts).some(visit);
  };
  return [...table.values()].some((entry) => visit(entry.shape));
}
