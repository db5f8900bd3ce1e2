// Finds out which call a `$call`, `$item` or `$result` belongs to, before the rest of it is read: a `$call`
// names it, the others have its id. What is wrong behind the id is told to that call, not to the connection.

import {
  CallMisfit,
  type CallMisfitCode,
  refusalOf,
  schemaMismatch,
  type TypewireError,
} from "../../../errors.ts";
import type { CallForms, CallTable, OpenCalls } from "../../../schema/call-table.ts";
import type { CallMessage, Late } from "../../../schema/control.ts";
import { describeKind } from "../../../schema/describe-kind.ts";
import type { MessageEntry } from "../../../schema/message-entry.ts";
import { toNumber } from "./unknown.ts";
import type { RawMap } from "./walk.ts";

/** The form in which a message has to be read. */
interface Found {
  readonly id: number;
  readonly call: string;
  readonly form: MessageEntry;
}

/** Whether messages of `type` carry values of the calls of `table`. */
export function carriesCall(table: CallTable, type: unknown): type is CallMessage["type"] {
  return type === "$item" || type === (table.writer === "client" ? "$call" : "$result");
}

/**
 * The form of the message in `raw`, or what is told of one that comes too late.
 *
 * @throws TypewireError `schema-mismatch` where it has no id, or a `$call` no name; `CallMisfit` where there is
 * no such call, or no such message of it.
 */
export function findCall(
  table: CallTable,
  type: CallMessage["type"],
  raw: RawMap,
  openCalls: OpenCalls | undefined,
): Found | { readonly form: undefined; readonly late: Late } {
  const id = idIn(type, raw);
  if (type === "$call") {
    const call = nameIn(raw);
    const form = table.forms.get(call)?.call;
    if (form === undefined) {
      const known = [...table.forms.keys()].filter((name) => !name.startsWith("$"));
      const received = JSON.stringify(call.slice(0, 64));
      const message = `Unknown call ${received}: expected ${known.join(", ") || "none"}`;
      throw new CallMisfit("unknown-call", message, { id, call, path: "/call", of: type });
    }
    return { id, call, form };
  }
  const call = openCalls?.(id);
  const forms = call === undefined ? undefined : table.forms.get(call);
  if (call === undefined || forms === undefined) {
    return { form: undefined, late: { type: "$late", id, of: type } };
  }
  const form = type === "$item" ? forms.item : resultIn(table, forms, raw);
  if (form !== undefined) return { id, call, form };
  const message = `The call ${JSON.stringify(call)} has no items of the ${table.writer}`;
  throw new CallMisfit(codeOf(table, type), message, { id, call, path: "/type", of: type });
}

/** `error`, of reading the message that was found, as it is told to its call; as it is, where it ends the connection. */
export function misfitOf(
  table: CallTable,
  type: CallMessage["type"],
  { id, call }: Found,
  error: TypewireError,
): TypewireError {
  if (error.code !== "schema-mismatch") return error;
  const { message, path, cause } = error;
  return new CallMisfit(codeOf(table, type), message, { id, call, path, of: type, cause });
}

function codeOf({ writer }: CallTable, type: CallMessage["type"]): CallMisfitCode {
  if (writer === "server") return "invalid-answer";
  return type === "$call" ? "invalid-input" : "invalid-item";
}

function idIn(type: CallMessage["type"], raw: RawMap): number {
  const id = toNumber(raw.get("id"));
  if (typeof id === "number" && Number.isSafeInteger(id)) return id;
  const received = raw.has("id") ? describeKind(id) : "nothing";
  throw refusalOf(type, schemaMismatch("/id", "an integer within ±(2^53 − 1)", received));
}

function nameIn(raw: RawMap): string {
  const call = raw.get("call");
  if (typeof call === "string") return call;
  const received = raw.has("call") ? describeKind(call) : "nothing";
  throw refusalOf("$call", schemaMismatch("/call", "the name of a call", received));
}

/** A result with an error is read by what the call declares for its code. */
function resultIn(table: CallTable, forms: CallForms, raw: RawMap): MessageEntry | undefined {
  const error = raw.get("error");
  if (error === undefined && !raw.has("error")) return forms.output;
  const code: unknown = error instanceof Map ? error.get("code") : undefined;
  return (typeof code === "string" ? forms.errors.get(code) : undefined) ?? table.failure;
}
