// The reference path: a strict scan of the bytes, then cbor-x, then one walk by the schema, then the
// compiled TypeBox check. It understands everything that the profile and the schema allow, in any
// layout, and it is the one place where errors are worded. cbor-x never sees unscanned bytes.

import { Decoder } from "cbor-x/decode";

import type { ByteWriter } from "../../byte-writer.ts";
import type { CodeBudget } from "../../code-budget.ts";
import { Scanner } from "../../cbor/scan.ts";
import { refusalOf, schemaMismatch, TypewireError } from "../../errors.ts";
import { beginningOf } from "../../excerpt.ts";
import { type DecodeLimits, unlimited } from "../../limits.ts";
import { type CallTable, formsIn, type OpenCalls } from "../../schema/call-table.ts";
import type { CallMessage } from "../../schema/control.ts";
import { describeItem, describeKind } from "../../schema/describe-kind.ts";
import type { MessageEntry } from "../../schema/message-entry.ts";
import {
  type AnyMessage,
  mentionsUndefined,
  type MessageTable,
} from "../../schema/message-table.ts";
import { Unions } from "../../schema/union.ts";
import { withMarksToSwallow } from "./decode/byte-order-marks.ts";
import { carriesCall, findCall, misfitOf } from "./decode/calls.ts";
import { Reviver } from "./decode/value.ts";
import { ShapeWriter } from "./encode/value.ts";

/** A message, and the name of the entry by which it was read; none where that can have no code. */
export interface Decoded {
  readonly message: AnyMessage;
  readonly name: string | undefined;
}

/** Decodes and encodes the messages of one table, one after the other. */
export class ReferencePath {
  readonly #table: MessageTable;
  readonly #calls: CallTable | undefined;
  readonly #scanner: Scanner;
  // A Decoder, not an Encoder, which would keep record definitions from one message to the next. Maps
  // stay Maps, so that the key 1 and the key "1" differ and keys keep their order.
  readonly #decoder = new Decoder({ mapsAsObjects: false, useRecords: false });
  readonly #reviver: Reviver;
  readonly #shapeWriter: ShapeWriter;

  /** `budget` says when the checks may be compiled. */
  constructor(table: MessageTable, calls: CallTable | undefined, budget: CodeBudget) {
    const unions = new Unions(budget);
    const forms = calls === undefined ? [] : formsIn(calls).values();
    this.#table = table;
    this.#calls = calls;
    this.#scanner = new Scanner({
      allowUndefined: mentionsUndefined([...table.values(), ...forms]),
    });
    this.#reviver = new Reviver(unions);
    this.#shapeWriter = new ShapeWriter(unions);
  }

  /** Accepts `bytes[start, end)` as one item of the profile; throws as `Scanner.scan`. */
  scan(bytes: Uint8Array, start: number, end: number, limits: DecodeLimits): void {
    this.#scanner.scan(bytes, start, end, limits);
  }

  /**
   * The message in `bytes[start, end)`, which is read and not kept.
   *
   * @throws TypewireError `cbor-malformed`, `cbor-unsupported`, `cbor-limit`, `schema-mismatch` or
   * `unknown-type`; `CallMisfit` for a message of a call that does not fit that call.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: DecodeLimits,
    openCalls: OpenCalls | undefined,
  ): Decoded {
    try {
      return this.#message(this.#plainItem(bytes, start, end, limits), openCalls);
    } catch (error) {
      throw nestingError("decode", error);
    }
  }

  /**
   * The entry of `message`, whatever it is.
   *
   * @throws TypewireError `schema-mismatch` or `unknown-type` where it is no message of the table.
   */
  entryOf(message: AnyMessage): MessageEntry {
    if (typeof message !== "object" || message === null) {
      throw schemaMismatch("", "a message object", describeKind(message));
    }
    return this.#entryFor(message.type, "type" in message);
  }

  /**
   * Appends the payload of `message`, as `entry` has it. What it wrote before it throws is the caller's to take back.
   *
   * @throws TypewireError `schema-mismatch`, or `cbor-limit` where a reader with `limits` would refuse it.
   */
  encode(entry: MessageEntry, message: AnyMessage, writer: ByteWriter, limits: DecodeLimits): void {
    const body = entry.closed ? withoutType(message) : message;
    try {
      const start = writer.length;
      this.#write(entry, body, writer, limits);
      if (!entry.judgesWholes) return;
      // The message that a receiver would make of it is judged.
      // What a peer accepts has been counted while it was written.
      const raw = this.#plainItem(writer.bytes, start, writer.length, unlimited);
      this.#read(entry, raw as Map<unknown, unknown>);
    } catch (error) {
      throw nestingError("encode", error);
    }
  }

  /** Appends a payload; what is refused as it is written is explained by the first fault of the whole. */
  #write(entry: MessageEntry, body: unknown, writer: ByteWriter, limits: DecodeLimits): void {
    try {
      this.#shapeWriter.write(entry.type, entry.shape, body, writer, limits);
    } catch (error) {
      const isMismatch = error instanceof TypewireError && error.code === "schema-mismatch";
      throw isMismatch ? entry.check.explain(body, error) : error;
    }
  }

  /** The item in `bytes[start, end)` as cbor-x reads it, its byte strings views of `bytes`. */
  #plainItem(bytes: Uint8Array, start: number, end: number, limits: DecodeLimits): unknown {
    const marked = this.#scanner.scan(bytes, start, end, limits);
    return this.#decoder.decode(
      marked.length === 0
        ? bytes.subarray(start, end)
        : withMarksToSwallow(bytes, start, end, marked),
    );
  }

  #message(raw: unknown, openCalls: OpenCalls | undefined): Decoded {
    if (!(raw instanceof Map)) {
      throw schemaMismatch("", "a map whose type names the message", describeItem(raw));
    }
    const type: unknown = raw.get("type");
    if (this.#calls !== undefined && carriesCall(this.#calls, type)) {
      return this.#callMessage(this.#calls, type, raw, openCalls);
    }
    const entry = this.#entryFor(type, raw.has("type"));
    return { message: this.#read(entry, raw), name: entry.name };
  }

  #callMessage(
    table: CallTable,
    type: CallMessage["type"],
    raw: Map<unknown, unknown>,
    openCalls: OpenCalls | undefined,
  ): Decoded {
    const found = findCall(table, type, raw, openCalls);
    if (found.form === undefined) return { message: found.late, name: undefined };
    try {
      const { form } = found;
      // A failure is the same in all calls, and has no code.
      const name = form.call === undefined ? undefined : form.name;
      return { message: this.#read(form, raw), name };
    } catch (error) {
      throw error instanceof TypewireError ? misfitOf(table, type, found, error) : error;
    }
  }

  /** What `raw`, whose type is that of `entry`, says. */
  #read(entry: MessageEntry, raw: Map<unknown, unknown>): AnyMessage {
    raw.delete("type");
    try {
      return { type: entry.type, ...this.#body(entry, raw) };
    } catch (error) {
      throw error instanceof TypewireError ? refusalOf(entry.type, error) : error;
    }
  }

  #body({ shape, check }: MessageEntry, raw: Map<unknown, unknown>): object {
    const { value, misfit } = this.#reviver.revive(shape, raw);
    if (misfit !== undefined || !check.passes(value)) throw check.explain(value, misfit);
    return value as object;
  }

  #entryFor(type: unknown, present: boolean): MessageEntry {
    if (typeof type !== "string") {
      throw schemaMismatch(
        "/type",
        "the name of a message",
        present ? describeItem(type) : "nothing",
      );
    }
    const entry = this.#table.get(type);
    if (entry !== undefined) return entry;
    const known = [...this.#table.values()]
      .filter((each) => !each.isControl)
      .map((each) => each.name);
    const why = this.#calls?.forms.has(type) === true ? "this is the name of a call; " : "";
    throw new TypewireError(
      "unknown-type",
      `Unknown message type ${JSON.stringify(beginningOf(type, 64))}: ${why}expected ${known.join(", ") || "none"}`,
      { path: "/type", of: type },
    );
  }
}

/** What exhausted the stack, a value that contains itself or limits set very high, is beyond any limit. */
function nestingError(verb: "decode" | "encode", error: unknown): unknown {
  if (!(error instanceof RangeError && error.message.startsWith("Maximum call stack size"))) {
    return error;
  }
  const message = `Cannot ${verb} message: expected less nesting, got more than the stack holds`;
  return new TypewireError("cbor-limit", message, { cause: error });
}

function withoutType(message: AnyMessage): object {
  const { type: _, ...body } = message;
  return body;
}
