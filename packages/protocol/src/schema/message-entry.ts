// The entries of messages, and the values of calls: what a schema says, once it is known that it
// can travel and has values. What several schemas of one builder have in common is looked at once.

import { OptionalKind, type TSchema } from "@sinclair/typebox";

import type { CodeBudget } from "../code-budget.ts";
import { appendPointer, refuse } from "../errors.ts";
import { assertUnambiguous } from "./ambiguity.ts";
import { assertBounds } from "./bounds.ts";
import { SchemaCopier } from "./check-schema.ts";
import { type Check, compileCheck, judgesWholes } from "./check.ts";
import { assertTypeBox } from "./foreign-schema.ts";
import { Inhabitants } from "./inhabited.ts";
import { assertKeywords } from "./keywords.ts";
import { shapeOf } from "./shape-of.ts";
import { type ResolvedShape, resolveShape, type Shape, unionMembers } from "./shape.ts";
import { SchemaVisit } from "./visit-schemas.ts";

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

/** What an entry is found by; `name` is the type where it is not given. */
export interface EntryNames {
  readonly type: string;
  readonly name?: string;
  readonly call?: string;
}

/** For schemas that have parts in common: those of a direction, or those of the calls. */
export class EntryBuilder {
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

  /**
   * The entry of a message whose body has this schema; `path` is where it stands.
   *
   * @throws TypewireError `protocol-invalid` where the schema cannot travel, or is no message.
   */
  build({ type, name = type, call }: EntryNames, schema: TSchema, path: string): MessageEntry {
    const { checkSchema, shape } = this.#understand(schema, path);
    assertBody(shape, path);
    let wholes: boolean | undefined;
    return {
      type,
      name,
      call,
      isControl: type.startsWith("$"),
      schema: checkSchema,
      shape,
      check: compileCheck(checkSchema, shape, { budget: this.#budget }),
      closed: isClosed(shape),
      get judgesWholes() {
        wholes ??= judgesWholes(shape);
        return wholes;
      },
    };
  }

  /**
   * A copy of `schema`, of any kind, as a value of a call; `path` is where it stands.
   *
   * @throws TypewireError `protocol-invalid`.
   */
  readValue(schema: unknown, path: string): TSchema {
    assertTypeBox(schema, path);
    if (OptionalKind in schema) {
      throw refuse(
        path,
        "a value of a call is there or it is not: leave it out, or write Type.Union([ …, Type.Null() ])",
      );
    }
    return this.#understand(schema, path).checkSchema;
  }

  #understand(
    schema: TSchema,
    path: string,
  ): { readonly checkSchema: TSchema; readonly shape: Shape } {
    this.#visit.show(schema, path);
    const checkSchema = this.#copier.copyOf(schema);
    const shape = shapeOf(checkSchema, path);
    this.#inhabitants.assertIn(shape, path);
    assertUnambiguous(shape, path, this.#unambiguous);
    return { checkSchema, shape };
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
