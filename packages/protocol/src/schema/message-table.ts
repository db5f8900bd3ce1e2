// The messages of one direction, user's and control alike, each with its shape and its check. Built
// once, when a protocol is defined.

import { OptionalKind, type TSchema } from "@sinclair/typebox";

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
  /** The `type` that it travels with. */
  readonly type: string;
  /** What tells it from the other entries of its direction: the type, and for a message of a call also which call. */
  readonly name: string;
  /** The call whose values it carries, where its schema is that of one call. */
  readonly call: string | undefined;
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
    table.set(name, buildEntry({ type: name }, schema, messagePath, { copier, budget }));
  }
  for (const entry of controlEntries) table.set(entry.name, entry);
  return table;
}

/** The control messages are the same in every direction of every protocol. */
const controlEntries = Object.entries(controlSchemas).map(([name, schema]) =>
  buildEntry({ type: name }, schema, appendPointer("", name)),
);

function assertName(name: string, path: string): void {
  if (name === "") throw refuse(path, "a message needs a name");
  if (name.startsWith("$"))
    throw refuse(path, 'names that start with "$" are for control messages');
  if (!name.isWellFormed()) throw refuse(path, "a message name must be well-formed Unicode");
}

/** What an entry is found by; `name` is the type where it is not given. */
interface EntryNames {
  readonly type: string;
  readonly name?: string;
  readonly call?: string;
}

interface EntryOptions {
  /** One for schemas that have parts in common. */
  readonly copier?: SchemaCopier;
  /** Without it the check is compiled at its first use. */
  readonly budget?: CodeBudget;
}

/**
 * The entry of a message whose body has this schema; `path` is where it stands.
 *
 * @throws TypewireError `protocol-invalid` where the schema cannot travel, or is no message.
 */
export function buildEntry(
  { type, name = type, call }: EntryNames,
  schema: TSchema,
  path: string,
  { copier = new SchemaCopier(), budget }: EntryOptions = {},
): MessageEntry {
  const { checkSchema, shape } = understand(schema, path, copier);
  assertBody(shape, path);
  return {
    type,
    name,
    call,
    isControl: type.startsWith("$"),
    schema: checkSchema,
    shape,
    check: compileCheck(checkSchema, shape, { budget }),
    closed: isClosed(shape),
    judgesWholes: judgesWholes(shape),
  };
}

/** What a schema says, once it is known that it can travel and has values. */
function understand(
  schema: TSchema,
  path: string,
  copier: SchemaCopier,
): { readonly checkSchema: TSchema; readonly shape: Shape } {
  visitSchemas(schema, path, (each, place, isOptional) => {
    assertTypeBox(each, place);
    assertKeywords(each, place);
    assertBounds(each, place, isOptional);
  });
  const checkSchema = copier.copyOf(schema);
  const shape = shapeOf(checkSchema, path);
  assertInhabited(shape, path);
  assertUnambiguous(shape, path);
  return { checkSchema, shape };
}

/**
 * A copy of `schema`, of any kind, as a value of a call; `path` is where it stands.
 *
 * @throws TypewireError `protocol-invalid`.
 */
export function readValue(schema: unknown, path: string, copier: SchemaCopier): TSchema {
  assertTypeBox(schema, path);
  if (OptionalKind in schema) {
    throw refuse(
      path,
      "a value of a call is there or it is not: leave it out, or write Type.Union([ …, Type.Null() ])",
    );
  }
  return understand(schema, path, copier).checkSchema;
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
export function mentionsUndefined(entries: Iterable<MessageEntry>): boolean {
  const seen = new Set<unknown>();
  const visit = (part: unknown): boolean => {
    if (typeof part !== "object" || part === null || seen.has(part)) return false;
    seen.add(part);
    const kind = (part as { readonly kind?: unknown }).kind;
    if (kind === "undefined") return true;
    const { schemas: _, schema: __, references: ___, ...parts } = part as Record<string, unknown>;
    return Object.values(parts).some(visit);
  };
  return [...entries].some((entry) => visit(entry.shape));
}
