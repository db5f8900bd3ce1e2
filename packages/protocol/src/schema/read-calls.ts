// Reads the calls of a protocol's definition: refuses what cannot be one, and says what is known of each at
// run time.

import { Kind, type TSchema, Type } from "@sinclair/typebox";

import { callErrorCodes } from "../call-error.ts";
import { appendPointer, refuse } from "../errors.ts";
import type { CallDefinition, CallDefinitions, CallShape, CallShapes } from "./call-definition.ts";
import { milliseconds } from "./control.ts";
import { assertValue, type MessageSchemas } from "./message-table.ts";

/** The calls of a protocol. */
export interface ReadCalls {
  /** Those that are answered by the user's handlers. */
  readonly shapes: CallShapes;
  /** All that are spoken, the built-in ones included. */
  readonly spoken: ReadonlyMap<string, CallDefinition>;
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
  if (typeof calls !== "object" || calls === null || Kind in calls) {
    throw refuse("/calls", "expected the calls by their names: { name: { input: …, output: … } }");
  }
  if (auth !== undefined) assertValue(auth, "/auth");
  const spoken = new Map<string, CallDefinition>();
  if (auth !== undefined) spoken.set(AUTHENTICATE, { input: auth, output: authenticated });
  const shapes = Object.create(null) as Record<string, CallShape>;
  for (const [name, definition] of Object.entries(calls)) {
    const path = appendPointer("/calls", name);
    assertCallName(name, path, received);
    assertDefinition(definition, path);
    spoken.set(name, definition);
    shapes[name] = shapeOf(name, definition);
  }
  return { shapes: Object.freeze(shapes), spoken };
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
  if (!name.isWellFormed()) throw refuse(path, "the name of a call must be well-formed Unicode");
  if (Object.hasOwn(received, name)) {
    throw refuse(
      path,
      "the client also sends a message of this name; the server has one handler for a name",
    );
  }
}

function assertDefinition(given: unknown, path: string): asserts given is CallDefinition {
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
  for (const part of VALUES) {
    if (values[part] !== undefined) assertValue(values[part], appendPointer(path, part));
  }
  if (errors !== undefined) assertErrors(errors, appendPointer(path, "errors"));
  if (idempotent !== undefined && typeof idempotent !== "boolean") {
    throw refuse(appendPointer(path, "idempotent"), "expected true or false");
  }
}

function assertErrors(errors: unknown, path: string): void {
  if (typeof errors !== "object" || errors === null || Kind in errors) {
    throw refuse(path, "expected the errors by their codes: { code: type of its data }");
  }
  for (const [code, data] of Object.entries(errors)) {
    const place = appendPointer(path, code);
    if (code === "") throw refuse(place, "an error needs a code");
    if (code === "__proto__") throw refuse(place, "a code cannot be __proto__");
    if (!code.isWellFormed()) throw refuse(place, "a code must be well-formed Unicode");
    if (ownCodes.has(code)) {
      throw refuse(place, "this code is one of Typewire's own; call the error otherwise");
    }
    assertValue(data, place);
  }
}
