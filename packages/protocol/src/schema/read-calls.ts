// Reads the calls of a protocol's definition: refuses what cannot be one, and says what is known of each at
// run time.

import { Kind, type TSchema, Type } from "@sinclair/typebox";

import { callErrorCodes } from "../call-error.ts";
import { appendPointer, refuse } from "../errors.ts";
import type { CallDefinition, CallDefinitions, CallShape, CallShapes } from "./call-definition.ts";
import { milliseconds } from "./control.ts";
import { isNamed } from "./definition-parts.ts";
import { EntryBuilder } from "./message-entry.ts";
import { assertSpoken } from "./names.ts";
import type { MessageSchemas } from "./message-table.ts";

/** The calls of a protocol. */
export interface ReadCalls {
  /** Those that are answered by the user's handlers. */
  readonly shapes: CallShapes;
  /** All that are spoken, the built-in ones included. */
  readonly spoken: ReadonlyMap<string, CallDefinition>;
  /** What a description says of them: copies, which no program changes. */
  readonly described: { readonly calls: CallDefinitions; readonly auth: TSchema | undefined };
}

/** The built-in call by which a client authenticates. */
export const AUTHENTICATE = "$authenticate";

/** What `$authenticate` answers. */
const authenticated = Type.Object({ expiresInMs: Type.Optional(milliseconds) });

/** What a definition may say; the compiler knows when one is missing. */
const KEYWORDS: Readonly<Record<keyof CallDefinition, true>> = {
  input: true,
  sends: true,
  yields: true,
  output: true,
  errors: true,
  idempotent: true,
};

const VALUES = ["input", "sends", "yields", "output"] as const;

const ownCodes: ReadonlySet<string> = new Set(callErrorCodes);

/**
 * The calls that `calls` and `auth` define, beside the messages that the server receives.
 *
 * @throws TypewireError `protocol-invalid`, with the path of the offending part.
 */
export function readCalls(
  calls: CallDefinitions = {},
  auth: TSchema | undefined,
  received: MessageSchemas,
): ReadCalls {
  if (!isNamed(calls)) {
    throw refuse("/calls", "expected the calls by their names: { name: { input: …, output: … } }");
  }
  const builder = new EntryBuilder();
  const spoken = new Map<string, CallDefinition>();
  const shown = auth === undefined ? undefined : builder.readValue(auth, "/auth");
  if (shown !== undefined) spoken.set(AUTHENTICATE, { input: shown, output: authenticated });
  const shapes = Object.create(null) as Record<string, CallShape>;
  const copies: [string, CallDefinition][] = [];
  for (const [name, definition] of Object.entries(calls)) {
    const path = appendPointer("/calls", name);
    assertCallName(name, path, received);
    assertSpoken(name, "/calls", "a call");
    const copy = readDefinition(definition, path, builder);
    copies.push([name, copy]);
    spoken.set(name, copy);
    shapes[name] = shapeOf(name, copy);
  }
  const described = { calls: Object.fromEntries(copies), auth: shown };
  return { shapes: Object.freeze(shapes), spoken, described };
}

function shapeOf(name: string, definition: CallDefinition): CallShape {
  const { input, sends, yields, output, errors = {}, idempotent = false } = definition;
  return Object.freeze({
    name,
    hasInput: input !== undefined,
    sends: sends !== undefined,
    yields: yields !== undefined,
    hasOutput: output !== undefined,
    errors: Object.freeze(Object.keys(errors)),
    idempotent,
  });
}

function assertCallName(name: string, path: string, received: MessageSchemas): void {
  if (name === "") throw refuse(path, "a call needs a name");
  if (name.startsWith("$")) throw refuse(path, 'names that start with "$" are for built-in calls');
  if (name === "__proto__") throw refuse(path, "a call cannot be called __proto__");
  if (name === "then") {
    throw refuse(
      path,
      "a call cannot be called then: `await client.call` would take it for a promise and make the call",
    );
  }
  if (!name.isWellFormed()) throw refuse(path, "the name of a call must be well-formed Unicode");
  if (Object.hasOwn(received, name)) {
    throw refuse(
      path,
      "the client also sends a message of this name; the server has one handler for a name",
    );
  }
}

/** A copy of a call's definition. */
function readDefinition(given: unknown, path: string, builder: EntryBuilder): CallDefinition {
  if (typeof given !== "object" || given === null) {
    throw refuse(
      path,
      "expected a call: { input, sends, yields, output, errors, idempotent }, each if need be",
    );
  }
  if (Kind in given) {
    throw refuse(path, "this is a type; say which part of the call it is: { input: …, output: … }");
  }
  for (const keyword of Object.keys(given)) {
    if (Object.hasOwn(KEYWORDS, keyword)) continue;
    const expected = Object.keys(KEYWORDS).join(", ");
    throw refuse(appendPointer(path, keyword), `a call has no such part; expected ${expected}`);
  }
  const { errors, idempotent, ...values } = given as Record<keyof CallDefinition, unknown>;
  if (idempotent !== undefined && typeof idempotent !== "boolean") {
    throw refuse(appendPointer(path, "idempotent"), "expected true or false");
  }
  const parts = VALUES.flatMap((part): [string, TSchema][] =>
    values[part] === undefined
      ? []
      : [[part, builder.readValue(values[part], appendPointer(path, part))]],
  );
  return {
    ...Object.fromEntries(parts),
    ...(errors !== undefined && {
      errors: readErrors(errors, appendPointer(path, "errors"), builder),
    }),
    ...(idempotent !== undefined && { idempotent }),
  };
}

function readErrors(
  errors: unknown,
  path: string,
  builder: EntryBuilder,
): Readonly<Record<string, TSchema>> {
  if (!isNamed(errors)) {
    throw refuse(path, "expected the errors by their codes: { code: type of its data }");
  }
  const read = Object.entries(errors).map(([code, data]): [string, TSchema] => {
    const place = appendPointer(path, code);
    if (code === "") throw refuse(place, "an error needs a code");
    if (code === "__proto__") throw refuse(place, "a code cannot be __proto__");
    if (!code.isWellFormed()) throw refuse(place, "a code must be well-formed Unicode");
    if (ownCodes.has(code)) {
      throw refuse(place, "this code is one of Typewire's own; call the error otherwise");
    }
    assertSpoken(code, path, "an error");
    return [code, builder.readValue(data, place)];
  });
  return Object.fromEntries(read);
}
