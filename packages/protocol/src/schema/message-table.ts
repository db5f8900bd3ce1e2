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
import { Inhabitants } from "./inhabited.ts";
import { assertKeywords } from "./keywords.ts";
import { shapeOf } from "./shape-of.ts";
import { partsOf, type ResolvedShape, resolveShape, type Shape, unionMembers } from "./shape.ts";
import { SchemaVisit } from "./visit-schemas.ts";

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
  const builder = new EntryBuilder(budget);
  for (const [name, schema] of Object.entries(schemas)) {
    const messagePath = appendPointer(path, name);
    assertName(name, messagePath);
    table.set(name, builder.build(name, schema, messagePath));
  }
  for (const entry of controlEntries) table.set(entry.name, entry);
  return table;
}

/** The control messages are the same in every direction of every protocol. */
const controlEntries = buildControlEntries();

function buildControlEntries(): readonly MessageEntry[] {
  const builder = new EntryBuilder();
  return Object.entries(controlSchemas).map(([name, schema]) =>
    builder.build(name, schema, appendPointer("", name)),
  );
}

function assertName(name: string, path: string): void {
  if (name === "") throw refuse(path, "a message needs a name");
  if (name.startsWith("$"))
    throw refuse(path, 'names that start with "$" are for control messages');
  if (!name.isWellFormed()) throw refuse(path, "a message name must be well-formed Unicode");
}

/** Makes the entries of a table. What stands in several of its messages is looked at once. */
class EntryBuilder {
  readonly #budget: CodeBudget | undefined;
  readonly #visit = new SchemaVisit((schema, place, isOptional) => {
    assertTypeBox(schema, place);
    assertKeywords(schema, place);
    assertBounds(schema, place, isOptional);
  });
  readonly #copier = new SchemaCopier();
  readonly #inhabitants = new Inhabitants();
  readonly #unambiguous = new Set<ResolvedShape>();

  /** Without a budget checks are compiled at their first use. */
  constructor(budget?: CodeBudget) {
    this.#budget = budget;
  }

  /** The entry of the message called `name`, whose `schema` stands at `path`. */
  build(name: string, schema: TSchema, path: string): MessageEntry {
    this.#visit.show(schema, path);
    const checkSchema = this.#copier.copyOf(schema);
    const shape = shapeOf(checkSchema, path);
    this.#inhabitants.assertIn(shape, path);
    assertUnambiguous(shape, path, this.#unambiguous);
    assertBody(shape, path);
    let wholes: boolean | undefined;
    return {
      name,
      isControl: name.startsWith("$"),
      shape,
      check: compileCheck(checkSchema, shape, { budget: this.#budget }),
      closed: isClosed(shape),
      get judgesWholes() {
        wholes ??= judgesWholes(shape);
        return wholes;
      },
    };
  }
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
  return [...table.values()].some((entry) => mentions(entry.shape));
}
