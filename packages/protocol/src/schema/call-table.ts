// The messages that carry the values of calls. `$call`, `$item` and `$result` mean something else in each
// call, so there is an entry for each of them: found by the name in a `$call`, and by the call that an id
// belongs to. Built once, when a protocol is defined.

import { type TSchema, Type } from "@sinclair/typebox";

import type { CodeBudget } from "../code-budget.ts";
import { TypewireError } from "../errors.ts";
import type { CallDefinition } from "./call-definition.ts";
import {
  callControlSchemas,
  callFailure,
  callId,
  type CallMessage,
  milliseconds,
} from "./control.ts";
import { EntryBuilder, type MessageEntry } from "./message-entry.ts";
import type { MessageTable } from "./message-table.ts";

/** The name of the open call with this id; undefined where there is none. Asked while a message is read, perhaps twice. */
export type OpenCalls = (id: number) => string | undefined;

/** What one side writes of one call. */
export interface CallForms {
  readonly call: MessageEntry | undefined;
  readonly item: MessageEntry | undefined;
  readonly output: MessageEntry | undefined;
  /** By the codes of the declared errors. */
  readonly errors: ReadonlyMap<string, MessageEntry>;
}

/** What one side writes of the calls of a protocol. */
export interface CallTable {
  readonly writer: "server" | "client";
  /** By the names of calls. A Map, since names come from the peer. */
  readonly forms: ReadonlyMap<string, CallForms>;
  /** A `$result` with an error that no call declares. */
  readonly failure: MessageEntry;
  /** What the two ends say of a call beside its values. */
  readonly controls: readonly MessageEntry[];
}

/** Of what is the same in every protocol with calls. */
const ownBuilder = new EntryBuilder();

const failure = ownBuilder.build(
  { type: "$result" },
  Type.Object({ id: callId, error: callFailure }),
  "/$result",
);

const { either, caller } = callControlSchemas;

/** What each side says of a call beside its values: the client calls, the server answers. */
const controls = { server: controlsOf(either), client: controlsOf({ ...either, ...caller }) };

function controlsOf(schemas: Readonly<Record<string, TSchema>>): readonly MessageEntry[] {
  return Object.entries(schemas).map(([type, schema]) =>
    ownBuilder.build({ type }, schema, `/${type}`),
  );
}

/** A part that the call has not: an end that says it all the same speaks of another call of this name. */
const ABSENT = Type.Optional(Type.Never());

/** What `writer` says of `calls`, which are in order; `budget` says when their checks may be compiled. */
export function buildCallTable(
  calls: ReadonlyMap<string, CallDefinition>,
  writer: "server" | "client",
  budget: CodeBudget,
): CallTable {
  const builder = new EntryBuilder(budget);
  const forms = new Map<string, CallForms>();
  for (const [name, definition] of calls) {
    const build = writer === "client" ? asked : answered;
    forms.set(name, build(name, definition, builder));
  }
  return { writer, forms, failure, controls: controls[writer] };
}

/** What the caller writes: `$call` and `$item`. */
function asked(name: string, { input, sends }: CallDefinition, builder: EntryBuilder): CallForms {
  const call = Type.Object({
    call: Type.Literal(name),
    id: callId,
    timeoutMs: Type.Optional(milliseconds),
    input: input ?? ABSENT,
  });
  return {
    call: formOf("$call", name, call, builder),
    item: itemOf(name, sends, builder),
    output: undefined,
    errors: new Map(),
  };
}

/** What the callee writes: `$item` and `$result`. */
function answered(
  name: string,
  { yields, output, errors = {} }: CallDefinition,
  builder: EntryBuilder,
): CallForms {
  const result = Type.Object({ id: callId, output: output ?? ABSENT });
  const failures = Object.entries(errors).map(([code, data]) => {
    const { path, retryAfterMs, message } = callFailure.properties;
    const error = Type.Object({ code: Type.Literal(code), message, data, path, retryAfterMs });
    const schema = Type.Object({ id: callId, error });
    return [code, formOf("$result", name, schema, builder, code)] as const;
  });
  return {
    call: undefined,
    item: itemOf(name, yields, builder),
    output: formOf("$result", name, result, builder),
    errors: new Map(failures),
  };
}

function itemOf(
  name: string,
  item: TSchema | undefined,
  builder: EntryBuilder,
): MessageEntry | undefined {
  if (item === undefined) return undefined;
  return formOf("$item", name, Type.Object({ id: callId, item }), builder);
}

/** One form; `code`: of the declared error that it tells. */
function formOf(
  type: string,
  call: string,
  schema: TSchema,
  builder: EntryBuilder,
  code?: string,
): MessageEntry {
  const ofError = code === undefined ? "" : ` error ${JSON.stringify(code)}`;
  const name = `${type} ${JSON.stringify(call)}${ofError}`;
  return builder.build({ type, name, call }, schema, `/calls/${call}`);
}

/** The messages of a direction with what it says of calls; what has forms is in `table` alone. */
export function withCalls(messages: MessageTable, table: CallTable): MessageTable {
  const all = new Map(messages);
  all.delete(table.writer === "client" ? "$call" : "$result");
  for (const entry of table.controls) all.set(entry.type, entry);
  return all;
}

/** The forms that a generator may make code for, by their names. */
export function formsIn(table: CallTable): ReadonlyMap<string, MessageEntry> {
  const entries = [...table.forms.values()].flatMap(({ call, item, output, errors }) =>
    [call, item, output, ...errors.values()].filter((form) => form !== undefined),
  );
  return new Map(entries.map((form) => [form.name, form]));
}

/**
 * The form in which `message`, of the call `name`, is written.
 *
 * @throws TypewireError `unknown-type` where this side writes no such message, of this call or of any.
 */
export function formFor(table: CallTable, name: string, message: CallMessage): MessageEntry {
  const forms = table.forms.get(name);
  const form = formIn(table, forms, message);
  if (form !== undefined) return form;
  const known = forms === undefined ? "no call of this name" : "no such message of this call";
  throw new TypewireError(
    "unknown-type",
    `Cannot encode "${message.type}" of the call ${JSON.stringify(name)}: the ${table.writer} writes ${known}`,
    { path: "/type" },
  );
}

function formIn(
  table: CallTable,
  forms: CallForms | undefined,
  message: CallMessage,
): MessageEntry | undefined {
  switch (message.type) {
    case "$call":
      return forms?.call;
    case "$item":
      return forms?.item;
    case "$result":
      if (table.writer === "client") return undefined;
      if (message.error === undefined) return forms?.output;
      return forms?.errors.get(message.error?.code) ?? table.failure;
  }
}
