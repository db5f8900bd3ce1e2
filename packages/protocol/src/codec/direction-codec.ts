// One direction of a protocol as a Codec: what the public face adds to the paths behind it. The compiled
// path is asked first; what it does not know, or not yet, goes to the reference path. The header is reserved
// before encoding and filled in after; when encoding fails, the writer is put back.

import { assertBytes } from "../assert-bytes.ts";
import { ByteWriter } from "../byte-writer.ts";
import type { CodeBudget } from "../code-budget.ts";
import { TypewireError } from "../errors.ts";
import { HEADER_BYTES, MAX_ANNOUNCED_BYTES, writeHeader } from "../frame/header.ts";
import { type DecodeLimits, defaultLimits, type MessageLimits } from "../limits.ts";
import { type CallTable, formFor, type OpenCalls } from "../schema/call-table.ts";
import { type CallMessage, type ControlMessage, isControlMessage } from "../schema/control.ts";
import type { MessageEntry } from "../schema/message-entry.ts";
import type { AnyMessage, MessageTable } from "../schema/message-table.ts";
import type { Codec } from "./codec.ts";
import { CompiledPath, type GeneratedCode } from "./compiled/compiled-path.ts";
import type { CodeStyle } from "./compiled/functions.ts";
import { MISS } from "./compiled/decode/read.ts";
import { LeadingNames } from "./forwarded.ts";
import { ReferencePath } from "./reference/reference-path.ts";

const NOTHING_GENERATED: GeneratedCode = { decoder: "", encoder: "", messages: [] };

/**
 * The code that was generated for a direction of a protocol so far, and what became of each message, to
 * read or to print when something is slow. Nothing for a codec of any other kind.
 */
export function generatedCode<Message extends AnyMessage>(codec: Codec<Message>): GeneratedCode {
  return codec instanceof DirectionCodec ? codec.generated() : NOTHING_GENERATED;
}

/**
 * Generates at once what would be generated message by message, as they are used: for tests, benchmarks and
 * for printing it. The bounds on its size hold.
 */
export function compileNow<Message extends AnyMessage>(codec: Codec<Message>): GeneratedCode {
  if (codec instanceof DirectionCodec) codec.compileNow();
  return generatedCode(codec);
}

/**
 * Accepts the payload in `bytes[start, end)` as one that may be passed on as it is: one item of the profile within
 * `limits`, that begins with `type` and the name of a user's message of this direction. Its fields are not read.
 *
 * @throws TypewireError `cbor-malformed`, `cbor-unsupported`, `cbor-limit`; `unknown-type` for any other name,
 * a control message's too.
 */
export function assertForwardable<Message extends AnyMessage>(
  codec: Codec<Message>,
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: DecodeLimits,
): void {
  if (codec instanceof DirectionCodec) codec.assertForwardable(bytes, start, end, limits);
  else codec.decode(bytes, start, end);
}

/** What a reader that has announced nothing is taken to accept. */
export const unannouncedLimits: MessageLimits = {
  ...defaultLimits,
  maxFrameBytes: MAX_ANNOUNCED_BYTES,
};

/** A writer that has grown beyond this is not kept. */
const KEPT_BYTES = 64 * 1024;

/** The codec of one message table. `Message` is what the table's user messages are in TypeScript. */
export class DirectionCodec<Message extends AnyMessage> implements Codec<Message> {
  readonly messageNames: readonly string[];
  readonly #calls: CallTable | undefined;
  readonly #reference: ReferencePath;
  readonly #compiled: CompiledPath | undefined;
  #isEncoding = false;
  /** Made for the first payload that is passed on. */
  #leadingNames: LeadingNames | undefined;
  /** For messages that are encoded alone, kept from one to the next. */
  #scratch: ByteWriter | undefined;

  /**
   * `calls` is undefined where the protocol has none. `style` is that of the code to generate; without it the
   * reference path serves alone. `budget` says when.
   */
  constructor(
    table: MessageTable,
    calls: CallTable | undefined,
    budget: CodeBudget,
    style: CodeStyle | undefined,
  ) {
    const entries = [...table.values()];
    this.#calls = calls;
    this.messageNames = entries.filter((entry) => !entry.isControl).map((entry) => entry.name);
    this.#reference = new ReferencePath(table, calls, budget);
    this.#compiled =
      style === undefined ? undefined : new CompiledPath(table, calls, budget, style);
  }

  /** As `generatedCode`. */
  generated(): GeneratedCode {
    return this.#compiled?.generated() ?? NOTHING_GENERATED;
  }

  /** As the function `compileNow`. */
  compileNow(): void {
    this.#compiled?.compileAll();
  }

  /** As the function `assertForwardable`. */
  assertForwardable(bytes: Uint8Array, start: number, end: number, limits: DecodeLimits): void {
    // What the generated decoder reads is an item of the profile that begins with `type`, which it finds out in a seventh
    // of a scan's time; and it has the name.
    const read = this.#compiled?.decode(bytes, start, end, limits, undefined) ?? MISS;
    if (read !== MISS) {
      if (isControlMessage(read)) throw notForwardable();
      return;
    }
    this.#reference.scan(bytes, start, end, limits);
    this.#leadingNames ??= new LeadingNames(this.messageNames);
    const name = this.#leadingNames.lead(bytes, start);
    if (name === undefined) throw notForwardable();
    this.#compiled?.hasDecoded(name);
  }

  decode(payload: Uint8Array, start = 0, end = Infinity): Message {
    assertBytes("payload", payload);
    const message = this.decodeIncoming(payload, start, Math.min(end, payload.length));
    if (isControlMessage(message)) throw controlOutOfPlace(message);
    return message;
  }

  decodeIncoming(
    payload: Uint8Array,
    start: number,
    end: number,
    limits: DecodeLimits = defaultLimits,
    openCalls?: OpenCalls,
  ): Message | ControlMessage {
    let message = this.#compiled?.decode(payload, start, end, limits, openCalls) ?? MISS;
    if (message === MISS) {
      const decoded = this.#reference.decode(payload, start, end, limits, openCalls);
      message = decoded.message;
      if (decoded.name !== undefined) this.#compiled?.hasDecoded(decoded.name);
    }
    // The table's schemas are the ones that `Message` is inferred from.
    return message as Message | ControlMessage;
  }

  encode(message: Message): Uint8Array {
    const scratch = this.#emptyScratch();
    const start = scratch.length;
    this.#encodePayload(message, undefined, scratch, defaultLimits);
    // Only now: what was encoded is an object with a type.
    if (isControlMessage(message)) throw controlOutOfPlace(message);
    return this.#copyOf(scratch, start);
  }

  encodeFrame(
    message: Message,
    { maxItems, maxNesting }: DecodeLimits = defaultLimits,
  ): Uint8Array {
    const scratch = this.#emptyScratch();
    const start = scratch.length;
    const { maxFrameBytes } = unannouncedLimits;
    this.encodeInto(message, scratch, { maxFrameBytes, maxItems, maxNesting });
    if (isControlMessage(message)) throw controlOutOfPlace(message);
    return this.#copyOf(scratch, start);
  }

  encodeInto(
    message: Message | ControlMessage,
    writer: ByteWriter,
    limits: MessageLimits = unannouncedLimits,
  ): void {
    this.#encodeFramed(message, undefined, writer, limits);
  }

  encodeCallInto(
    message: CallMessage,
    callName: string,
    writer: ByteWriter,
    limits: MessageLimits = unannouncedLimits,
  ): void {
    if (this.#calls === undefined) throw noCalls(message);
    this.#encodeFramed(message, formFor(this.#calls, callName, message), writer, limits);
  }

  /** Appends header and payload, in the form of a call where there is one; nothing where it fails. */
  #encodeFramed(
    message: Message | ControlMessage,
    form: MessageEntry | undefined,
    writer: ByteWriter,
    limits: MessageLimits,
  ): void {
    const start = writer.length;
    writer.reserve(HEADER_BYTES);
    writer.length += HEADER_BYTES;
    let whole = false;
    try {
      this.#encodePayload(message, form, writer, limits);
      const payloadBytes = writer.length - start - HEADER_BYTES;
      if (payloadBytes > limits.maxFrameBytes) {
        throw tooLarge(message, payloadBytes, limits.maxFrameBytes);
      }
      writeHeader(writer.bytes, start, payloadBytes);
      whole = true;
    } finally {
      if (!whole) writer.length = start;
    }
  }

  /** Appends the payload of `message`; where it fails, `writer` may hold a part of it. */
  #encodePayload(
    message: Message | ControlMessage,
    form: MessageEntry | undefined,
    writer: ByteWriter,
    limits: DecodeLimits,
  ): void {
    if (this.#isEncoding) throw encodesWithin();
    this.#isEncoding = true;
    try {
      const compiled = this.#compiled;
      if (compiled?.encode(message, form, writer, limits) === true) return;
      const entry = form ?? this.#reference.entryOf(message);
      this.#reference.encode(entry, message, writer, limits);
      // A failure is the same in all calls, and has no code.
      if (form === undefined || form.call !== undefined) compiled?.hasEncoded(entry.name);
    } finally {
      this.#isEncoding = false;
    }
  }

  /** The writer for messages that are encoded alone. One of its own for each would cost five times the encoding. */
  #emptyScratch(): ByteWriter {
    const scratch = (this.#scratch ??= new ByteWriter());
    // A getter of the message under way may have come here; it is refused, and nothing of that message lost.
    if (!this.#isEncoding) scratch.reset();
    return scratch;
  }

  #copyOf(scratch: ByteWriter, start: number): Uint8Array {
    if (scratch.bytes.length > KEPT_BYTES) this.#scratch = undefined;
    return scratch.copy(start);
  }
}

function controlOutOfPlace(message: ControlMessage): TypewireError {
  return new TypewireError(
    "unknown-type",
    `Unknown message type "${message.type}": control messages belong to the connection`,
    { path: "/type" },
  );
}

function notForwardable(): TypewireError {
  return new TypewireError(
    "unknown-type",
    "Cannot pass on a message: expected `type` first, and the name of a message of this direction",
    { path: "/type" },
  );
}

function noCalls(message: CallMessage): TypewireError {
  return new TypewireError(
    "unknown-type",
    `Cannot encode "${message.type}": the protocol has no calls`,
    { path: "/type" },
  );
}

/** A getter of a message may do anything; the walk under way and its writer would not survive another. */
function encodesWithin(): TypewireError {
  return new TypewireError(
    "schema-mismatch",
    "Cannot encode: expected plain properties, got a getter that encodes another message",
  );
}

function tooLarge(message: AnyMessage, payloadBytes: number, limit: number): TypewireError {
  return new TypewireError(
    "frame-too-large",
    `Cannot encode "${message.type}": its payload is ${payloadBytes} bytes, limit ${limit}`,
  );
}
