// What two peers said to each other over one connection, in a form that is kept as a file: each frame with
// its bytes, its notation and the message that it meant to the release which was recorded.

import { type AnyMessage, FrameReader, encodeHeader } from "@typewire/protocol";
import { toDiagnostic } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";
import { concatenate } from "@typewire/testkit";

/** An end of a connection: the one that accepted, or the one that dialled. */
export type End = "server" | "client";

/**
 * What played an end: one of the two executables, a program of the library's users, or a script, which may
 * send anything.
 */
export type Player = "executable" | "library" | "script";

/** A frame, header and payload. */
export interface FrameEntry {
  readonly from: End;
  readonly frame: string;
  /** The payload in CBOR diagnostic notation. */
  readonly says: string;
  /** The decoded message; a date is `{"$date": milliseconds}`, bytes are `{"$bytes": hex}`. */
  readonly value: unknown;
}

/** Bytes of a script, which need not be frames. */
export interface BytesEntry {
  readonly from: End;
  readonly bytes: string;
}

/** The end of what `from` sends, in order or by a reset. */
export interface EndEntry {
  readonly from: End;
  readonly ends: "in order" | "by a reset";
}

export type Entry = FrameEntry | BytesEntry | EndEntry;

/** One recorded scene. */
export interface Recording {
  readonly scene: string;
  readonly server: { readonly player: Player; readonly flags: readonly string[] };
  readonly client: { readonly player: Player; readonly flags: readonly string[] };
  /** In the order in which they were opened. */
  readonly connections: readonly (readonly Entry[])[];
}

/** Turns the chunks of a connection into entries, in the order in which they came. */
export class Transcript {
  readonly entries: Entry[] = [];
  readonly #players: Readonly<Record<End, Player>>;
  readonly #readers = { server: new FrameReader(), client: new FrameReader() };
  #waiting: (() => void)[] = [];

  constructor(players: Readonly<Record<End, Player>>) {
    this.#players = players;
  }

  /** Bytes that `from` sent. */
  came(from: End, chunk: Uint8Array): void {
    if (this.#players[from] === "script") this.#add({ from, bytes: toHex(chunk) });
    else {
      this.#readers[from].push(chunk, (bytes, start, end) =>
        this.#add(frameEntry(from, bytes.slice(start, end))),
      );
    }
  }

  /** `from` has ended, or was reset. */
  ended(from: End, ends: EndEntry["ends"]): void {
    const isKnown = this.entries.some((entry) => "ends" in entry && entry.from === from);
    if (!isKnown) this.#add({ from, ends });
  }

  /** Resolves once an entry satisfies. */
  async until(satisfies: (entry: Entry) => boolean): Promise<void> {
    while (!this.entries.some(satisfies)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #add(entry: Entry): void {
    this.entries.push(entry);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The message in a payload that `from` sent, control messages included. */
export function decodeFrom(from: End, payload: Uint8Array): AnyMessage {
  return saludo[from].decodeIncoming(payload, 0, payload.length);
}

/** A message as `FrameEntry.value` has it. */
export function toJsonValue(value: unknown): unknown {
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Uint8Array) return { $bytes: toHex(value) };
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJsonValue(item)]));
}

/** The `type` of the message in an entry; undefined where it is no frame. */
export function typeOf(entry: Entry): string | undefined {
  return "value" in entry ? (entry.value as AnyMessage).type : undefined;
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function frameEntry(from: End, payload: Uint8Array): FrameEntry {
  return {
    from,
    frame: toHex(concatenate([encodeHeader(payload.length), payload])),
    says: toDiagnostic(payload),
    value: toJsonValue(decodeFrom(from, payload)),
  };
}
